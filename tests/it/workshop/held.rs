//! A workshop that is held in Abate itself.

use serde_json::json;

use crate::harness::app::TestApp;

#[tokio::test]
async fn a_workshop_is_held_and_signed_off() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    app.asset("ferry", None).await;
    let session = json!({ "title": "Ferry booking", "approach": "asset", "duration_minutes": 90,
        "attendees": [{ "name": "Ada", "role": "engineer" }, { "name": "Rosa" }], "methods": ["STRIDE"] });
    let begun = first.api.post("/api/v1/workshops", &session).await.expect(201).json();
    assert_eq!((&begun["state"], &begun["attendees"]), (&json!("draft"), &json!(["Ada (engineer)", "Rosa"])));
    let path = format!("/api/v1/workshops/{}", begun["id"]);
    let changed = first.api.patch(&path, &json!({ "duration_minutes": 120 })).await.expect(200).json();
    assert_eq!((&changed["duration_minutes"], &changed["title"]), (&json!(120), &json!("Ferry booking")));

    let story = json!({ "name": "Somebody else's seat", "story": "A stranger guesses a number." });
    let told = first.api.post(&format!("{path}/scenarios"), &story).await.expect(201).json();
    assert_eq!(told["key"], "S1");
    first
        .api
        .patch(&format!("{path}/scenarios/S1"), &json!({ "name": "A seat of somebody else" }))
        .await
        .expect(200);

    let risk = json!({ "title": "Booking numbers can be guessed", "scenario": "S1", "assets": ["ferry"],
        "inherent": { "likelihood": 4, "impact": 4 }, "stride": ["information_disclosure"], "techniques": ["T1190"],
        "owner": "first@example.org" });
    let found = first.api.post(&format!("{path}/risks"), &risk).await.expect(201).json();
    assert_eq!(found["level"], "high");

    let prompts = first.api.get("/api/v1/workshop-prompts").await.expect(200).json();
    assert!(prompts.as_array().unwrap().iter().any(|prompt| prompt["id"] == "overload"));
    let answers = json!([{ "prompt": "overload", "answer": "no", "asset": "ferry", "note": "Search has none." },
        { "prompt": "patched", "answer": "yes", "asset": "ferry" }]);
    let made = first.api.post(&format!("{path}/answers"), &answers).await.expect(200).json();
    assert_eq!(made.as_array().unwrap().len(), 1, "{made}");
    // The same answer again is the same risk.
    assert_eq!(first.api.post(&format!("{path}/answers"), &answers).await.expect(200).json(), json!([]));

    let shown = first.api.get(&path).await.expect(200).json();
    assert_eq!(
        (shown["scenarios"].as_array().unwrap().len(), shown["risks"].as_array().unwrap().len()),
        (1, 2)
    );
    let done = first.api.post(&format!("{path}/sign-off"), &json!({})).await.expect(200).json();
    assert_eq!(
        (&done["confirmed"], done["waiting"].as_array().unwrap().len()),
        (&json!([found["key"]]), 1),
        "{done}"
    );
    first.api.post(&format!("{path}/risks"), &risk).await.problem(409);
}

#[tokio::test]
async fn what_cannot_be_is_named() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    for (form, field) in [
        (json!({}), "title"),
        (json!({ "title": "A", "approach": "luck" }), "approach"),
        (json!({ "title": "A", "zone": "Nowhere" }), "zone"),
        (json!({ "title": "A", "duration_minutes": 0 }), "duration_minutes"),
    ] {
        assert_eq!(
            first.api.post("/api/v1/workshops", &form).await.problem(422)["errors"][0]["field"],
            field
        );
    }
    let begun = first.api.post("/api/v1/workshops", &json!({ "title": "A" })).await.expect(201).json();
    let path = format!("/api/v1/workshops/{}", begun["id"]);
    for (form, field) in [
        (json!({ "title": "R", "assets": [] }), "assets"),
        (json!({ "title": "R", "assets": ["nowhere"] }), "assets"),
        (json!({ "title": "R", "assets": [], "stride": ["bad"] }), "stride"),
        (json!({ "title": "R", "assets": [], "inherent": { "likelihood": 6, "impact": 1 } }), "inherent"),
    ] {
        assert_eq!(
            first.api.post(&format!("{path}/risks"), &form).await.problem(422)["errors"][0]["field"],
            field
        );
    }
    let answers = json!([{ "prompt": "weather", "answer": "no", "asset": "ferry" }]);
    first.api.post(&format!("{path}/answers"), &answers).await.problem(422);
}
