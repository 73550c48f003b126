//! Parameters of questions to the API.

use crate::harness::app::TestApp;

/// A regression: `/api/v1/findings?severity=high` answered with findings of any severity.
#[tokio::test]
async fn a_parameter_that_is_not_described_is_refused_by_name_everywhere() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    let described = first.api.get("/api/openapi.json").await.expect(200).json();
    let mut asked = 0;
    for (path, operations) in described["paths"].as_object().unwrap() {
        if operations.get("get").is_none() {
            continue;
        }
        let filled = path.split('/').map(|part| if part.starts_with('{') { "1" } else { part });
        let path = format!("{}?limit_=5&nonsense=1", filled.collect::<Vec<_>>().join("/"));
        let refused = first.api.get(&path).await.problem(422);
        let named: Vec<_> =
            refused["errors"].as_array().unwrap().iter().map(|error| error["field"].clone()).collect();
        assert_eq!(named, ["limit_", "nonsense"], "{path}");
        asked += 1;
    }
    assert!(asked > 40, "{asked}");
    // What is described is taken, and a stranger learns nothing.
    first.api.get("/api/v1/findings?intake=kept&limit=5&cursor=").await.expect(200);
    first.api.get("/api/v1/risks?level=high&limit=5").await.expect(200);
    app.visitor().get("/api/v1/findings?nonsense=1").await.problem(401);
}
