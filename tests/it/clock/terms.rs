//! Days and business days of published policies and calendars.

use serde::Deserialize;
use serde_json::json;

use super::stage::Stage;

#[derive(Deserialize)]
struct Terms {
    calendar_days: Vec<Term>,
    business_days: Vec<Term>,
    holidays: Vec<String>,
}

#[derive(Deserialize)]
struct Term {
    starts_on: String,
    days: i64,
    due_on: String,
}

fn terms() -> Terms {
    serde_json::from_str(include_str!("../../fixtures/clock/terms.json")).unwrap()
}

#[tokio::test]
async fn calendar_days_are_added_whatever_the_month() {
    let stage = Stage::within("America/New_York").await;
    for term in terms().calendar_days {
        stage.at(&term.starts_on);
        stage.days(&[("low", term.days)]).await;
        let path = stage.open("shop", "low").await;
        assert_eq!(stage.show(&path).await["due_on"], term.due_on, "{} days", term.days);
        stage.close(&path).await;
    }
}

#[tokio::test]
async fn business_days_leave_out_weekends_and_the_days_off_of_the_calendar() {
    let stage = Stage::new().await;
    let days: Vec<_> =
        terms().holidays.iter().map(|day| json!({"day": day, "name": "England is off"})).collect();
    stage.publish("calendars", "standard", json!({"zone": "Europe/London", "holidays": days})).await;
    for term in terms().business_days {
        stage.at(&term.starts_on);
        let data = json!({"title": "Working days", "basis": "business_days", "remediation": {"critical": term.days}});
        stage.publish("sla-policies", "standard", data).await;
        let path = stage.open("shop", "critical").await;
        assert_eq!(stage.show(&path).await["due_on"], term.due_on, "{} + {}", term.starts_on, term.days);
        stage.close(&path).await;
    }
}
