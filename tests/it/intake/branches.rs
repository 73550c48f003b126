//! Which branch or image opens and closes risks, and what happens with the others.

use abate_entity::staged_change;
use chrono::Duration;
use sea_orm::{EntityTrait, PaginatorTrait};
use serde_json::{Value, json};

use super::report::{import, many, risks, trivy};
use crate::harness::app::TestApp;

#[tokio::test]
async fn another_branch_is_compared_and_changes_nothing() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    let on = |branch: &'static str, run: &'static str| [("asset", "web"), ("branch", branch), ("run", run)];
    let main = import(&app, &first, &trivy(&many(1, 20, "HIGH")), &on("main", "1")).await;
    assert_eq!(main["status"], "applied");
    let before = risks(&first, "").await;
    app.pass(Duration::hours(1)).await;
    let mut other = many(2, 19, "HIGH");
    other.extend([(900, "CRITICAL"), (901, "LOW")]);
    let compared = import(&app, &first, &trivy(&other), &on("feature/cart", "2")).await;
    assert_eq!(compared["status"], "compared", "{compared}");
    assert_eq!((&compared["counts"]["created"], &compared["counts"]["vanished"]), (&json!(2), &json!(1)));
    assert_eq!(risks(&first, "").await, before);
    let path = format!("/api/v1/imports/{}", compared["id"]);
    let plan = first.api.get(&format!("{path}/plan?action=create")).await.expect(200).json();
    let new: Vec<&Value> = plan["items"].as_array().unwrap().iter().map(|item| &item["title"]).collect();
    assert_eq!(new, ["CVE-2026-900: lib900 breaks", "CVE-2026-901: lib901 breaks"]);
    first.api.post(&format!("{path}/apply"), &json!({})).await.problem(409);
    first.api.post(&format!("{path}/undo"), &json!({})).await.problem(409);
    let page = first.browser.get(&format!("/imports/{}", compared["id"])).await.expect(200);
    assert!(page.text.contains("another branch or image"), "{}", page.text);

    // The default branch goes on as if nothing had been.
    let again = import(&app, &first, &trivy(&many(1, 20, "HIGH")), &on("refs/heads/main", "3")).await;
    assert_eq!((&again["status"], &again["counts"]["unchanged"]), (&json!("applied"), &json!(20)));
    app.pass(Duration::days(31)).await;
    let kept = staged_change::Entity::find().count(app.state.database.reader()).await.unwrap();
    assert_eq!(kept, 0);
    let counts = first.api.get(&path).await.expect(200).json();
    assert_eq!(counts["counts"]["created"], 2);
}

#[tokio::test]
async fn a_person_names_the_branch_and_the_image_that_count() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    let report = trivy(&many(1, 3, "HIGH"));
    let send = async |more: &[(&str, &str)]| {
        app.pass(Duration::minutes(11)).await;
        let mut fields = vec![("asset", "web")];
        fields.extend(more);
        import(&app, &first, &report, &fields).await["status"].clone()
    };
    // The first branch seen counts until a usual one comes.
    assert_eq!(send(&[("branch", "develop")]).await, "applied");
    assert_eq!(send(&[("branch", "main")]).await, "applied");
    assert_eq!(send(&[("branch", "develop")]).await, "compared");
    let scopes = first.api.get("/api/v1/scopes").await.expect(200).json();
    assert_eq!(scopes["items"][0]["default_branch"], "main", "{scopes}");
    let path = format!("/api/v1/scopes/{}", scopes["items"][0]["id"]);
    first.api.patch(&path, &json!({ "default_branch": "develop" })).await.expect(200);
    assert_eq!(send(&[("branch", "develop")]).await, "applied");
    assert_eq!(send(&[("branch", "main")]).await, "compared");
    first.api.patch(&path, &json!({ "deployed_digest": "sha256:aa" })).await.expect(200);
    assert_eq!(send(&[("branch", "release"), ("digest", "sha256:aa")]).await, "applied");
    assert_eq!(send(&[("branch", "develop"), ("digest", "sha256:bb")]).await, "compared");
    let form = [("branch", "main"), ("import", "1")];
    let page = format!("/scopes/{}/default-branch", scopes["items"][0]["id"]);
    first.browser.submit(&page, &form).await.expect(303);
    assert_eq!(send(&[("branch", "main")]).await, "applied");
    first.api.patch(&path, &json!({ "branch": "x" })).await.problem(422);
}
