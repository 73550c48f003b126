//! Sends a report to a server: streamed from the disk, sent again under the same key when the connection is lost,
//! and followed until it is applied.

use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use futures_util::TryStreamExt as _;
use indicatif::ProgressBar;
use reqwest::multipart::{Form, Part};
use serde_json::Value;
use tokio_util::io::ReaderStream;
use url::Url;

use super::progress;
use super::remote::{Remote, answer, busy};
use crate::intake::status;

/// How often a report is sent before the server counts as not reachable.
const TRIES: u32 = 5;
/// How long to wait before the second try; each further one waits twice as long.
const FIRST_WAIT: Duration = Duration::from_millis(500);
/// How long the upload of one file may take.
const UPLOAD_TIMEOUT: Duration = Duration::from_secs(900);
/// How often the server is asked how far it is: at first, and at most.
const ASK_EVERY: (Duration, Duration) = (Duration::from_millis(300), Duration::from_secs(3));
/// How long an import may take to be applied.
const PATIENCE: Duration = Duration::from_secs(3600);
/// Bytes that are read from the disk at a time.
const CHUNK: usize = 64 * 1024;

/// Sends a file and answers the import as it stands in the end.
pub(super) async fn send(
    remote: &Remote,
    fields: &[(&'static str, String)],
    key: &str,
    file: &Path,
    bar: &ProgressBar,
) -> anyhow::Result<Value> {
    let imports = remote.address("/imports")?;
    let accepted = send_until_answered(remote, &imports, fields, key, file, bar).await?;
    let id = accepted.get("id").and_then(Value::as_i64).context("the server's answer names no import")?;
    follow(remote, id, file, bar).await
}

async fn send_until_answered(
    remote: &Remote,
    imports: &Url,
    fields: &[(&'static str, String)],
    key: &str,
    file: &Path,
    bar: &ProgressBar,
) -> anyhow::Result<Value> {
    let mut wait = FIRST_WAIT;
    for attempt in 1.. {
        let form = form(fields, file, bar).await?;
        let request = remote.client.post(imports.clone()).header("Idempotency-Key", key);
        let sent = remote.signed(request).multipart(form).timeout(UPLOAD_TIMEOUT).send().await;
        let again = match &sent {
            Ok(response) => busy(response.status()),
            Err(error) => !error.is_builder(),
        };
        if !again || attempt >= TRIES {
            return answer(sent.with_context(|| remote.unreachable())?).await;
        }
        progress::wait(bar, format!("the connection was lost, sending {} again", file.display()));
        tokio::time::sleep(wait).await;
        wait *= 2;
    }
    anyhow::bail!(remote.unreachable())
}

/// The body of one try. The file is read as it is sent.
async fn form(fields: &[(&'static str, String)], file: &Path, bar: &ProgressBar) -> anyhow::Result<Form> {
    let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let open = tokio::fs::File::open(file).await.context("the file cannot be read")?;
    let size = open.metadata().await.context("the file cannot be read")?.len();
    progress::count_bytes(bar, format!("sending {}", file.display()), size);
    let counted = bar.clone();
    let bytes =
        ReaderStream::with_capacity(open, CHUNK).inspect_ok(move |bytes| counted.inc(bytes.len() as u64));
    let part = Part::stream_with_length(reqwest::Body::wrap_stream(bytes), size).file_name(name);
    let form = fields.iter().fold(Form::new(), |form, (field, value)| form.text(*field, value.clone()));
    Ok(form.part("file", part))
}

/// Asks until the import has come to a rest.
async fn follow(remote: &Remote, id: i64, file: &Path, bar: &ProgressBar) -> anyhow::Result<Value> {
    let address = remote.address(&format!("/imports/{id}"))?;
    let begun = std::time::Instant::now();
    let (mut wait, most) = ASK_EVERY;
    let mut total = None;
    progress::wait(bar, format!("applying {}", file.display()));
    loop {
        let import = remote.get(&address).await?;
        let status = import.get("status").and_then(Value::as_str).unwrap_or_default();
        if !matches!(status, status::RECEIVING | status::APPLYING) {
            return Ok(import);
        }
        if begun.elapsed() > PATIENCE {
            anyhow::bail!("import {id} is still {status} after an hour; look at it on the server");
        }
        if let Some(left) = import.get("left").and_then(Value::as_u64) {
            let all = *total.get_or_insert_with(|| {
                progress::count(bar, format!("applying {}", file.display()), left);
                left
            });
            bar.set_position(all.saturating_sub(left));
        }
        tokio::time::sleep(wait).await;
        wait = (wait * 2).min(most);
    }
}
