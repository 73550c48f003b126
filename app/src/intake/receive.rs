//! Takes an upload in: the file goes to the disk while its digest is made, the fields are checked.

use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;

use abate_entity::text_enum;
use actix_multipart::{Field, Multipart, MultipartError};
use chrono::{DateTime, Utc};
use futures_util::TryStreamExt as _;
use sha2::{Digest as _, Sha256};

use crate::platform::problem::{Kind, Problem};

/// Largest report, in bytes.
pub const FILE_BYTES: u64 = 1024 * 1024 * 1024;
/// Longest value of a field, in bytes.
const FIELD_BYTES: usize = 500;
/// Longest mapping of the columns of a table, in bytes.
const MAPPING_BYTES: usize = 64 * 1024;

/// A report on the disk, with what the sender says about it.
#[derive(Debug)]
pub struct Upload {
    /// The file; removed with the value.
    pub file: std::fs::File,
    /// What it was called.
    pub file_name: String,
    /// Digest of its bytes, in hexadecimal.
    pub sha256: String,
    /// Its length in bytes.
    pub size: u64,
    /// What the sender says.
    pub form: UploadForm,
}

text_enum! {
    /// What is to be done with a report.
    #[derive(Default)]
    pub enum Mode ("mode") {
        /// Apply it, unless a guard rail asks.
        #[default]
        Apply = "apply",
        /// Only make a plan.
        Plan = "plan",
        /// Take it as the backlog of a source: clocks start today, tickets only on request.
        Backlog = "backlog",
    }
}

/// What the sender of a report says about it.
#[derive(Clone, Debug, Default)]
pub struct UploadForm {
    /// `auto`, or the name of a format.
    pub format: String,
    /// Key of the asset.
    pub asset: Option<String>,
    /// Who reports.
    pub source: Option<String>,
    /// Over what.
    pub scope: Option<String>,
    /// What is to be done with it.
    pub mode: Mode,
    /// The scan did not cover all of the scope.
    pub partial: bool,
    /// Name of the run.
    pub run: Option<String>,
    /// Branch that was scanned.
    pub branch: Option<String>,
    /// Commit that was scanned.
    pub commit: Option<String>,
    /// Image that was scanned.
    pub digest: Option<String>,
    /// When the scan ran.
    pub scanned_at: Option<DateTime<Utc>>,
    /// What the columns of a table mean, as JSON.
    pub mapping: Option<String>,
}

impl UploadForm {
    /// Takes a field by its name.
    ///
    /// # Errors
    /// 422 naming a field that is unknown or has a value that cannot be.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), Problem> {
        let value = value.trim();
        if name != "mapping" && value.chars().any(char::is_control) {
            return Err(Problem::invalid(name, "Leave out control characters."));
        }
        let given = (!value.is_empty()).then(|| value.to_owned());
        match name {
            "format" => self.format = value.to_owned(),
            "asset" => self.asset = given,
            "source" => self.source = given,
            "scope" => self.scope = given,
            "run" => self.run = given,
            "branch" => self.branch = given,
            "commit" => self.commit = given,
            "digest" => self.digest = given,
            "mapping" => self.mapping = given,
            "mode" => {
                self.mode = match value {
                    "" => Mode::Apply,
                    word => {
                        word.parse().map_err(|_| Problem::invalid("mode", "Use apply, plan or backlog."))?
                    }
                }
            }
            "partial" => {
                self.partial = match value {
                    "" | "false" | "0" | "no" => false,
                    "true" | "1" | "yes" | "on" => true,
                    _ => return Err(Problem::invalid("partial", "Use true or false.")),
                }
            }
            "scanned_at" => {
                self.scanned_at = match given {
                    None => None,
                    Some(text) => Some(
                        DateTime::parse_from_rfc3339(&text)
                            .map_err(|_| {
                                Problem::invalid("scanned_at", "Write the time as in 2026-03-01T08:00:00Z.")
                            })?
                            .to_utc(),
                    ),
                }
            }
            // The token of a page's form is checked before.
            "csrf" => {}
            _ => return Err(Problem::invalid(name, "There is no such field.")),
        }
        Ok(())
    }
}

