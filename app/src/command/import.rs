//! `abate import`

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;
use indicatif::ProgressBar;
use serde_json::Value;
use url::Url;

use super::Settings;
use super::progress;
use super::remote::Remote;
use super::upload;
use crate::access::actor::Via;
use crate::intake::receive::{self, UploadForm};
use crate::intake::stage::{self, Sender};
use crate::intake::view::ImportView;
use crate::intake::{apply, status};
use crate::platform::ids::Ids;
use crate::platform::problem::Problem;
use crate::state::AppState;

/// Exit code for an import that waits for a person's yes.
const NEEDS_APPROVAL: u8 = 3;

/// Arguments of `abate import`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  trivy image --format json -o report.json shop/web:1.4 && abate import report.json --asset web\n  \
abate import scan.sarif --asset web --run $CI_RUN_ID --server https://abate.example.com --token $ABATE_TOKEN\n\n\
Exit codes: 0 applied (or planned with --plan, or compared for another branch), 1 failed, 3 needs approval"
)]
pub(super) struct Import {
    /// Reports of scanners, or workshop files
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Key of the asset that was scanned; an unknown one becomes an unreviewed asset
    #[arg(long, value_name = "KEY")]
    asset: Option<String>,
    /// auto, trivy, sarif or workshop
    #[arg(long, default_value = "auto")]
    format: String,
    /// Who reports; the tool's name unless told
    #[arg(long, value_name = "NAME")]
    source: Option<String>,
    /// Over what; the scanned target without tag or digest unless told
    #[arg(long, value_name = "KEY")]
    scope: Option<String>,
    /// Name of the run; the same run twice is one import
    #[arg(long, value_name = "ID")]
    run: Option<String>,
    /// The branch that was scanned
    #[arg(long)]
    branch: Option<String>,
    /// The commit that was scanned
    #[arg(long)]
    commit: Option<String>,
    /// The image that was scanned, as sha256:…
    #[arg(long)]
    digest: Option<String>,
    /// Only say what would change
    #[arg(long)]
    plan: bool,
    /// The scan covered only a part of the scope: nothing counts as gone
    #[arg(long)]
    partial: bool,
    /// Send to this server instead of writing to the database
    #[arg(long, value_name = "URL", env = "ABATE_SERVER", requires = "token")]
    server: Option<Url>,
    /// Token for the server; `abate token create --scope import` makes one
    #[arg(long, env = "ABATE_TOKEN", hide_env_values = true)]
    token: Option<String>,
    /// Print the imports as JSON
    #[arg(long)]
    json: bool,
}

impl Import {
    pub(super) async fn run(self, settings: Settings) -> anyhow::Result<ExitCode> {
        let target = match (&self.server, &self.token) {
            (Some(server), Some(token)) => Target::Server(Remote::new(server, token)?),
            _ => Target::Local(Box::new(super::open(settings.load()?).await?)),
        };
        let mut worst = 0;
        for file in &self.files {
            let bar = progress::spinner(format!("opening {}", file.display()));
            let outcome = match &target {
                Target::Local(state) => self.local(state, file, &bar).await,
                Target::Server(remote) => {
                    // A new key a file and run of the command: what is repeated below is one import.
                    let key = Ids::random().word(32);
                    upload::send(remote, &self.fields(), &key, file, &bar).await
                }
            };
            bar.finish_and_clear();
            worst = worst.max(match outcome {
                Ok(import) => self.report(file, &import)?,
                Err(error) => {
                    eprintln!("abate: {}: {error:#}", file.display());
                    1
                }
            });
        }
        if let Target::Local(state) = target {
            state.database.close().await?;
        }
        Ok(ExitCode::from(match worst {
            // A failure counts for more than a question.
            2 => NEEDS_APPROVAL,
            other => other,
        }))
    }

    fn form(&self) -> Result<UploadForm, Problem> {
        let mut form = UploadForm::default();
        for (name, value) in self.fields() {
            form.set(name, &value)?;
        }
        Ok(form)
    }

    fn fields(&self) -> Vec<(&'static str, String)> {
        let mut fields = vec![("format", self.format.clone())];
        for (name, value) in [
            ("asset", &self.asset),
            ("source", &self.source),
            ("scope", &self.scope),
            ("run", &self.run),
            ("branch", &self.branch),
            ("commit", &self.commit),
            ("digest", &self.digest),
        ] {
            fields.extend(value.clone().map(|value| (name, value)));
        }
        fields.push(("mode", if self.plan { "plan" } else { "apply" }.to_owned()));
        fields.push(("partial", self.partial.to_string()));
        fields
    }

    async fn local(&self, state: &AppState, file: &Path, bar: &ProgressBar) -> anyhow::Result<Value> {
        let upload = receive::local(file, self.form()?)?;
        bar.set_message(format!("reading {}", file.display()));
        let sender = Sender { actor: None, via: Via::Command, idempotency_key: None };
        let mut import = stage::stage(state, &sender, upload).await?;
        if import.status == status::APPLYING {
            bar.set_message(format!("applying {}", file.display()));
            apply::to_the_end(state, import.id).await?;
            import = again(state, import.id).await?;
        }
        Ok(serde_json::to_value(ImportView::of(state.database.reader(), import).await?)?)
    }

    /// Prints what came of a file; answers 0 done, 1 failed, 2 needs approval.
    fn report(&self, file: &Path, import: &Value) -> anyhow::Result<u8> {
        let text = |name: &str| import.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let status = text("status");
        if self.json {
            println!("{}", serde_json::to_string_pretty(import)?);
        } else {
            let count =
                |name: &str| import.pointer(&format!("/counts/{name}")).and_then(Value::as_i64).unwrap_or(0);
            println!(
                "{}: import {} {status}: {} findings, {} created, {} updated, {} unchanged, {} reopened, {} vanished, {} rejected",
                file.display(),
                import.get("id").and_then(Value::as_i64).unwrap_or(0),
                count("findings"),
                count("created"),
                count("updated"),
                count("unchanged"),
                count("reopened"),
                count("vanished"),
                count("rejected"),
            );
        }
        if let Some(detail) = import.pointer("/problem/detail").and_then(Value::as_str) {
            eprintln!("abate: {}: {detail}", file.display());
        }
        Ok(match status.as_str() {
            status::APPLIED | status::PLANNED | status::COMPARED => 0,
            status::NEEDS_APPROVAL => 2,
            _ => 1,
        })
    }
}

enum Target {
    Local(Box<AppState>),
    Server(Remote),
}

async fn again(state: &AppState, id: i64) -> anyhow::Result<abate_entity::import::Model> {
    use sea_orm::EntityTrait as _;
    let import = abate_entity::import::Entity::find_by_id(id).one(state.database.reader()).await?;
    import.context("the import is gone")
}
