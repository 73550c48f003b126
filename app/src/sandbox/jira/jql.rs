//! The part of the query language that the site understands: conditions joined by AND, and an order.

use std::cmp::Reverse;

use chrono::{DateTime, Duration, NaiveDate, NaiveDateTime, Utc};

use super::JiraSandbox;
use super::world::{Issue, PRIORITIES, STATUSES};

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Word(String),
    Text(String),
    Operator(String),
    Open,
    Close,
    Comma,
}

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut out = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '(' | ')' | ',' => {
                out.push(match first {
                    '(' => Token::Open,
                    ')' => Token::Close,
                    _ => Token::Comma,
                });
                1
            }
            '"' | '\'' => {
                let mut value = String::new();
                let mut escaped = false;
                let mut end = None;
                for (at, character) in rest.char_indices().skip(1) {
                    match character {
                        _ if escaped => {
                            value.push(character);
                            escaped = false;
                        }
                        '\\' => escaped = true,
                        character if character == first => {
                            end = Some(at + 1);
                            break;
                        }
                        character => value.push(character),
                    }
                }
                out.push(Token::Text(value));
                end.ok_or("Error in the JQL Query: the quoted string has not been completed.")?
            }
            '=' | '!' | '<' | '>' | '~' => {
                let length = if rest[1..].starts_with(['=', '~']) { 2 } else { 1 };
                out.push(Token::Operator(rest[..length].to_owned()));
                length
            }
            _ => {
                let stop = |c: char| c.is_whitespace() || "()=!<>~,\"'".contains(c);
                let length = rest.find(stop).unwrap_or(rest.len());
                out.push(Token::Word(rest[..length].to_owned()));
                length
            }
        };
        rest = rest[length..].trim_start();
    }
    Ok(out)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Project,
    Key,
    Labels,
    Status,
    Category,
    Priority,
    Updated,
    Created,
}

impl Field {
    fn read(name: &str) -> Result<Self, String> {
        Ok(match name.to_lowercase().as_str() {
            "project" => Self::Project,
            "key" | "issuekey" | "id" | "issue" => Self::Key,
            "labels" => Self::Labels,
            "status" => Self::Status,
            "statuscategory" => Self::Category,
            "priority" => Self::Priority,
            "updated" => Self::Updated,
            "created" => Self::Created,
            _ => {
                return Err(format!(
                    "Field '{name}' does not exist or you do not have permission to view it."
                ));
            }
        })
    }
}

#[derive(Debug)]
enum Condition {
    AnyOf { field: Field, values: Vec<String>, negated: bool },
    Instant { field: Field, operator: String, at: DateTime<Utc> },
}

/// A parsed query.
#[derive(Debug)]
pub(super) struct Query {
    conditions: Vec<Condition>,
    order: Option<(Field, bool)>,
}

struct Reader {
    tokens: std::iter::Peekable<std::vec::IntoIter<Token>>,
}

impl Reader {
    fn next(&mut self) -> Result<Token, String> {
        self.tokens.next().ok_or_else(|| "Error in the JQL Query: The query ended unexpectedly.".to_owned())
    }

    fn keyword(&mut self, word: &str) -> bool {
        self.tokens.next_if(|token| matches!(token, Token::Word(w) if w.eq_ignore_ascii_case(word))).is_some()
    }

    fn value(&mut self) -> Result<String, String> {
        match self.next()? {
            Token::Word(text) | Token::Text(text) => Ok(text),
            other => Err(format!("Error in the JQL Query: a value was expected but got {other:?}.")),
        }
    }

    fn list(&mut self) -> Result<Vec<String>, String> {
        if self.next()? != Token::Open {
            return Err("Error in the JQL Query: Expecting '(' after 'IN'.".to_owned());
        }
        let mut values = vec![self.value()?];
        loop {
            match self.next()? {
                Token::Comma => values.push(self.value()?),
                Token::Close => return Ok(values),
                _ => return Err("Error in the JQL Query: Expecting ',' or ')'.".to_owned()),
            }
        }
    }

