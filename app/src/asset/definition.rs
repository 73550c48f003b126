//! What the register says of an asset: all that a person, a form or a file can change.

use abate_entity::asset;
use abate_entity::tier::Tier;
use sea_orm::ActiveValue::Set;
use serde_json::{Value, json};

use crate::platform::problem::{FieldProblem, Problem};

/// Kinds that forms offer; a workshop or a file may use others.
pub const KINDS: [&str; 11] = [
    "application",
    "service",
    "data_store",
    "cloud_account",
    "cluster",
    "host",
    "image",
    "repository",
    "pipeline",
    "identity",
    "other",
];
/// Where an asset runs; nothing when nobody said.
pub const ENVIRONMENTS: [&str; 5] = ["production", "staging", "testing", "development", "shared"];
/// Who has to act on an asset.
pub const PARTIES: [&str; 3] = ["us", "provider", "shared"];

/// Longest name, in characters.
const LONGEST_NAME: usize = 300;
/// Longest description, in characters.
const LONGEST_DESCRIPTION: usize = 10_000;
/// Longest word, in characters.
const LONGEST_WORD: usize = 60;
/// Most words in a list.
const MOST_WORDS: usize = 30;
/// Longest lifetime, in days.
const LONGEST_LIFE: i32 = 3_650;

/// What the register says of an asset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Definition {
    /// Name shown to people.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// One of [`KINDS`], or another word.
    pub kind: String,
    /// How much depends on it.
    pub tier: Tier,
    /// Classes of data it holds.
    pub data_classes: Vec<String>,
    /// Whether strangers can reach it.
    pub internet_facing: bool,
    /// One of [`ENVIRONMENTS`], or empty.
    pub environment: String,
    /// Confidentiality, integrity and availability, 1 to 5.
    pub ratings: [Option<i16>; 3],
    /// Who answers for it.
    pub team_id: i64,
    /// The person who answers for it.
    pub owner_id: Option<i64>,
    /// One of [`PARTIES`].
    pub responsible_party: String,
    /// Words to find it by.
    pub tags: Vec<String>,
    /// How long it is expected to live without being seen.
    pub lifetime_days: Option<i32>,
}

impl Definition {
    /// A definition that says no more than who answers for it.
    #[must_use]
    pub fn new(team_id: i64) -> Self {
        Self {
            name: String::new(),
            description: String::new(),
            kind: "other".to_owned(),
            tier: Tier::Other,
            data_classes: Vec::new(),
            internet_facing: false,
            environment: String::new(),
            ratings: [None; 3],
            team_id,
            owner_id: None,
            responsible_party: "us".to_owned(),
            tags: Vec::new(),
            lifetime_days: None,
        }
    }

    /// What the register says now.
    #[must_use]
    pub fn of(asset: &asset::Model) -> Self {
        Self {
            name: asset.name.clone(),
            description: asset.description.clone(),
            kind: asset.kind.clone(),
            tier: asset.tier,
            data_classes: words(&asset.data_classes),
            internet_facing: asset.internet_facing,
            environment: asset.environment.clone(),
            ratings: [asset.confidentiality, asset.integrity, asset.availability],
            team_id: asset.team_id,
            owner_id: asset.owner_id,
            responsible_party: asset.responsible_party.clone(),
            tags: words(&asset.tags),
            lifetime_days: asset.lifetime_days,
        }
    }

    /// Puts it into a row.
    pub(in crate::asset) fn write(&self, row: &mut asset::ActiveModel) {
        row.name = Set(self.name.trim().to_owned());
        row.description = Set(self.description.trim().to_owned());
        row.kind = Set(self.kind.clone());
        row.tier = Set(self.tier);
        row.data_classes = Set(self.data_classes.join(" "));
        row.internet_facing = Set(self.internet_facing);
        row.environment = Set(self.environment.clone());
        row.confidentiality = Set(self.ratings[0]);
        row.integrity = Set(self.ratings[1]);
        row.availability = Set(self.ratings[2]);
        row.team_id = Set(self.team_id);
        row.owner_id = Set(self.owner_id);
        row.responsible_party = Set(self.responsible_party.clone());
        row.tags = Set(self.tags.join(" "));
        row.lifetime_days = Set(self.lifetime_days);
    }

