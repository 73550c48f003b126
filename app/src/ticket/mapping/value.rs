//! Makes the value of a field: what a mapping says of a risk, in the form that the field takes. What does not fit is left
//! out with the reason and is never sent as something else.

use abate_integrations::jira::{CreateField, Document, FieldKind, FieldValue};
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};

use super::known::Known;
use super::model::Source;
use crate::ticket::about::About;

/// What is said, before the field is looked at.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Said {
    /// What somebody has written into the mapping: of fields with choices, the name of one; of people, an account.
    Fixed(String),
    /// A text of the risk.
    Text(String),
    /// Several texts.
    List(Vec<String>),
    /// A number.
    Number(i16),
    /// A day.
    Day(NaiveDate),
    /// A person of ours.
    Person(i64),
    /// The risk has no such thing.
    Nothing,
    /// It is not told of a confidential risk.
    Withheld,
}

/// What becomes of it in a field.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Outcome {
    /// This is sent.
    Value(FieldValue),
    /// There is nothing to say.
    Nothing,
    /// It is left out, for this reason.
    LeftOut(String),
}

/// What a source says of a risk.
pub(super) fn say(source: &Source, about: &About, known: &Known) -> Said {
    if about.confidential && !source.is_harmless() {
        return Said::Withheld;
    }
    let facts = &about.facts;
    match source {
        Source::Fixed(text) => Said::Fixed(text.clone()),
        Source::Level => Said::Text(about.level.to_string()),
        Source::Score => facts.score.map_or(Said::Nothing, Said::Number),
        Source::DueDate => about.due_on.map_or(Said::Nothing, Said::Day),
        Source::RiskKey => Said::Text(about.key.clone()),
        Source::Asset => facts.asset.clone().map_or(Said::Nothing, Said::Text),
        Source::Team => {
            facts.team.and_then(|team| known.teams.get(&team)).cloned().map_or(Said::Nothing, Said::Text)
        }
        Source::Owner => facts.owner.map_or(Said::Nothing, Said::Person),
        Source::Cve => {
            let risks = facts.risks.iter().filter_map(|risk| known.vulnerabilities.get(risk));
            let mut list: Vec<String> = risks.flatten().cloned().collect();
            list.sort();
            list.dedup();
            if list.is_empty() { Said::Nothing } else { Said::List(list) }
        }
        Source::Link => Said::Text(about.page.clone()),
    }
}

/// A fixed text as the value of a field, where it fits.
#[must_use]
pub(crate) fn fixed(text: &str, field: &CreateField) -> Option<FieldValue> {
    match fit(&Said::Fixed(text.to_owned()), field, &Known::default(), None) {
        Outcome::Value(value) => Some(value),
        _ => None,
    }
}

/// Brings what is said into the form of a field; `fallback` is the account of somebody who has none.
pub(super) fn fit(said: &Said, field: &CreateField, known: &Known, fallback: Option<&str>) -> Outcome {
    let name = &field.name;
    let out = |text: String| Outcome::LeftOut(text);
    match said {
        Said::Nothing => return Outcome::Nothing,
        Said::Withheld => return out(format!("The risk is confidential, so {name} is not told.")),
        _ => {}
    }
    match field.kind {
        FieldKind::Option => {
            let text = words(said, known);
            match choice(field, &text) {
                Some(id) => Outcome::Value(FieldValue::Option(id)),
                None => out(format!("{name} offers no \"{text}\".")),
            }
        }
        FieldKind::Options => {
            let texts: Vec<String> = match said {
                Said::List(list) => list.clone(),
                Said::Fixed(text) => names(text, field),
                said => vec![words(said, known)],
            };
            let ids: Vec<String> = texts.iter().filter_map(|text| choice(field, text)).collect();
            if ids.is_empty() {
                return out(format!("{name} offers none of {}.", texts.join(", ")));
            }
            Outcome::Value(FieldValue::Options(ids))
        }
        FieldKind::Text => match said {
            Said::List(list) => Outcome::Value(FieldValue::items(list)),
            said => Outcome::Value(FieldValue::line(&words(said, known))),
        },
        FieldKind::RichText => Outcome::Value(FieldValue::RichText(Document::from_text(&words(said, known)))),
        FieldKind::EpicLink => Outcome::Value(FieldValue::Text(words(said, known))),
        FieldKind::Number => match number(said) {
            Some(number) => Outcome::Value(FieldValue::Number(number)),
            None => out(format!("{name} takes a number, and \"{}\" is none.", words(said, known))),
        },
        FieldKind::Date => match day(said) {
            Some(day) => Outcome::Value(FieldValue::Date(day)),
            None => {
                out(format!("{name} takes a day such as 2026-12-31, and \"{}\" is none.", words(said, known)))
            }
        },
        FieldKind::DateTime => match instant(said) {
            Some(at) => Outcome::Value(FieldValue::DateTime(at)),
            None => out(format!("{name} takes a time, and \"{}\" is none.", words(said, known))),
        },
        FieldKind::User => match account(said, known, fallback) {
            Some(account) => Outcome::Value(FieldValue::User(account)),
            None => out(format!(
                "No account is known for {name}; bind the person to one, show the address in JIRA, or name a fallback."
            )),
        },
        FieldKind::Other => out(format!("{name} is of a kind that cannot be filled in.")),
    }
}