    fn condition(&mut self, now: DateTime<Utc>) -> Result<Condition, String> {
        let Token::Word(name) = self.next()? else {
            return Err("Error in the JQL Query: a field was expected.".to_owned());
        };
        let field = Field::read(&name)?;
        if self.keyword("not") {
            if !self.keyword("in") {
                return Err("Error in the JQL Query: Expecting 'IN' after 'NOT'.".to_owned());
            }
            return Ok(Condition::AnyOf { field, values: self.list()?, negated: true });
        }
        if self.keyword("in") {
            return Ok(Condition::AnyOf { field, values: self.list()?, negated: false });
        }
        let Token::Operator(operator) = self.next()? else {
            return Err("Error in the JQL Query: an operator was expected.".to_owned());
        };
        let value = self.value()?;
        match (field, operator.as_str()) {
            (Field::Updated | Field::Created, ">" | ">=" | "<" | "<=") => {
                Ok(Condition::Instant { field, operator, at: instant(&name, &value, now)? })
            }
            (Field::Updated | Field::Created, _) => {
                Err(format!("The operator '{operator}' is not supported by the '{name}' field."))
            }
            (_, "=" | "!=") => Ok(Condition::AnyOf { field, values: vec![value], negated: operator == "!=" }),
            _ => Err(format!("The operator '{operator}' is not supported by the '{name}' field.")),
        }
    }
}

/// A date of the query language: minutes are its finest unit, and an ISO instant is not understood.
fn instant(field: &str, text: &str, now: DateTime<Utc>) -> Result<DateTime<Utc>, String> {
    let period = || {
        let (sign, digits) = match text.strip_prefix('-') {
            Some(rest) => (-1, rest),
            None => (1, text.strip_prefix('+').unwrap_or(text)),
        };
        let unit = digits.chars().last()?;
        let count: i64 = digits[..digits.len() - unit.len_utf8()].parse().ok()?;
        let minutes = match unit {
            'm' => 1,
            'h' => 60,
            'd' => 1_440,
            'w' => 10_080,
            _ => return None,
        };
        now.checked_add_signed(Duration::try_minutes(sign * count.checked_mul(minutes)?)?)
    };
    let moment = |format: &str| NaiveDateTime::parse_from_str(text, format).ok().map(|at| at.and_utc());
    let day = |format: &str| {
        NaiveDate::parse_from_str(text, format)
            .ok()
            .and_then(|day| day.and_hms_opt(0, 0, 0))
            .map(|at| at.and_utc())
    };
    moment("%Y-%m-%d %H:%M")
        .or_else(|| moment("%Y/%m/%d %H:%M"))
        .or_else(|| day("%Y-%m-%d"))
        .or_else(|| day("%Y/%m/%d"))
        .or_else(period)
        .ok_or_else(|| format!("Date value '{text}' for field '{field}' is invalid."))
}

impl Query {
    /// Reads a query.
    pub(super) fn parse(text: &str, now: DateTime<Utc>) -> Result<Self, String> {
        let mut reader = Reader { tokens: tokens(text)?.into_iter().peekable() };
        let mut query = Self { conditions: Vec::new(), order: None };
        loop {
            if reader.keyword("order") {
                if !reader.keyword("by") {
                    return Err("Error in the JQL Query: Expecting 'BY' after 'ORDER'.".to_owned());
                }
                let field = Field::read(&reader.value()?)?;
                let descending = reader.keyword("desc");
                if !descending {
                    reader.keyword("asc");
                }
                query.order = Some((field, descending));
            }
            if reader.tokens.peek().is_none() {
                break;
            }
            if query.order.is_some() || (!query.conditions.is_empty() && !reader.keyword("and")) {
                return Err("Error in the JQL Query: the sandbox understands conditions joined by AND only."
                    .to_owned());
            }
            query.conditions.push(reader.condition(now)?);
        }
        if query.conditions.is_empty() {
            return Err("Unbounded JQL queries are not allowed here. Add a search restriction to the query."
                .to_owned());
        }
        Ok(query)
    }

