//! Feeds: copies that are kept, and what they raise.

mod raise;
mod refresh;
mod ssvc;

use std::io::Write as _;
use std::path::PathBuf;

use abate::feed::Catalogue;
use abate::feed::refresh::{Order, Refreshed, refresh};
use abate_entity::lifecycle::Via;
use serde_json::json;

use crate::harness::app::TestApp;

/// A KEV catalogue of these numbers, all listed on one day.
pub(crate) fn kev(numbers: &[u32]) -> String {
    let entries: Vec<_> = numbers
        .iter()
        .map(|number| json!({ "cveID": format!("CVE-2026-{number}"), "dateAdded": "2026-03-01" }))
        .collect();
    json!({ "catalogVersion": "1", "dateReleased": "2026-03-01T10:00:00Z", "count": numbers.len(), "vulnerabilities": entries })
        .to_string()
}

/// A file with the text, in a folder that is removed with it.
fn file(text: &str) -> (tempfile::NamedTempFile, PathBuf) {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    let path = file.path().to_owned();
    (file, path)
}

/// Takes a copy from a file, as the command does.
pub(crate) async fn take(app: &TestApp, catalogue: Catalogue, text: &str) -> Refreshed {
    let (_kept, path) = file(text);
    let order = Order { file: Some(path), force: false };
    let refreshed = refresh(&app.state, catalogue, &order, Via::Command).await.unwrap();
    app.settle().await;
    refreshed
}
