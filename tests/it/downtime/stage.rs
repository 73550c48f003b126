//! Risks in many states, and an obligation, before the service stops.

use abate::access::role::Role;
use serde_json::{Value, json};

use crate::harness::app::Person;
use crate::slack::workspace::Workspace;

/// Last days of acceptances.
pub(super) const ACCEPTED: [&str; 4] = ["2026-04-15", "2026-05-01", "2026-05-20", "2026-03-29"];
/// Days of review of blocked risks.
pub(super) const BLOCKED: [&str; 2] = ["2026-03-20", "2026-03-29"];
/// The day of review of a transferred risk.
pub(super) const TRANSFERRED: &str = "2026-06-30";

/// A workspace in which Ana owns everything, Ben approves, and Vera leads.
pub(super) async fn workspace() -> Workspace {
    let workspace = Workspace::start().await;
    let app = &workspace.app;
    let ana = workspace.ana().await;
    let ben = app.person("ben@example.org", &[Role::Viewer, Role::HeadOfSecurity, Role::RiskManager]).await;
    app.person("vera@example.org", &[Role::Viewer]).await;
    let first = app.first().await;
    first.api.patch("/api/v1/teams/security", &json!({"lead": "vera@example.org"})).await.expect(200);
    for last_day in ACCEPTED {
        let key = workspace.open_risk("Accepted for a while", "ana@example.org", (4, 4)).await;
        let accept = json!({"event": "accept", "justification": "few users",
            "compensating_controls": "a firewall", "expires_on": last_day});
        step(&ana, &key, accept.clone()).await;
        step(&ben, &key, accept).await;
    }
    for review_on in BLOCKED {
        let key = workspace.open_risk("Waits for a vendor", "ana@example.org", (4, 4)).await;
        step(&ana, &key, json!({"event": "start", "plan": "install the patch"})).await;
        let block =
            json!({"event": "block", "blocker_kind": "vendor", "review_on": review_on, "reason": "no patch"});
        step(&ana, &key, block).await;
    }
    let key = workspace.open_risk("Insured", "ana@example.org", (4, 4)).await;
    let transfer = json!({"event": "treat_without_fix", "resolution": "transferred", "review_on": TRANSFERRED,
        "reason": "insured", "evidence": ["https://example.org/contract"]});
    step(&ben, &key, transfer).await;
    workspace.open_risk("Left open", "ana@example.org", (4, 4)).await;
    let cadence = json!({"name": "Scan", "rule": "FREQ=WEEKLY;BYDAY=MO", "starts_on": "2026-03-03", "zone": "UTC",
        "lead_days": 2, "grace_days": 3, "owner": "ana@example.org"});
    ben.api.post("/api/v1/cadences", &cadence).await.expect(201);
    workspace
}

async fn step(person: &Person, key: &str, form: Value) {
    person.api.post(&format!("/api/v1/risks/{key}/transitions"), &form).await.expect(200);
}