    /// The first issue that the query names and that does not exist.
    pub(super) fn missing_issue(&self, exists: impl Fn(&str) -> bool) -> Option<&str> {
        self.named(Field::Key).find(|name| !exists(name))
    }

    /// The projects that the query names.
    pub(super) fn projects(&self) -> impl Iterator<Item = &str> {
        self.named(Field::Project)
    }

    fn named(&self, wanted: Field) -> impl Iterator<Item = &str> {
        let named = self.conditions.iter().filter_map(move |condition| match condition {
            Condition::AnyOf { field, values, .. } if *field == wanted => Some(values),
            _ => None,
        });
        named.flatten().map(String::as_str)
    }

    /// Whether an issue meets all conditions.
    pub(super) fn matches(&self, sandbox: &JiraSandbox, issue: &Issue) -> bool {
        self.conditions.iter().all(|condition| match condition {
            Condition::AnyOf { field, values, negated } => {
                let own = values_of(sandbox, issue, *field);
                let hit = own.iter().any(|own| values.iter().any(|value| value.eq_ignore_ascii_case(own)));
                // As in JIRA, an empty field matches no negation.
                if *negated { !own.is_empty() && !hit } else { hit }
            }
            Condition::Instant { field, operator, at } => {
                let own = if *field == Field::Updated { issue.updated } else { issue.created };
                match operator.as_str() {
                    ">" => own > *at,
                    ">=" => own >= *at,
                    "<" => own < *at,
                    _ => own <= *at,
                }
            }
        })
    }

    /// Puts issues into the query's order, newest first without one.
    pub(super) fn sort(&self, issues: &mut [&Issue]) {
        match self.order {
            Some((Field::Updated, false)) => issues.sort_by_key(|issue| (issue.updated, issue.id)),
            Some((Field::Updated, true)) => issues.sort_by_key(|issue| Reverse((issue.updated, issue.id))),
            Some((_, false)) => issues.sort_by_key(|issue| issue.id),
            _ => issues.sort_by_key(|issue| Reverse(issue.id)),
        }
    }
}

fn values_of(sandbox: &JiraSandbox, issue: &Issue, field: Field) -> Vec<String> {
    let status = &STATUSES[issue.status];
    let texts = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect();
    match field {
        Field::Project => vec![sandbox.options.project_key.clone(), sandbox.options.project_name.clone()],
        Field::Key => vec![sandbox.key_of(issue), issue.id.to_string()],
        Field::Labels => issue.labels.clone(),
        Field::Status => texts(&[status.id, status.name]),
        Field::Category => texts(&[status.category]),
        Field::Priority => texts(&[PRIORITIES[issue.priority].0, PRIORITIES[issue.priority].1]),
        Field::Updated | Field::Created => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn refusal(text: &str) -> String {
        Query::parse(text, DateTime::UNIX_EPOCH).expect_err("a refusal")
    }

    #[test]
    fn what_the_vendor_refuses_is_refused() {
        assert!(refusal("").starts_with("Unbounded"));
        assert!(refusal("ORDER BY updated").starts_with("Unbounded"));
        assert!(refusal("updated >= \"2026-11-21T01:02:03Z\"").contains("is invalid"));
        assert!(refusal("issue.property[abate].uuid = 1").contains("does not exist"));
        assert!(refusal("labels ~ a").contains("not supported"));
        assert!(refusal("project = \"a").contains("not been completed"));
    }

    #[test]
    fn periods_count_from_now() {
        let now = DateTime::from_timestamp(1_795_219_200, 0).expect("a time");
        assert_eq!(instant("updated", "-90m", now), Ok(now - Duration::minutes(90)));
        assert_eq!(
            instant("updated", "1970-01-02 00:01", now),
            Ok(DateTime::UNIX_EPOCH + Duration::minutes(1441))
        );
    }

    proptest! {
        #[test]
        fn no_query_breaks_the_reader(text in "\\PC{0,40}", more in "[a-z\"'()=<>!,\\\\ -]{0,40}") {
            let _ = Query::parse(&text, DateTime::UNIX_EPOCH);
            let _ = Query::parse(&more, DateTime::UNIX_EPOCH);
        }
    }
}
