//! `abate asset import`, as scripts use it.

use crate::harness::database::TestDatabase;
use crate::harness::process::run;

#[tokio::test]
async fn the_command_plans_applies_and_names_wrong_rows() {
    let database = TestDatabase::create().await;
    let folder = tempfile::tempdir().unwrap();
    let good = format!("{}/../tests/fixtures/register/orchard.csv", env!("CARGO_MANIFEST_DIR"));
    let bad = folder.path().join("bad.csv");
    std::fs::write(&bad, "Name,Tier\nShop,gold\n").unwrap();
    let plan = run(&database, &["asset", "import", &good, "--plan"]).await.success();
    assert!(plan.contains("Would be: 2 created"), "{plan}");
    let applied = run(&database, &["asset", "import", &good, "--json"]).await.success();
    assert!(applied.contains("\"created\": 2"), "{applied}");
    let again = run(&database, &["asset", "import", &good]).await.success();
    assert!(again.contains("0 created, 0 changed, 2 unchanged"), "{again}");
    let wrong = run(&database, &["asset", "import", bad.to_str().unwrap()]).await;
    assert_eq!(wrong.code, Some(1), "{wrong:?}");
    assert!(wrong.stderr.contains("line 2, Tier"), "{wrong:?}");
}
