//! `abate check-config`: prints the settings as this process would use them, with secrets masked.

use std::path::Path;
use std::process::ExitCode;

use serde_json::json;

use crate::config::{self, ConfigError, Overrides, Setting};

/// What `abate check-config` takes beside the settings themselves.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  ABATE_ZONE=Europe/Berlin abate check-config")]
pub(crate) struct Arguments {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Ends with 0 when `abate serve` would accept the settings, else with 2 and the key at fault.
#[expect(clippy::print_stdout, clippy::print_stderr, reason = "a command's answer goes to the terminal")]
pub(crate) async fn run(
    arguments: Arguments,
    file: Option<&Path>,
    overrides: Overrides,
) -> anyhow::Result<ExitCode> {
    let checked = config::document(file, overrides).and_then(|document| {
        document.config()?;
        Ok(document.settings())
    });
    match checked {
        Ok(settings) if arguments.json => println!("{:#}", as_json(&settings)),
        Ok(settings) => print!("{}", as_toml(&settings)),
        Err(error) => {
            eprintln!("abate: {error}");
            return Ok(ExitCode::from(ConfigError::EXIT_CODE));
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn as_json(settings: &[Setting]) -> serde_json::Value {
    let entry = |setting: &Setting| {
        (setting.key.name.to_owned(), json!({ "value": setting.value, "origin": setting.origin.to_string() }))
    };
    settings.iter().map(entry).collect::<serde_json::Map<_, _>>().into()
}

/// In the form of `abate.toml`, so that it can be the start of one; what is not set stands as a comment.
fn as_toml(settings: &[Setting]) -> String {
    let mut text = String::new();
    let mut section = "";
    for setting in settings {
        let (own_section, name) = setting.key.name.split_once('.').unwrap_or(("", setting.key.name));
        if own_section != section {
            section = own_section;
            text.push_str(&format!("\n[{section}]\n"));
        }
        match &setting.value {
            Some(value) => {
                let value = toml::Value::from(value.as_str());
                text.push_str(&format!("{name} = {value}  # {}\n", setting.origin));
            }
            None => text.push_str(&format!("# {name}: {}\n", setting.key.help)),
        }
    }
    text
}