/// The account of a person; what is written in the mapping is one already.
fn account(said: &Said, known: &Known, fallback: Option<&str>) -> Option<String> {
    match said {
        Said::Fixed(account) => Some(account.trim().to_owned()),
        Said::Person(user) => known.accounts.get(user).cloned().or_else(|| fallback.map(str::to_owned)),
        _ => None,
    }
}

/// The names that a fixed text holds: one a line, or with commas between them where they stand in one line and that is not
/// itself the name of a choice.
fn names(text: &str, field: &CreateField) -> Vec<String> {
    let text = text.trim();
    let parts: Vec<&str> = if text.contains('\n') {
        text.lines().collect()
    } else if choice(field, text).is_some() {
        vec![text]
    } else {
        text.split(',').collect()
    };
    parts.into_iter().map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
}

/// The id of the choice of this name.
fn choice(field: &CreateField, name: &str) -> Option<String> {
    let found =
        field.allowed_values.iter().find(|choice| choice.name.trim().eq_ignore_ascii_case(name.trim()));
    found.filter(|choice| !choice.id.is_empty()).map(|choice| choice.id.clone())
}

fn words(said: &Said, known: &Known) -> String {
    match said {
        Said::Fixed(text) | Said::Text(text) => text.clone(),
        Said::List(list) => list.join(", "),
        Said::Number(number) => number.to_string(),
        Said::Day(day) => day.to_string(),
        Said::Person(user) => known.names.get(user).cloned().unwrap_or_default(),
        Said::Nothing | Said::Withheld => String::new(),
    }
}

fn number(said: &Said) -> Option<f64> {
    match said {
        Said::Number(number) => Some(f64::from(*number)),
        Said::Fixed(text) => text.trim().parse().ok().filter(|number: &f64| number.is_finite()),
        _ => None,
    }
}

fn day(said: &Said) -> Option<NaiveDate> {
    match said {
        Said::Day(day) => Some(*day),
        Said::Fixed(text) => text.trim().parse().ok(),
        _ => None,
    }
}

fn instant(said: &Said) -> Option<DateTime<Utc>> {
    if let Said::Fixed(text) = said
        && let Ok(at) = DateTime::parse_from_rfc3339(text.trim())
    {
        return Some(at.with_timezone(&Utc));
    }
    day(said).map(|day| day.and_time(NaiveTime::MIN).and_utc())
}

#[cfg(test)]
mod tests {
    use abate_integrations::jira::Named;
    use proptest::prelude::*;

    use super::*;

    fn field(kind: FieldKind, choices: &[&str]) -> CreateField {
        let choice =
            |(index, name): (usize, &&str)| Named { id: format!("3{index}"), name: (*name).to_owned() };
        CreateField {
            field_id: "customfield_1".to_owned(),
            name: "Field".to_owned(),
            kind,
            required: false,
            has_default_value: false,
            allowed_values: choices.iter().enumerate().map(choice).collect(),
        }
    }

