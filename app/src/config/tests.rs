use std::fs;

use proptest::prelude::*;
use secrecy::ExposeSecret as _;

use super::*;

fn read(toml: &str, variables: &[(&str, &str)], overrides: Overrides) -> Result<Document, ConfigError> {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("abate.toml");
    fs::write(&file, toml).expect("a file");
    let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Document::read(Some(&file), variables, overrides)
}

fn config(toml: &str, variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
    read(toml, variables, Overrides::default())?.config()
}

fn problem(toml: &str, variables: &[(&str, &str)]) -> String {
    config(toml, variables).expect_err("settings that cannot be used").to_string()
}

const JIRA: &str = "[jira]\nurl = \"https://example.atlassian.net\"\nemail = \"a@example.org\"\n\
                    token = \"hunter2-jira\"\nproject = \"SEC\"\n";

#[test]
fn nothing_set_gives_the_defaults() {
    let config = config("", &[]).expect("defaults");
    assert_eq!(config.database.kind, DatabaseKind::Sqlite);
    assert_eq!(config.database.sqlite_path().unwrap().to_str(), Some("abate.db"));
    assert_eq!(config.web.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(config.web.base_url.as_str(), "http://127.0.0.1:8080/");
    assert_eq!(config.organisation.zone, chrono_tz::UTC);
    assert!(config.jira.is_none() && config.slack.is_none() && config.smtp.is_none());
}

#[test]
fn a_variable_wins_over_the_file_and_a_flag_over_both() {
    let toml = "zone = \"Europe/Berlin\"\nlisten = \"127.0.0.1:1\"\nbase_url = \"https://file.example.org\"";
    let variables = [("ABATE_LISTEN", "127.0.0.1:2"), ("ABATE_BASE_URL", "https://variable.example.org")];
    let flags = Overrides { base_url: Some("https://flag.example.org".to_owned()), ..Overrides::default() };
    let document = read(toml, &variables, flags).expect("settings");
    let config = document.config().expect("settings");
    assert_eq!(config.organisation.zone, chrono_tz::Europe::Berlin);
    assert_eq!(config.web.listen.port(), 2);
    assert_eq!(config.web.base_url.host_str(), Some("flag.example.org"));
    let origin = |name: &str| document.settings().into_iter().find(|s| s.key.name == name).unwrap().origin;
    assert_eq!(origin("zone"), Origin::File);
    assert_eq!(origin("listen"), Origin::Variable);
    assert_eq!(origin("base_url"), Origin::Flag);
    assert_eq!(origin("log"), Origin::Default);
}

#[test]
fn a_variable_reaches_into_a_section_of_the_file() {
    let config =
        config(JIRA, &[("ABATE_JIRA__PROJECT", "12345"), ("ABATE_JIRA__KIND", "data_center")]).unwrap();
    let jira = config.jira.expect("jira");
    assert_eq!((jira.project.as_str(), jira.kind), ("12345", JiraKind::DataCenter));
    assert_eq!(jira.api_url.as_str(), "https://example.atlassian.net/");
}

#[test]
fn data_center_has_a_limit_of_its_own_and_signs_in_with_a_token_alone() {
    let server = JIRA.replace("email = \"a@example.org\"\n", "kind = \"data_center\"\n");
    let jira = |toml: &str| config(toml, &[]).map(|config| config.jira.expect("jira"));
    let unset = jira(&server).unwrap();
    assert_eq!((unset.text_limit, unset.email), (32_767, None));
    assert_eq!(jira(&format!("{server}text_limit = 65534\n")).unwrap().text_limit, 65_534);
    assert!(jira(&format!("{server}text_limit = 10\n")).is_err());
    assert!(jira(&format!("{JIRA}text_limit = 65534\n")).is_err());
}

#[test]
fn an_unknown_key_is_named_as_it_was_written() {
    assert_eq!(
        problem("", &[("ABATE_JIRA__TOKN", "x")]),
        "unknown key ABATE_JIRA__TOKN; did you mean ABATE_JIRA__TOKEN?"
    );
    assert_eq!(problem("[jira]\nprojct = \"x\"", &[]), "unknown key jira.projct; did you mean jira.project?");
    assert_eq!(problem("[kafka]\nbroker = \"x\"", &[]), "unknown key kafka.broker");
    // Only a secret may come from a file.
    assert!(problem("zone_file = \"x\"", &[]).contains("zone_file"));
}

#[test]
fn a_bad_value_is_named_with_what_would_be_right() {
    for (toml, variables, expected) in [
        ("", &[("ABATE_LISTEN", "8080")][..], "ABATE_LISTEN: must be an address and a port"),
        ("zone = \"Berlin\"", &[], "zone: must be a time zone"),
        ("zone = { city = \"Berlin\" }", &[], "unknown key zone.city"),
        ("log = \"=\"", &[], "log: must be a level"),
        ("log_format = \"xml\"", &[], "log_format: must be auto, text or json"),
        ("base_url = \"https://user@example.org\"", &[], "base_url: must be"),
        ("base_url = \"https://example.org/abate\"", &[], "base_url: must have no path"),
        ("database_url = \"mysql://u:hunter2@h/n\"", &[], "database_url: must be sqlite://PATH or"),
        ("database_url = \"postgres://u:hunter2@h\"", &[], "database_url: must be sqlite://PATH or"),
        ("secret_key = \"hunter2\"", &[], "secret_key: must have at least 32 characters"),
        ("trusted_proxies = \"10.0.0.0/99\"", &[], "trusted_proxies: \"10.0.0.0/99\" is no network"),
        ("outgoing_allow = [\"a b\"]", &[], "outgoing_allow: \"a b\" is neither"),
        ("", &[("ABATE_SLACK__BOT_TOKEN", "hunter2")], "ABATE_SLACK__BOT_TOKEN: must start with xoxb-"),
        ("[smtp]\nurl = \"https://u:hunter2@h\"", &[], "smtp.url: must be smtps://"),
        ("[smtp]\nurl = \"smtp://h\"\nfrom = \"x\"", &[], "smtp.from: must be a mail address"),
        ("[jira]\nkind = \"server\"\nurl = \"https://h\"", &[], "jira.kind: must be cloud or data_center"),
    ] {
        let problem = problem(toml, variables);
        assert!(problem.starts_with(expected), "{problem:?} should start with {expected:?}");
        assert!(!problem.contains("hunter2"), "{problem:?} tells a secret");
    }
}

#[test]
fn a_section_that_is_half_set_names_what_is_missing() {
    for (toml, expected) in [
        ("[jira]\nproject = \"SEC\"", "jira.url is missing"),
        ("[jira]\nurl = \"https://h\"", "jira.email is missing"),
        ("[jira]\nurl = \"https://h\"\nkind = \"data_center\"", "jira.token is missing"),
        ("[slack]\nbot_token = \"xoxb-1\"", "slack.signing_secret is missing"),
        ("[slack]\nchannel = \"C1\"", "slack.bot_token is missing"),
        ("[smtp]\nfrom = \"a@example.org\"", "smtp.url is missing"),
        ("database_url = \"postgres://u:p@h/n\"", "secret_key is missing"),
    ] {
        let problem = problem(toml, &[]);
        assert!(problem.starts_with(expected), "{problem:?} should start with {expected:?}");
    }
}

#[test]
fn a_secret_can_come_from_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    fs::write(&file, "from the file\n").unwrap();
    let file = file.to_str().unwrap();
    let without_token = JIRA.replace("token = \"hunter2-jira\"\n", "");
    let config = config(&without_token, &[("ABATE_JIRA__TOKEN_FILE", file)]).expect("settings");
    assert_eq!(config.jira.unwrap().token.expose_secret(), "from the file");

    assert!(
        problem(JIRA, &[("ABATE_JIRA__TOKEN_FILE", file)]).starts_with("ABATE_JIRA__TOKEN_FILE: set either")
    );
    let absent = [("ABATE_JIRA__TOKEN_FILE", "/nowhere/token")];
    assert!(
        problem(&without_token, &absent).starts_with("ABATE_JIRA__TOKEN_FILE: cannot read /nowhere/token")
    );
    fs::write(file, "\n").unwrap();
    assert!(problem(&without_token, &[("ABATE_JIRA__TOKEN_FILE", file)]).contains("is empty"));
}

