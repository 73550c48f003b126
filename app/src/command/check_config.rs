//! `abate check-config`: prints the settings as this process would use them, with secrets masked.

use std::process::ExitCode;

use serde_json::json;

use super::Settings;
use crate::config::{self, Setting};

/// What `abate check-config` takes beside the settings themselves.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  ABATE_ZONE=Europe/Berlin abate check-config")]
pub(super) struct Arguments {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Ends with 0 when `abate serve` would accept the settings, else with 2 and the key at fault.
pub(super) fn run(arguments: &Arguments, settings: &Settings) -> anyhow::Result<ExitCode> {
    let document = config::document(settings.file.as_deref(), settings.overrides.clone())?;
    document.config()?;
    if arguments.json {
        println!("{:#}", as_json(&document.settings()));
    } else {
        print!("{}", as_toml(&document.settings()));
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
