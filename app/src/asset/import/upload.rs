//! Takes a table from a multipart form.

use abate_integrations::register::FILE_BYTES;
use actix_multipart::{Field, Multipart, MultipartError};
use futures_util::TryStreamExt as _;

use super::Table;
use crate::access::csrf;
use crate::platform::problem::{Kind, Problem};

/// Longest value of a field, in bytes.
const FIELD_BYTES: usize = 500;

/// Reads a multipart body: the table as `file`, and `mode` as apply or plan. A page's form carries the session's
/// token.
///
/// # Errors
/// 400 when it is no such body, 413 when the file is too large, 422 for missing or wrong fields.
pub async fn multipart(mut payload: Multipart, token: Option<&str>) -> Result<Table, Problem> {
    let mut bytes = None;
    let mut mode = String::new();
    let mut sent_token = String::new();
    while let Some(mut field) = payload.try_next().await.map_err(|error| unreadable(&error))? {
        let name = field.name().unwrap_or_default().to_owned();
        match name.as_str() {
            "file" if bytes.is_some() => return Err(Problem::invalid("file", "Send one file a request.")),
            "file" => bytes = Some(read(&mut field, FILE_BYTES).await?.ok_or_else(too_large)?),
            "mode" => mode = text(&name, &mut field).await?,
            "csrf" => sent_token = text(&name, &mut field).await?,
            _ => return Err(Problem::invalid(name, "There is no such field.")),
        }
    }
    if let Some(own) = token {
        csrf::check(&sent_token, own)?;
    }
    let plan_only = match mode.trim() {
        "" | "apply" => false,
        "plan" => true,
        _ => return Err(Problem::invalid("mode", "Use apply or plan.")),
    };
    match bytes {
        Some(bytes) if !bytes.is_empty() => Ok(Table { bytes, plan_only }),
        _ => Err(Problem::invalid(
            "file",
            "Add the table, CSV or XLSX, as the part `file` of a multipart form.",
        )),
    }
}

/// The bytes of a part, none when they are more than `most`.
async fn read(field: &mut Field, most: usize) -> Result<Option<Vec<u8>>, Problem> {
    let mut bytes = Vec::new();
    while let Some(part) = field.try_next().await.map_err(|error| unreadable(&error))? {
        if bytes.len() + part.len() > most {
            return Ok(None);
        }
        bytes.extend_from_slice(&part);
    }
    Ok(Some(bytes))
}

async fn text(name: &str, field: &mut Field) -> Result<String, Problem> {
    let bytes = read(field, FIELD_BYTES).await?;
    let bytes = bytes.ok_or_else(|| Problem::invalid(name, format!("Use at most {FIELD_BYTES} bytes.")))?;
    String::from_utf8(bytes).map_err(|_| Problem::invalid(name, "Send it as UTF-8."))
}

fn too_large() -> Problem {
    let mib = FILE_BYTES / 1024 / 1024;
    Problem::new(
        Kind::TooLarge,
        format!("The file is larger than {mib} MiB. Split the register into several files."),
    )
}

fn unreadable(error: &MultipartError) -> Problem {
    let detail = format!(
        "The body is not a whole multipart form: {error}. Send it as multipart/form-data with the table as `file`."
    );
    Problem::new(Kind::Malformed, detail)
}
