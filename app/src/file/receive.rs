//! Takes a file from a multipart form to a temporary one on the disk, while hashing it.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Seek as _, SeekFrom, Write as _};

use actix_multipart::{Field, Multipart, MultipartError};
use futures_util::TryStreamExt as _;
use sha2::{Digest, Sha256};

use super::kind_rules::{self, HEAD};
use crate::access::csrf;
use crate::platform::problem::{FieldProblem, Kind, Problem};

/// Largest file, in bytes.
pub const FILE_BYTES: usize = 25 * 1024 * 1024;
/// Longest value of a field, in bytes.
const FIELD_BYTES: usize = 8000;

/// A file as it came, checked.
#[derive(Debug)]
pub struct Received {
    /// Its bytes.
    pub file: File,
    /// Its name, safe to keep.
    pub name: String,
    /// What it is.
    pub media_type: &'static str,
    /// Digest of its bytes, in hexadecimal.
    pub sha256: String,
}

/// A multipart form.
#[derive(Debug, Default)]
pub struct Form {
    /// The file, where there is one.
    pub file: Option<Received>,
    /// The other fields.
    pub fields: BTreeMap<String, String>,
}

impl Form {
    /// A field that was filled in.
    #[must_use]
    pub fn filled(&self, name: &str) -> Option<String> {
        self.fields.get(name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
    }
}

/// Reads a multipart body whose fields are `file` and those `known`. A page's form carries the session's token.
///
/// # Errors
/// 400 when it is no such body, 413 when the file is too large, 415 when it is of a kind that is not taken, 422 for an
/// empty file or unknown fields.
pub async fn multipart(payload: Multipart, token: Option<&str>, known: &[&str]) -> Result<Form, Problem> {
    let (form, read) = kept(payload, token, known).await;
    read.map(|()| form)
}

/// The same for a page, which shows the fields before the file again when something is wrong.
pub async fn kept(
    mut payload: Multipart,
    token: Option<&str>,
    known: &[&str],
) -> (Form, Result<(), Problem>) {
    let mut form = Form::default();
    let read = fill(&mut form, &mut payload, known).await;
    let own = token.map_or(Ok(()), |own| {
        csrf::check(form.fields.get("csrf").map(String::as_str).unwrap_or_default(), own)
    });
    match own {
        Ok(()) => (form, read),
        // What another site sent is not shown.
        Err(problem) => (Form::default(), Err(problem)),
    }
}

async fn fill(form: &mut Form, payload: &mut Multipart, known: &[&str]) -> Result<(), Problem> {
    while let Some(mut field) = payload.try_next().await.map_err(|error| unreadable(&error))? {
        let name = field.name().unwrap_or_default().to_owned();
        match name.as_str() {
            "file" if form.file.is_some() => {
                return Err(Problem::invalid("file", "Send one file a request."));
            }
            "file" => form.file = spool(field).await?,
            _ if name == "csrf" || known.contains(&name.as_str()) => {
                let text = text(&name, &mut field).await?;
                form.fields.insert(name, text);
            }
            _ => return Err(Problem::invalid(name, "There is no such field.")),
        }
    }
    Ok(())
}

/// Takes the file; none for a form in which no file was chosen.
async fn spool(mut field: Field) -> Result<Option<Received>, Problem> {
    let sent_name =
        field.content_disposition().and_then(|header| header.get_filename()).unwrap_or_default().to_owned();
    let mut file = tempfile::tempfile().map_err(Problem::internal)?;
    let mut digest = Sha256::new();
    let mut head = Vec::new();
    let mut size = 0;
    while let Some(bytes) = field.try_next().await.map_err(|error| unreadable(&error))? {
        size += bytes.len();
        if size > FILE_BYTES {
            pass_over(field).await;
            return Err(too_large());
        }
        let missing = HEAD.saturating_sub(head.len()).min(bytes.len());
        head.extend_from_slice(&bytes[..missing]);
        digest.update(&bytes);
        file.write_all(&bytes).map_err(Problem::internal)?;
    }
    match (size, sent_name.as_str()) {
        (0, "") => return Ok(None),
        (0, _) => return Err(Problem::invalid("file", "The file is empty.")),
        _ => {}
    }
    let name = kind_rules::clean_name(&sent_name);
    let media_type = kind_rules::media_type(&name, &head).map_err(|refused| {
        let detail = refused.detail();
        Problem::new(Kind::UnsupportedMedia, detail.clone()).naming(vec![FieldProblem::new("file", detail)])
    })?;
    file.seek(SeekFrom::Start(0)).map_err(Problem::internal)?;
    Ok(Some(Received { file, name, media_type, sha256: hex::encode(digest.finalize()) }))
}

/// Reads on for a while without keeping anything: who still sends would lose the connection instead of reading the answer.
async fn pass_over(mut field: Field) {
    let mut left = FILE_BYTES;
    while let Ok(Some(bytes)) = field.try_next().await {
        left = left.saturating_sub(bytes.len());
        if left == 0 {
            return;
        }
    }
}

async fn text(name: &str, field: &mut Field) -> Result<String, Problem> {
    let mut bytes = Vec::new();
    while let Some(part) = field.try_next().await.map_err(|error| unreadable(&error))? {
        if bytes.len() + part.len() > FIELD_BYTES {
            return Err(Problem::invalid(name, format!("Use at most {FIELD_BYTES} bytes.")));
        }
        bytes.extend_from_slice(&part);
    }
    String::from_utf8(bytes).map_err(|_| Problem::invalid(name, "Send it as UTF-8."))
}

fn too_large() -> Problem {
    let mib = FILE_BYTES / 1024 / 1024;
    let detail =
        format!("The file is larger than {mib} MiB. Attach a smaller one, or a link to where it is.");
    Problem::new(Kind::TooLarge, detail.clone()).naming(vec![FieldProblem::new("file", detail)])
}

fn unreadable(error: &MultipartError) -> Problem {
    let detail = format!(
        "The body is not a whole multipart form: {error}. Send it as multipart/form-data with the file as `file`."
    );
    Problem::new(Kind::Malformed, detail)
}
