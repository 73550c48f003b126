//! What people write into the cells of a register, in our words.

/// A word in small letters, with nothing but letters and digits.
fn plain(text: &str) -> String {
    text.to_lowercase().chars().filter(|character| character.is_alphanumeric()).collect()
}

fn choice(text: &str, choices: &[(&'static str, &[&str])]) -> Result<&'static str, String> {
    let word = plain(text);
    let found =
        choices.iter().find(|(choice, words)| plain(choice) == word || words.contains(&word.as_str()));
    found.map(|(choice, _)| *choice).ok_or_else(|| {
        let known: Vec<&str> = choices.iter().map(|(choice, _)| *choice).collect();
        format!("{text:?} is not understood: use {}.", known.join(", "))
    })
}

pub(super) fn tier(text: &str) -> Result<&'static str, String> {
    choice(
        text,
        &[
            ("mission", &["missioncritical", "critical", "veryhigh", "tier0", "tier1"]),
            ("business", &["businesscritical", "high", "tier2"]),
            ("important", &["medium", "moderate", "tier3"]),
            ("other", &["low", "minor", "none", "tier4"]),
        ],
    )
}

pub(super) fn environment(text: &str) -> Result<&'static str, String> {
    choice(
        text,
        &[
            ("production", &["prod", "prd", "live"]),
            ("staging", &["stage", "stg", "preprod", "preproduction", "uat", "acceptance"]),
            ("testing", &["test", "qa"]),
            ("development", &["dev", "develop", "sandbox"]),
            ("shared", &["all"]),
        ],
    )
}

pub(super) fn responsible_party(text: &str) -> Result<&'static str, String> {
    choice(
        text,
        &[
            ("us", &["we", "own", "internal", "ourselves", "customer", "inhouse"]),
            ("provider", &["vendor", "supplier", "thirdparty", "external", "aws", "azure", "gcp"]),
            ("shared", &["both"]),
        ],
    )
}

pub(super) fn internet_facing(text: &str) -> Result<bool, String> {
    const YES: &[&str] = &[
        "yes",
        "y",
        "true",
        "1",
        "x",
        "internet",
        "internetfacing",
        "public",
        "external",
        "exposed",
        "facestheinternet",
    ];
    const NO: &[&str] = &["no", "n", "false", "0", "internal", "private", "none", "intranet", ""];
    let word = plain(text);
    if YES.contains(&word.as_str()) {
        Ok(true)
    } else if NO.contains(&word.as_str()) {
        Ok(false)
    } else {
        Err(format!("{text:?} is not understood: use yes or no."))
    }
}

/// Kinds that have other names; anything else stays as it is, in small letters with `_` for blanks.
pub(super) fn kind(text: &str) -> String {
    const OTHER_NAMES: &[(&str, &[&str])] = &[
        ("data_store", &["database", "db", "bucket", "storage", "datastore", "datawarehouse"]),
        ("application", &["app", "webapp", "webapplication", "website", "mobileapp"]),
        ("service", &["api", "microservice", "webservice"]),
        ("cloud_account", &["account", "awsaccount", "cloud", "cloudaccount", "subscription", "project"]),
        ("cluster", &["kubernetes", "k8s", "eks", "kubernetescluster"]),
        ("host", &["server", "vm", "virtualmachine", "instance", "workstation"]),
        ("image", &["container", "containerimage"]),
        ("repository", &["repo", "code", "sourcecode", "coderepository"]),
        ("pipeline", &["cicd", "build", "buildpipeline", "ci"]),
        ("identity", &["iam", "identityprovider", "idp", "users", "customeraccounts"]),
    ];
    let word = plain(text);
    if let Some((kind, _)) = OTHER_NAMES.iter().find(|(_, names)| names.contains(&word.as_str())) {
        return (*kind).to_owned();
    }
    let words: Vec<String> = text
        .to_lowercase()
        .split(|character: char| !character.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect();
    if words.is_empty() { "other".to_owned() } else { words.join("_") }
}

pub(super) fn rating(text: &str) -> Result<i16, String> {
    match text.parse::<i16>() {
        Ok(rating @ 1..=5) => Ok(rating),
        _ => Err(format!("{text:?} is not understood: use a number from 1 to 5.")),
    }
}

pub(super) fn days(text: &str) -> Result<i32, String> {
    let lower = text.to_lowercase();
    let number = lower.trim_end_matches("days").trim_end_matches("day").trim_end_matches('d').trim();
    match number.parse::<i32>() {
        Ok(days) if days > 0 => Ok(days),
        _ => Err(format!("{text:?} is not understood: use a number of days.")),
    }
}

/// Words with commas, semicolons, bars or line ends between them; blanks inside become dashes.
pub(super) fn list(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for word in text.split([',', ';', '|', '/', '\n']) {
        let word = word.to_lowercase().split_whitespace().collect::<Vec<_>>().join("-");
        if !word.is_empty() && !words.contains(&word) {
            words.push(word);
        }
    }
    words
}