#[test]
fn no_secret_is_shown() {
    let toml = format!(
        "database_url = \"postgres://abate:hunter2-database@db/abate\"\n\
         secret_key = \"hunter2-key-that-is-long-enough-to-pass\"\n{JIRA}webhook_secret = \"hunter2-hook\"\n\
         [slack]\nbot_token = \"xoxb-hunter2\"\nsigning_secret = \"hunter2-sign\"\napp_token = \"xapp-hunter2\"\n\
         [smtp]\nurl = \"smtps://abate:hunter2-mail@mail.example.org\"\nfrom = \"abate@example.org\"\n"
    );
    let document = read(&toml, &[], Overrides::default()).unwrap();
    let config = document.config().unwrap();
    for shown in [format!("{config:?}"), format!("{document:?}"), format!("{:?}", document.settings())] {
        assert!(!shown.contains("hunter2"), "{shown}");
    }
    let database =
        document.settings().into_iter().find(|setting| setting.key.name == "database_url").unwrap();
    assert_eq!(database.value.unwrap(), "postgres://abate:********@db/abate");
}

#[test]
fn an_empty_variable_counts_as_absent_and_a_reserved_one_is_no_setting() {
    let variables = [("ABATE_SLACK__BOT_TOKEN", ""), ("ABATE_TOKEN", "abt_1"), ("OTHER", "x")];
    assert!(config("", &variables).unwrap().slack.is_none());
}

#[test]
fn what_the_operator_configured_may_be_reached() {
    let config =
        config(&JIRA.replace("https://example.atlassian.net", "https://10.0.0.7:8443"), &[]).unwrap();
    assert_eq!(config.outgoing.allow[0].to_string(), "10.0.0.7/32");
}

#[test]
fn a_named_file_that_is_absent_stops() {
    let error = load(Some(Path::new("/nowhere/abate.toml")), Overrides::default()).unwrap_err();
    assert!(error.to_string().contains("/nowhere/abate.toml"));
    assert!(problem("zone = ", &[]).contains("not valid TOML"));
}

#[test]
fn each_key_is_listed_once() {
    let mut names: Vec<_> = KEYS.iter().map(|key| key.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), KEYS.len());
}

#[test]
fn each_key_is_documented() {
    let page = include_str!("../../../docs/configuration.md");
    for key in KEYS {
        let marker = if key.secret { " (secret)" } else { "" };
        assert!(
            page.contains(&format!("| `{}`{marker} |", key.name)),
            "{} in docs/configuration.md",
            key.name
        );
    }
}

proptest! {
    /// Whatever stands in a variable, the answer is settings or a message that names the variable.
    #[test]
    fn any_text_in_any_variable_is_an_answer(index in 0..KEYS.len(), text in "\\PC{0,40}") {
        let variable = KEYS[index].variable();
        if let Err(error) = config("", &[(&variable, &text)]) {
            let message = error.to_string();
            prop_assert!(message.contains(&variable) || message.contains(" is missing: "), "{}", message);
        }
    }
}