    /// The fields in which it differs from another.
    #[must_use]
    pub fn differences(&self, other: &Self) -> Vec<&'static str> {
        let fields = [
            ("name", self.name.trim() != other.name.trim()),
            ("description", self.description.trim() != other.description.trim()),
            ("kind", self.kind != other.kind),
            ("tier", self.tier != other.tier),
            ("data_classes", self.data_classes != other.data_classes),
            ("internet_facing", self.internet_facing != other.internet_facing),
            ("environment", self.environment != other.environment),
            ("confidentiality", self.ratings[0] != other.ratings[0]),
            ("integrity", self.ratings[1] != other.ratings[1]),
            ("availability", self.ratings[2] != other.ratings[2]),
            ("team", self.team_id != other.team_id),
            ("owner", self.owner_id != other.owner_id),
            ("responsible_party", self.responsible_party != other.responsible_party),
            ("tags", self.tags != other.tags),
            ("lifetime_days", self.lifetime_days != other.lifetime_days),
        ];
        fields.into_iter().filter(|(_, differs)| *differs).map(|(name, _)| name).collect()
    }

    /// What it says in a field, for the audit log.
    #[must_use]
    pub fn value(&self, field: &str) -> Value {
        match field {
            "name" => json!(self.name),
            "description" => json!(self.description),
            "kind" => json!(self.kind),
            "tier" => json!(self.tier),
            "data_classes" => json!(self.data_classes),
            "internet_facing" => json!(self.internet_facing),
            "environment" => json!(self.environment),
            "confidentiality" => json!(self.ratings[0]),
            "integrity" => json!(self.ratings[1]),
            "availability" => json!(self.ratings[2]),
            "team" => json!(self.team_id),
            "owner" => json!(self.owner_id),
            "responsible_party" => json!(self.responsible_party),
            "tags" => json!(self.tags),
            "lifetime_days" => json!(self.lifetime_days),
            _ => Value::Null,
        }
    }

    /// What is wrong with it, field by field.
    #[must_use]
    pub fn wrong(&self) -> Vec<FieldProblem> {
        let mut wrong = Vec::new();
        let mut add = |bad: bool, field: &str, detail: String| {
            if bad {
                wrong.push(FieldProblem::new(field, detail));
            }
        };
        let name = self.name.trim();
        add(
            name.is_empty() || name.chars().count() > LONGEST_NAME || name.chars().any(char::is_control),
            "name",
            format!("Give the asset a name of 1 to {LONGEST_NAME} characters on one line."),
        );
        add(
            self.description.chars().count() > LONGEST_DESCRIPTION || self.description.contains('\0'),
            "description",
            format!("Use at most {LONGEST_DESCRIPTION} characters, and no NUL."),
        );
        let kind = &self.kind;
        add(
            !is_word(kind) || kind.chars().any(char::is_uppercase),
            "kind",
            format!("Use one of {}, or another word in small letters.", KINDS.join(", ")),
        );
        for (field, list) in [("data_classes", &self.data_classes), ("tags", &self.tags)] {
            add(
                list.len() > MOST_WORDS || !list.iter().all(|word| is_word(word)),
                field,
                format!(
                    "Use at most {MOST_WORDS} words without blanks, each of at most {LONGEST_WORD} characters."
                ),
            );
        }
        add(
            !self.environment.is_empty() && !ENVIRONMENTS.contains(&self.environment.as_str()),
            "environment",
            format!("Use one of {}, or leave it empty.", ENVIRONMENTS.join(", ")),
        );
        add(
            !PARTIES.contains(&self.responsible_party.as_str()),
            "responsible_party",
            format!("Use one of {}.", PARTIES.join(", ")),
        );
        for (field, rating) in ["confidentiality", "integrity", "availability"].into_iter().zip(self.ratings)
        {
            let beyond = rating.is_some_and(|rating| !(1..=5).contains(&rating));
            add(beyond, field, "Use 1 to 5.".to_owned());
        }
        add(
            self.lifetime_days.is_some_and(|days| !(1..=LONGEST_LIFE).contains(&days)),
            "lifetime_days",
            format!("Use 1 to {LONGEST_LIFE} days, or leave it empty for what stays."),
        );
        wrong
    }

    /// Refuses what cannot be.
    ///
    /// # Errors
    /// 422 naming each field that is wrong.
    pub fn check(&self) -> Result<(), Problem> {
        let wrong = self.wrong();
        if wrong.is_empty() { Ok(()) } else { Err(Problem::all_invalid(wrong)) }
    }
}

/// The words of a list that is kept or written with blanks, commas or semicolons between them, in small letters.
#[must_use]
pub fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for word in text.split([' ', ',', ';', '\n', '\r', '\t']).filter(|word| !word.is_empty()) {
        let word = word.to_lowercase();
        if !words.contains(&word) {
            words.push(word);
        }
    }
    words
}

fn is_word(word: &str) -> bool {
    let length = word.chars().count();
    (1..=LONGEST_WORD).contains(&length)
        && !word.chars().any(|character| character.is_whitespace() || character.is_control())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_wrong_field_is_named() {
        let good = Definition { name: "Ledger".to_owned(), ..Definition::new(1) };
        assert!(good.wrong().is_empty());
        let bad = Definition {
            name: " ".to_owned(),
            kind: "Two words".to_owned(),
            environment: "moon".to_owned(),
            responsible_party: String::new(),
            ratings: [Some(0), Some(3), Some(6)],
            data_classes: vec!["a b".to_owned()],
            lifetime_days: Some(0),
            ..Definition::new(1)
        };
        let fields: Vec<String> = bad.wrong().into_iter().map(|wrong| wrong.field).collect();
        let expected = [
            "name",
            "kind",
            "data_classes",
            "environment",
            "responsible_party",
            "confidentiality",
            "availability",
            "lifetime_days",
        ];
        assert_eq!(fields, expected);
    }

    #[test]
    fn a_definition_differs_where_it_says_something_else() {
        let one = Definition { name: "Ledger".to_owned(), ..Definition::new(1) };
        let other = Definition { tier: Tier::Mission, tags: words("A, b;a"), ..one.clone() };
        assert_eq!(one.differences(&one), Vec::<&str>::new());
        assert_eq!(other.differences(&one), ["tier", "tags"]);
        assert_eq!(other.tags, ["a", "b"]);
    }
}
