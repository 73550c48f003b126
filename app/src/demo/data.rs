//! The files that the demo imports, with their dates moved so that the story always ended today.

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::Value;

/// The workshop.
const WORKSHOP: &str = include_str!("../../demo/cloudvista.json");
/// A scan of the service image.
const TRIVY: &str = include_str!("../../demo/trivy.json");
/// A scan of the source.
const SARIF: &str = include_str!("../../demo/codelook.sarif");

/// The workshop, held on `day`.
///
/// # Errors
/// Never: the file is part of the program.
pub fn workshop(day: NaiveDate) -> anyhow::Result<Vec<u8>> {
    let mut file: Value = serde_json::from_str(WORKSHOP)?;
    file["workshop"]["held_on"] = day.to_string().into();
    Ok(serde_json::to_vec(&file)?)
}

/// The image scan of `at`, without the packages in `mended`.
///
/// # Errors
/// Never: the file is part of the program.
pub fn image_scan(at: DateTime<Utc>, mended: &[&str]) -> anyhow::Result<Vec<u8>> {
    let mut file: Value = serde_json::from_str(TRIVY)?;
    file["CreatedAt"] = at.to_rfc3339().into();
    for result in file["Results"].as_array_mut().into_iter().flatten() {
        if let Some(found) = result["Vulnerabilities"].as_array_mut() {
            found.retain(|one| !mended.iter().any(|package| one["PkgName"] == *package));
        }
    }
    Ok(serde_json::to_vec(&file)?)
}

/// The source scan of `at`.
///
/// # Errors
/// Never: the file is part of the program.
pub fn source_scan(at: DateTime<Utc>) -> anyhow::Result<Vec<u8>> {
    let mut file: Value = serde_json::from_str(SARIF)?;
    file["runs"][0]["invocations"][0]["endTimeUtc"] = at.to_rfc3339().into();
    Ok(serde_json::to_vec(&file)?)
}
