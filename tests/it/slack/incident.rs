//! A breach that is declared and taken on from Slack.

use abate::access::role::Role;

use super::workspace::Workspace;

#[actix_web::test]
async fn a_breach_is_declared_and_taken_on_by_command() {
    let workspace = Workspace::start().await;
    workspace.ana().await;
    workspace.app.person("ben@example.org", &[Role::HeadOfSecurity, Role::Viewer]).await;
    let key = workspace.open_risk("Open bucket", "ana@example.org", (4, 4)).await;
    let said = workspace.say("U0ANA", &format!("/risk breach {key}")).await;
    assert!(said.contains("Say what happened"), "{said}");
    let said = workspace.say("U0ANA", &format!("/risk breach {key} the list is on the street")).await;
    assert!(said.contains("I-1 is declared") && said.contains("Acknowledge"), "{said}");
    let said = workspace.say("U0ANA", "/risk acknowledge I-1").await;
    assert!(said.contains("takes one of the roles"), "{said}");
    let said = workspace.say("U0BEN", "/risk acknowledge I-1").await;
    assert!(said.contains("You have taken I-1 on"), "{said}");
    let first = workspace.app.first().await;
    let incident = first.api.get("/api/v1/incidents/I-1").await.expect(200).json();
    assert_eq!(
        (&incident["state"], &incident["declared_by"]),
        (&"acknowledged".into(), &"ana@example.org".into())
    );
    assert_eq!(
        (&incident["title"], &incident["risk"]),
        (&"the list is on the street".into(), &key.as_str().into())
    );
}
