//! Who has to be told by when.

use chrono::Duration;
use serde_json::{Value, json};

use super::{declare, led, shown};
use crate::harness::app::TestApp;

fn due(detail: &Value) -> Vec<(String, String, String)> {
    let text = |duty: &Value, name: &str| duty[name].as_str().unwrap().to_owned();
    let duties = detail["duties"].as_array().unwrap().iter();
    duties.map(|duty| (text(duty, "authority"), text(duty, "due_at"), text(duty, "data_class"))).collect()
}

#[tokio::test]
async fn clocks_run_from_awareness_in_the_zone_and_the_strictest_counts() {
    let app = TestApp::spawn_with(&[("ABATE_ZONE", "Europe/Berlin")]).await;
    let first = app.first().await;
    let aware = json!({"aware_at": "2026-02-27T20:30:00Z", "data": [
        {"data_class": "pii", "subjects": "customers", "people": 12},
        {"data_class": "phi", "subjects": "patients"},
    ]});
    let made = declare(&first, aware).await;
    let key = made["key"].as_str().unwrap();
    assert_eq!(
        due(&made),
        [
            ("Data protection authority".into(), "2026-03-02T20:30:00Z".into(), "pii".into()),
            // Sixty days on, after the clocks have changed, at the end of the day.
            ("Affected people".into(), "2026-04-28T21:59:59Z".into(), "phi".into()),
            ("Department of Health and Human Services".into(), "2026-04-28T21:59:59Z".into(), "phi".into()),
        ]
    );
    let rules = first.api.get("/api/v1/notify-rules").await.expect(200).json();
    assert!(rules["items"].to_string().contains("check with counsel"), "{rules}");
    let mut items = rules["items"].as_array().unwrap().clone();
    items.push(json!({"data_class": "fin", "authority": "Affected people", "clock_hours": 48}));
    let put = |version: i64, items: &Vec<Value>| json!({"version": version, "items": items, "reason": "the bank's terms"});
    first.api.put("/api/v1/notify-rules", &put(7, &items)).await.problem(412);
    let set = first.api.put("/api/v1/notify-rules", &put(0, &items)).await.expect(200).json();
    assert_eq!(set["version"], 1);
    assert_eq!(due(&shown(&first, key).await)[1].1, "2026-04-28T21:59:59Z", "what stands keeps its rules");
    let data = json!({"data_class": "fin", "subjects": "customers", "note": "account numbers"});
    let more = first.api.post(&format!("/api/v1/incidents/{key}/data"), &data).await.expect(200).json();
    assert!(
        due(&more).contains(&("Affected people".into(), "2026-03-01T20:30:00Z".into(), "fin".into())),
        "{more}"
    );
    // The moment of awareness was another: what is open moves with it.
    let path = format!("/api/v1/incidents/{key}");
    let edit = json!({"aware_at": "2026-02-28T20:30:00Z"});
    assert_eq!(first.api.patch(&path, &edit).await.problem(422)["errors"][0]["field"], "reason");
    let edit = json!({"aware_at": "2026-02-28T20:30:00Z", "reason": "the mail was read a day later"});
    let moved = first.api.patch(&path, &edit).await.expect(200).json();
    assert!(due(&moved).iter().any(|duty| duty.1 == "2026-03-03T20:30:00Z"), "{moved}");
    assert!(moved["log"].to_string().contains("the mail was read a day later"));
}

#[tokio::test]
async fn rules_that_cannot_be_are_refused_together() {
    let (_app, first, _) = led().await;
    let items = json!([
        {"data_class": "pii", "authority": "A", "clock_hours": 0},
        {"data_class": "nothing", "authority": "A", "clock_days": 3},
        {"data_class": "pii", "authority": " ", "clock_days": 3},
        {"data_class": "pci", "authority": "B", "clock_days": 3},
        {"data_class": "pci", "authority": "B", "clock_days": 4},
    ]);
    let form = json!({"version": 0, "items": items, "reason": " "});
    let problem = first.api.put("/api/v1/notify-rules", &form).await.problem(422);
    let fields: Vec<&str> =
        problem["errors"].as_array().unwrap().iter().map(|error| error["field"].as_str().unwrap()).collect();
    assert_eq!(
        fields,
        ["reason", "items[0].clock_hours", "items[1].data_class", "items[2].authority", "items[4].authority"]
    );
    assert_eq!(first.api.get("/api/v1/notify-rules").await.expect(200).json()["version"], 0);
}

#[tokio::test]
async fn people_are_reminded_while_the_time_runs_out_and_each_stage_once() {
    let (app, first, head) = led().await;
    let made = declare(&first, json!({"data": [{"data_class": "pci", "subjects": "customers"}]})).await;
    let key = made["key"].as_str().unwrap().to_owned();
    let acknowledge = format!("/api/v1/incidents/{key}/acknowledge");
    head.api.post(&acknowledge, &json!({})).await.expect(200);
    let stages = async || {
        let log = shown(&first, &key).await["log"].to_string();
        log.matches("Reminder of Acquiring bank").count()
    };
    // Of 24 hours: half at 12, three quarters at 18, nine tenths at 22, the end, and each day after.
    for (hours, expected) in [(11, 0), (1, 1), (0, 1), (6, 2), (4, 3), (2, 4), (24, 5), (1, 5)] {
        app.pass(Duration::hours(hours) + Duration::seconds(1)).await;
        (abate::incident::TIMER.run)(&app.state).await.unwrap();
        assert_eq!(stages().await, expected, "after {hours} more hours");
    }
    let path = format!("/api/v1/incidents/{key}/duties/{}", made["duties"][0]["id"]);
    for (form, field) in [
        (json!({"state": "done"}), "state"),
        (json!({"state": "told"}), "how"),
        (json!({"state": "told", "how": "phone", "told_at": "2026-04-02T09:00:00Z"}), "told_at"),
        (json!({"state": "told", "how": "phone", "told_at": "2026-03-01T09:00:00Z"}), "told_at"),
        (json!({"state": "not_needed"}), "reason"),
    ] {
        assert_eq!(first.api.post(&path, &form).await.problem(422)["errors"][0]["field"], field, "{form}");
    }
    let told = json!({"state": "told", "how": "phone, note 12", "told_at": "2026-03-02T10:00:00Z"});
    let detail = first.api.post(&path, &told).await.expect(200).json();
    assert_eq!(
        (&detail["duties"][0]["state"], &detail["duties"][0]["how"]),
        (&json!("told"), &json!("phone, note 12"))
    );
    first.api.post(&path, &told).await.problem(409);
    app.pass(Duration::hours(48)).await;
    assert_eq!(stages().await, 5);
}
