//! The three sources merged, each value with where it came from; nothing is checked yet but that the key exists.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use figment::providers::{Format as _, Toml};
use figment::value::{Dict, Map, Value};
use figment::{Figment, Metadata, Profile, Provider};
use secrecy::SecretString;
use url::Url;

use super::key::RESERVED_VARIABLES;
use super::{ConfigError, KEYS, Key, Overrides, secret};

const VARIABLE: &str = "variable";
const FLAG: &str = "flag";

/// The merged settings.
#[derive(Clone)]
pub struct Document {
    values: BTreeMap<String, Given>,
}

#[derive(Clone)]
struct Given {
    text: String,
    origin: Origin,
}

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Origin {
    /// The settings file.
    File,
    /// A variable of the process.
    Variable,
    /// A flag of the command.
    Flag,
    /// Nobody set it.
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::File => "file",
            Self::Variable => "variable",
            Self::Flag => "flag",
            Self::Default => "default",
        })
    }
}

/// One line of `abate check-config`: safe to show.
#[derive(Debug, Clone)]
pub struct Setting {
    /// The key.
    pub key: &'static Key,
    /// Its value, masked where it is a secret; none where it has neither a value nor a default.
    pub value: Option<String>,
    /// Where the value came from.
    pub origin: Origin,
}

/// Pairs that did not come from a file: variables or flags, always text, so that a token made of digits stays one.
struct Pairs {
    name: &'static str,
    pairs: Vec<(String, String)>,
}

impl Provider for Pairs {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.name)
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        let mut root = Dict::new();
        for (name, text) in &self.pairs {
            let value = Value::from(text.as_str());
            match name.split_once('.') {
                None => {
                    root.insert(name.clone(), value);
                }
                Some((section, rest)) => {
                    let section = root.entry(section.to_owned()).or_insert_with(|| Value::from(Dict::new()));
                    if let Value::Dict(_, section) = section {
                        section.insert(rest.to_owned(), value);
                    }
                }
            }
        }
        Ok(Profile::Default.collect(root))
    }
}

impl Document {
    /// Merges the settings file, `variables` and `overrides`. Only variables that start with `ABATE_` count; an
    /// empty one counts as absent, as compose files write them.
    pub fn read(
        file: Option<&Path>,
        variables: impl IntoIterator<Item = (String, String)>,
        overrides: Overrides,
    ) -> Result<Self, ConfigError> {
        let mut named_file = file.map(Path::to_owned);
        let mut pairs = Vec::new();
        for (name, text) in variables {
            if text.is_empty() {
                continue;
            }
            if name == "ABATE_CONFIG" && file.is_none() {
                named_file = Some(PathBuf::from(text));
            } else if let Some(rest) = name.strip_prefix("ABATE_")
                && !RESERVED_VARIABLES.contains(&name.as_str())
            {
                pairs.push((rest.to_lowercase().replace("__", "."), text));
            }
        }
        Self::merge(file_text(named_file.as_deref())?.as_deref(), pairs, overrides)
    }

    /// Takes `overrides` and nothing else: no file, no variable.
    ///
    /// # Errors
    /// For a flag that cannot be read.
    pub fn alone(overrides: Overrides) -> Result<Self, ConfigError> {
        Self::merge(None, Vec::new(), overrides)
    }

    fn merge(
        file: Option<&str>,
        pairs: Vec<(String, String)>,
        overrides: Overrides,
    ) -> Result<Self, ConfigError> {
        let mut figment = Figment::new();
        if let Some(text) = file {
            figment = figment.merge(Toml::string(text));
        }
        let flags = overrides.given().map(|(key, value)| (key.to_owned(), value)).collect();
        figment = figment.merge(Pairs { name: VARIABLE, pairs }).merge(Pairs { name: FLAG, pairs: flags });
        Self::flatten(&figment)
    }

    fn flatten(figment: &Figment) -> Result<Self, ConfigError> {
        let root: Value = figment.extract().map_err(|error| ConfigError::Malformed(error.to_string()))?;
        let mut values = BTreeMap::new();
        let mut open = vec![(String::new(), root)];
        while let Some((name, value)) = open.pop() {
            let origin = match figment.get_metadata(value.tag()).map(|metadata| metadata.name.as_ref()) {
                Some(VARIABLE) => Origin::Variable,
                Some(FLAG) => Origin::Flag,
                _ => Origin::File,
            };
            if let Value::Dict(_, members) = value {
                let prefix = if name.is_empty() { name } else { format!("{name}.") };
                open.extend(members.into_iter().map(|(member, value)| (format!("{prefix}{member}"), value)));
                continue;
            }
            if !is_known(&name) {
                return Err(ConfigError::UnknownKey {
                    suggestion: nearest(&name).map(|key| spelled(key, &origin)),
                    key: spelled(&name, &origin),
                });
            }
            let text = text_of(&value).ok_or_else(|| ConfigError::BadValue {
                key: spelled(&name, &origin),
                problem: "must be text, or a list of texts".to_owned(),
            })?;
            values.insert(name, Given { text, origin });
        }
        Ok(Self { values })
    }

    /// Whether any key of the section is set.
    pub(crate) fn has_section(&self, section: &str) -> bool {
        self.values.keys().any(|key| key.strip_prefix(section).is_some_and(|rest| rest.starts_with('.')))
    }

