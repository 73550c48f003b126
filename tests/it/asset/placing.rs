//! Where the findings of a report land.

use abate::access::role::Role;
use abate::asset::matcher;
use abate::asset::matching::MatcherKind;
use serde_json::{Value, json};

use crate::harness::app::{Person, TestApp};
use crate::intake::report::{import, risks, trivy};

/// Gives the asset a matcher.
async fn matches(app: &TestApp, asset_id: i64, kind: MatcherKind, pattern: &str) {
    app.state.database.write(async |tx| matcher::add(tx, asset_id, kind, pattern).await).await.unwrap();
}

async fn assets(who: &Person) -> Vec<Value> {
    who.api.get("/api/v1/assets?limit=200").await.expect(200).json()["items"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_target_that_a_pattern_covers_is_that_asset() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    let orchard = app.asset("orchard", None).await;
    matches(&app, orchard.id, MatcherKind::Image, "registry.example.com/orchard/*").await;
    import(&app, &first, &trivy(&[(1, "HIGH")]), &[]).await;
    let found = risks(&first, "asset=orchard").await;
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(assets(&first).await.len(), 1);
}

#[tokio::test]
async fn a_target_that_nothing_knows_waits_for_a_review() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    import(&app, &first, &trivy(&[(1, "HIGH")]), &[]).await;
    let all = assets(&first).await;
    assert_eq!(all.len(), 1);
    assert_eq!(all[0]["review_state"], "unreviewed");
    assert_eq!(all[0]["key"], json!("registry.example.com-orchard-api"));
    // Named by its name or its key, it is the same one.
    for asset in ["registry.example.com/orchard/api", "registry.example.com-orchard-api"] {
        import(&app, &first, &trivy(&[(2, "LOW")]), &[("asset", asset), ("source", asset)]).await;
    }
    assert_eq!(assets(&first).await.len(), 1);
}

/// A Trivy report on a cluster with one weakness in each workload: namespace, kind, name.
fn cluster(workloads: &[(&str, &str, &str)]) -> String {
    let resources: Vec<Value> = workloads
        .iter()
        .map(|(namespace, kind, name)| {
            json!({
                "Namespace": namespace, "Kind": kind, "Name": name,
                "Results": [{ "Target": "orchard (debian 12)", "Class": "os-pkgs", "Type": "debian", "Vulnerabilities": [{
                    "VulnerabilityID": "CVE-2026-1", "PkgName": "lib1", "InstalledVersion": "1.0", "FixedVersion": "1.1",
                    "Severity": "HIGH", "Title": "lib1 breaks", "PkgIdentifier": { "PURL": "pkg:deb/debian/lib1@1.0" },
                }]}],
            })
        })
        .collect();
    json!({ "ClusterName": "orchard", "Resources": resources }).to_string()
}

#[tokio::test]
async fn a_finding_is_on_the_asset_that_its_resource_belongs_to() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    let press = app.team("press").await;
    app.asset("cluster", None).await;
    let web = app.asset("web", Some(press)).await;
    matches(&app, web.id, MatcherKind::Name, "shop/deployment/web").await;
    let edit = json!({"tier": "mission", "owner": "first@example.org"});
    first.api.patch("/api/v1/assets/web", &edit).await.expect(200);
    let report =
        cluster(&[("shop", "Deployment", "web"), ("shop", "Deployment", "basket"), ("mill", "Job", "grind")]);
    let done = import(&app, &first, &report, &[("asset", "cluster")]).await;
    assert_eq!(done["counts"]["created"], 3, "{done}");
    let on_web = risks(&first, "asset=web").await;
    assert_eq!(on_web.len(), 1, "{on_web:?}");
    // The tier of its own asset gives the impact; the team and the owner are those of its asset too.
    let seen = ["level", "team", "owner"].map(|field| on_web[0][field].clone());
    assert_eq!(on_web[0]["level"], "critical", "{seen:?}");
    assert_eq!(risks(&first, "team=press&owner=first@example.org").await.len(), 1);
    let on_cluster = risks(&first, "asset=cluster").await;
    assert_eq!(on_cluster.len(), 2);
    assert!(on_cluster.iter().all(|risk| risk["level"] == "high"), "{on_cluster:?}");
    let shown = first.api.get("/api/v1/assets/web").await.expect(200).json();
    assert!(shown["last_seen_at"].is_string(), "{shown}");
    let again = import(&app, &first, &report, &[("asset", "cluster"), ("run", "2")]).await;
    assert_eq!(again["counts"]["unchanged"], 3, "{again}");
}

#[tokio::test]
async fn a_sender_reaches_the_assets_of_its_teams_only() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    let (press, mill) = (app.team("press").await, app.team("mill").await);
    let web = app.asset("web", Some(press)).await;
    app.asset("cluster", Some(mill)).await;
    matches(&app, web.id, MatcherKind::Name, "shop/deployment/web").await;
    let machine = app.member("ci@example.org", &[Role::Integration], Some(mill)).await;
    import(&app, &machine, &cluster(&[("shop", "Deployment", "web")]), &[("asset", "cluster")]).await;
    assert_eq!(risks(&first, "asset=cluster").await.len(), 1);
    assert_eq!(risks(&first, "asset=web").await.len(), 0);
}