/// Reads a multipart body.
///
/// # Errors
/// 400 when it is no such body, 413 when the file is too large, 422 for missing or wrong fields.
pub async fn multipart(mut payload: Multipart, csrf: Option<&str>) -> Result<Upload, Problem> {
    let mut form = UploadForm::default();
    let mut file = None;
    let mut sent_csrf = String::new();
    while let Some(mut field) = payload.try_next().await.map_err(|error| unreadable(&error))? {
        let name = field.name().unwrap_or_default().to_owned();
        if name == "file" {
            if file.is_some() {
                return Err(Problem::invalid("file", "Send one file a request."));
            }
            file = Some(spool(field).await?);
        } else {
            let value = text(&name, &mut field).await?;
            if name == "csrf" {
                sent_csrf.clone_from(&value);
            }
            form.set(&name, &value)?;
        }
    }
    if let Some(own) = csrf {
        crate::access::csrf::check(&sent_csrf, own)?;
    }
    let Some((file, file_name, sha256, size)) = file else {
        return Err(Problem::invalid("file", "Add the report as the part `file` of a multipart form."));
    };
    Ok(Upload { file, file_name, sha256, size, form })
}

/// Takes a file of this machine.
///
/// # Errors
/// 422 when it cannot be read, 413 when it is too large.
pub fn local(path: &Path, form: UploadForm) -> Result<Upload, Problem> {
    let unreadable = |error: std::io::Error| {
        Problem::invalid("file", format!("{} cannot be read: {error}.", path.display()))
    };
    let mut file = std::fs::File::open(path).map_err(unreadable)?;
    let mut digest = Sha256::new();
    let mut buffer = vec![0; 256 * 1024];
    let mut size = 0;
    loop {
        let count = file.read(&mut buffer).map_err(unreadable)?;
        if count == 0 {
            break;
        }
        size += count as u64;
        if size > FILE_BYTES {
            return Err(too_large());
        }
        digest.update(&buffer[..count]);
    }
    file.seek(SeekFrom::Start(0)).map_err(unreadable)?;
    let file_name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    Ok(Upload { file, file_name, sha256: hex::encode(digest.finalize()), size, form })
}

async fn spool(mut field: Field) -> Result<(std::fs::File, String, String, u64), Problem> {
    let file_name = field.content_disposition().and_then(|header| header.get_filename()).unwrap_or_default();
    let file_name: String = file_name.chars().filter(|character| !character.is_control()).take(200).collect();
    let mut file = tempfile::tempfile().map_err(Problem::internal)?;
    let mut digest = Sha256::new();
    let mut size = 0;
    while let Some(bytes) = field.try_next().await.map_err(|error| unreadable(&error))? {
        size += bytes.len() as u64;
        if size > FILE_BYTES {
            return Err(too_large());
        }
        digest.update(&bytes);
        file.write_all(&bytes).map_err(Problem::internal)?;
    }
    file.seek(SeekFrom::Start(0)).map_err(Problem::internal)?;
    Ok((file, file_name, hex::encode(digest.finalize()), size))
}

async fn text(name: &str, field: &mut Field) -> Result<String, Problem> {
    let longest = if name == "mapping" { MAPPING_BYTES } else { FIELD_BYTES };
    let mut bytes = Vec::new();
    while let Some(part) = field.try_next().await.map_err(|error| unreadable(&error))? {
        if bytes.len() + part.len() > longest {
            return Err(Problem::invalid(name, format!("Use at most {longest} bytes.")));
        }
        bytes.extend_from_slice(&part);
    }
    String::from_utf8(bytes).map_err(|_| Problem::invalid(name, "Send it as UTF-8."))
}

fn too_large() -> Problem {
    let mib = FILE_BYTES / 1024 / 1024;
    Problem::new(
        Kind::TooLarge,
        format!("The file is larger than {mib} MiB. Split the scan by target and upload each part."),
    )
}

fn unreadable(error: &MultipartError) -> Problem {
    Problem::new(
        Kind::Malformed,
        format!(
            "The body is not a whole multipart form: {error}. Send it as multipart/form-data with the report as `file`."
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_checked_by_name() {
        let mut form = UploadForm::default();
        form.set("asset", " web ").unwrap();
        form.set("mode", "plan").unwrap();
        form.set("scanned_at", "2026-03-01T08:00:00+01:00").unwrap();
        assert_eq!(form.asset.as_deref(), Some("web"));
        assert_eq!(form.mode, Mode::Plan);
        assert_eq!(form.scanned_at.unwrap().to_rfc3339(), "2026-03-01T07:00:00+00:00");
        for (name, value) in [
            ("mode", "now"),
            ("partial", "perhaps"),
            ("scanned_at", "yesterday"),
            ("assett", "x"),
            ("run", "a\u{0}b"),
        ] {
            let problem = form.set(name, value).unwrap_err();
            assert_eq!(problem.errors()[0].field, name);
        }
    }
}