    /// The text of a key that is no secret: what was set, else its default.
    pub(crate) fn text(&self, key: &str) -> Option<&str> {
        let default = || Key::find(key).and_then(|key| key.default);
        self.values.get(key).map(|given| given.text.as_str()).or_else(default)
    }

    /// The value of a key, parsed; `expected` ends the sentence "must be …".
    pub(crate) fn parse<T: FromStr>(&self, key: &str, expected: &str) -> Result<Option<T>, ConfigError> {
        let parse =
            |text: &str| text.parse().map_err(|_| self.bad(key, format!("must be {expected}, not {text:?}")));
        self.text(key).map(parse).transpose()
    }

    /// An address of the web, with neither credentials nor a query in it.
    pub(crate) fn web_address(&self, key: &str) -> Result<Option<Url>, ConfigError> {
        let expected = "an address as in https://abate.example.org";
        let Some(url) = self.parse::<Url>(key, expected)? else { return Ok(None) };
        let plain = url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none()
            && url.fragment().is_none()
            && url.has_host();
        if plain && matches!(url.scheme(), "http" | "https") {
            Ok(Some(url))
        } else {
            Err(self.bad(key, format!("must be {expected}, without user, query and fragment")))
        }
    }

    /// The parts of a list with commas between.
    pub(crate) fn list(&self, key: &str) -> impl Iterator<Item = &str> {
        self.text(key).unwrap_or_default().split(',').map(str::trim).filter(|part| !part.is_empty())
    }

    /// The value of a secret key, or the content of the file that its `…_file` names, without trailing newlines.
    pub(crate) fn secret(&self, key: &str) -> Result<Option<SecretString>, ConfigError> {
        let file_key = format!("{key}_file");
        match (self.values.get(key), self.values.get(&file_key)) {
            (Some(_), Some(_)) => Err(self.bad(&file_key, format!("set either this or {key}, not both"))),
            (None, Some(file)) => secret::from_file(Path::new(&file.text))
                .map(Some)
                .map_err(|problem| self.bad(&file_key, problem)),
            _ => Ok(self.text(key).map(SecretString::from)),
        }
    }

    /// Something is wrong with the value of `key`.
    pub(crate) fn bad(&self, key: &str, problem: impl Into<String>) -> ConfigError {
        let origin = self.values.get(key).map_or(Origin::File, |given| given.origin.clone());
        ConfigError::BadValue { key: spelled(key, &origin), problem: problem.into() }
    }

    /// `key` is needed, because …
    pub(crate) fn missing(&self, key: &str, because: impl Into<String>) -> ConfigError {
        let variable = Key::find(key).map(Key::variable).unwrap_or_default();
        ConfigError::Missing { key: key.to_owned(), variable, because: because.into() }
    }

    /// Every key with its value, masked where it is a secret.
    pub fn settings(&self) -> Vec<Setting> {
        KEYS.iter().map(|key| self.setting(key)).collect()
    }

    fn setting(&self, key: &'static Key) -> Setting {
        let file = self.values.get(&format!("{}_file", key.name));
        let origin = self.values.get(key.name).or(file).map_or(Origin::Default, |given| given.origin.clone());
        let value = match (key.secret, file) {
            (true, Some(file)) => Some(format!("{} (from {})", secret::MASK, file.text)),
            (true, None) => self.text(key.name).map(secret::masked),
            (false, _) => self.text(key.name).map(str::to_owned),
        };
        Setting { key, value, origin }
    }
}

impl fmt::Debug for Document {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_list().entries(self.settings()).finish()
    }
}

fn file_text(named: Option<&Path>) -> Result<Option<String>, ConfigError> {
    let path = named.unwrap_or(Path::new("abate.toml"));
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if named.is_none() && error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(cause) => Err(ConfigError::Unreadable { path: path.to_owned(), cause }),
    }
}

fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(_, text) => Some(text.clone()),
        Value::Char(_, character) => Some(character.to_string()),
        Value::Bool(_, truth) => Some(truth.to_string()),
        Value::Num(_, number) => {
            number.to_i128().map(|n| n.to_string()).or_else(|| number.to_f64().map(|n| n.to_string()))
        }
        Value::Array(_, parts) => parts.iter().map(text_of).collect::<Option<Vec<_>>>().map(|p| p.join(",")),
        Value::Empty(..) | Value::Dict(..) => None,
    }
}

fn is_known(name: &str) -> bool {
    let of_file = name.strip_suffix("_file").and_then(Key::find).is_some_and(|key| key.secret);
    of_file || Key::find(name).is_some()
}

/// The key as whoever set it would write it.
fn spelled(name: &str, origin: &Origin) -> String {
    match origin {
        Origin::Variable => format!("ABATE_{}", name.to_uppercase().replace('.', "__")),
        Origin::Flag => format!("--{}", name.replace(['.', '_'], "-")),
        Origin::File | Origin::Default => name.to_owned(),
    }
}

/// The key that shares the longest beginning and end with the unknown one, if that is most of it.
fn nearest(unknown: &str) -> Option<&'static str> {
    let shared = |name: &str| {
        let same = |pair: &(char, char)| pair.0 == pair.1;
        let beginning = name.chars().zip(unknown.chars()).take_while(same).count();
        let end = name.chars().rev().zip(unknown.chars().rev()).take_while(same).count();
        (beginning + end).min(name.chars().count())
    };
    let best = KEYS.iter().max_by_key(|key| shared(key.name))?;
    let longest = best.name.chars().count().max(unknown.chars().count());
    (shared(best.name) * 3 >= longest * 2).then_some(best.name)
}
