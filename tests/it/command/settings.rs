//! `abate check-config`, and what wrong settings do to every command.

use crate::harness::process::{command, finish};

#[tokio::test]
async fn check_config_prints_what_would_be_used_and_no_secret() {
    let mut check = command(&["check-config"]);
    let printed =
        finish(check.env("ABATE_ZONE", "Europe/Berlin").env("ABATE_SECRET_KEY", "hunter2".repeat(6)), "");
    let printed = printed.await.success();
    assert!(printed.contains("zone = \"Europe/Berlin\"  # variable"), "{printed}");
    assert!(printed.contains("listen = \"127.0.0.1:8080\"  # default"), "{printed}");
    assert!(printed.contains("secret_key = \"********\"  # variable"), "{printed}");
    assert!(!printed.contains("hunter2"), "{printed}");
    let file: toml::Table = toml::from_str(&printed).expect("it has the form of a settings file");
    assert_eq!(file["zone"].as_str(), Some("Europe/Berlin"));
}

#[tokio::test]
async fn check_config_prints_json() {
    let mut check = command(&["check-config", "--json", "--zone", "Asia/Tokyo"]);
    let printed: serde_json::Value =
        serde_json::from_str(&finish(&mut check, "").await.success()).expect("JSON");
    assert_eq!(printed["zone"], serde_json::json!({"value": "Asia/Tokyo", "origin": "flag"}));
}

/// Every command that reads the settings stops with exit code 2 and the name of what is wrong.
#[tokio::test]
async fn a_wrong_setting_stops_every_command_and_is_named() {
    for arguments in [&["check-config"][..], &["serve"], &["worker"], &["migrate"], &["healthcheck"]] {
        for (variable, value) in
            [("ABATE_JIRA__TOKN", "x"), ("ABATE_LISTEN", "eighty"), ("ABATE_ZONE", "Mars/Crater")]
        {
            let folder = tempfile::tempdir().expect("a folder");
            let mut stopped = command(arguments);
            let outcome = finish(stopped.current_dir(folder.path()).env(variable, value), "").await;
            assert_eq!(outcome.code, Some(2), "{arguments:?} {variable}: {}", outcome.stderr);
            assert!(outcome.stderr.contains(variable), "{arguments:?}: {}", outcome.stderr);
        }
    }
}

#[tokio::test]
async fn a_settings_file_is_read_and_its_mistakes_are_named() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("abate.toml"), "[slack]\nchanel = \"C1\"\n").expect("a file");
    let outcome = finish(command(&["check-config"]).current_dir(folder.path()), "").await;
    assert_eq!(outcome.code, Some(2));
    assert!(outcome.stderr.contains("slack.chanel; did you mean slack.channel?"), "{}", outcome.stderr);
}