    fn said(text: &str) -> Said {
        Said::Fixed(text.to_owned())
    }

    fn fitted(what: &Said, kind: FieldKind, choices: &[&str]) -> Option<FieldValue> {
        match fit(what, &field(kind, choices), &Known::default(), None) {
            Outcome::Value(value) => Some(value),
            _ => None,
        }
    }

    #[test]
    fn each_kind_takes_what_fits_and_nothing_else() {
        let day = NaiveDate::from_ymd_opt(2026, 12, 31).expect("a day");
        assert_eq!(
            fitted(&said("BLUE"), FieldKind::Option, &["Red", "Blue"]),
            Some(FieldValue::Option("31".into()))
        );
        assert_eq!(fitted(&said("Green"), FieldKind::Option, &["Red", "Blue"]), None);
        let some = fitted(&said("blue, green, red"), FieldKind::Options, &["Red", "Blue"]);
        assert_eq!(some, Some(FieldValue::Options(vec!["31".into(), "30".into()])));
        assert_eq!(fitted(&said("green"), FieldKind::Options, &["Red"]), None);
        let with_comma = |text| fitted(&said(text), FieldKind::Options, &["Red, dark", "Red", "Blue"]);
        assert_eq!(with_comma("red, dark"), Some(FieldValue::Options(vec!["30".into()])));
        let both = Some(FieldValue::Options(vec!["30".into(), "32".into()]));
        assert_eq!(with_comma("Red, dark\r\n\nBlue\n"), both);
        assert_eq!(fitted(&Said::Number(20), FieldKind::Number, &[]), Some(FieldValue::Number(20.0)));
        assert_eq!(fitted(&said("1.5"), FieldKind::Number, &[]), Some(FieldValue::Number(1.5)));
        assert_eq!(fitted(&said("NaN"), FieldKind::Number, &[]), None);
        assert_eq!(fitted(&said("high"), FieldKind::Number, &[]), None);
        assert_eq!(fitted(&Said::Day(day), FieldKind::Date, &[]), Some(FieldValue::Date(day)));
        assert_eq!(
            fitted(&Said::Day(day), FieldKind::Text, &[]),
            Some(FieldValue::Text("2026-12-31".into()))
        );
        assert_eq!(fitted(&said("soon"), FieldKind::Date, &[]), None);
        let midnight = day.and_time(NaiveTime::MIN).and_utc();
        assert_eq!(fitted(&Said::Day(day), FieldKind::DateTime, &[]), Some(FieldValue::DateTime(midnight)));
        assert_eq!(fitted(&said("anything"), FieldKind::Other, &[]), None);
        let list = Said::List(vec!["CVE-1".into(), "CVE-2".into()]);
        assert_eq!(fitted(&list, FieldKind::Text, &[]), Some(FieldValue::Text("CVE-1, CVE-2".into())));
    }

    #[test]
    fn somebody_without_an_account_is_the_fallback() {
        let known = Known { accounts: [(1, "ana".to_owned())].into(), ..Known::default() };
        let user = field(FieldKind::User, &[]);
        let of = |person, fallback| fit(&Said::Person(person), &user, &known, fallback);
        assert_eq!(of(1, Some("bot")), Outcome::Value(FieldValue::User("ana".into())));
        assert_eq!(of(2, Some("bot")), Outcome::Value(FieldValue::User("bot".into())));
        assert!(matches!(of(2, None), Outcome::LeftOut(_)));
        // A word of the risk is nobody's account.
        assert_eq!(fitted(&Said::Text("high".to_owned()), FieldKind::User, &[]), None);
    }

    proptest! {
        /// A choice that is sent is one that the field offers.
        #[test]
        fn only_offered_choices_are_sent(text in "[a-e]{1,2}", choices in prop::collection::vec("[a-e]{1,2}", 0..5)) {
            let names: Vec<&str> = choices.iter().map(String::as_str).collect();
            if let Some(FieldValue::Option(id)) = fitted(&said(&text), FieldKind::Option, &names) {
                let index: usize = id[1..].parse().expect("a number");
                prop_assert_eq!(&choices[index], &text);
            } else {
                prop_assert!(!choices.contains(&text));
            }
        }
    }
}
