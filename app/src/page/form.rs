//! Rules. Form fields as values, so that one template draws every form.

use super::badge::capitalised;

/// What a field takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// One line of text.
    Text,
    /// Several lines of text.
    Lines,
    /// A day.
    Date,
    /// A whole number.
    Number,
    /// One of the options.
    Choice,
    /// Yes or no.
    Check,
    /// An address on the web.
    Address,
    /// An address on the web, or some of what is there already, as ticks.
    Proof,
    /// One line that nobody is to read over a shoulder.
    Password,
}

/// One choice of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// What the form sends.
    pub value: String,
    /// What the reader sees.
    pub label: String,
    /// Whether it is chosen.
    pub selected: bool,
}

impl Choice {
    /// A choice, chosen when its value equals `chosen`.
    pub fn new(value: impl Into<String>, label: impl Into<String>, chosen: &str) -> Self {
        let value = value.into();
        let selected = value == chosen;
        Self { value, label: label.into(), selected }
    }
}

/// One field of a form.
#[derive(Debug, Clone)]
pub struct Field {
    /// What the form sends it as.
    pub name: String,
    /// What stands above it.
    pub label: String,
    /// What it takes.
    pub kind: Kind,
    /// What it holds.
    pub value: String,
    /// The choices of a [`Kind::Choice`], and the ticks of a [`Kind::Proof`].
    pub choices: Vec<Choice>,
    /// Whether the form needs it.
    pub required: bool,
    /// A word of help under it.
    pub hint: String,
    /// What is wrong with what it holds.
    pub error: String,
    /// Lower bound of a number or day.
    pub min: String,
    /// Upper bound of a number or day.
    pub max: String,
}

impl Field {
    /// An empty field that need not be filled.
    pub fn new(name: impl Into<String>, label: impl Into<String>, kind: Kind) -> Self {
        Self {
            name: name.into(),
            label: label.into(),
            kind,
            value: String::new(),
            choices: Vec::new(),
            required: false,
            hint: String::new(),
            error: String::new(),
            min: String::new(),
            max: String::new(),
        }
    }

    /// The same field, needed.
    pub fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// The same field with a word of help.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }

    /// The same field with its choices.
    pub fn choices(mut self, choices: Vec<Choice>) -> Self {
        self.choices = choices;
        self
    }

    /// The same field, filled; among choices, that one is chosen.
    pub fn value(mut self, value: impl Into<String>) -> Self {
        self.value = value.into();
        for choice in &mut self.choices {
            choice.selected = choice.value == self.value;
        }
        self
    }

    /// The same field between two bounds.
    pub fn between(mut self, min: impl Into<String>, max: impl Into<String>) -> Self {
        self.min = min.into();
        self.max = max.into();
        self
    }

    /// Whether the browser keeps the form while its input is empty; a tick is as good as an address.
    pub fn needs_input(&self) -> bool {
        self.required && (self.kind != Kind::Proof || self.choices.is_empty())
    }

    /// The `type` of its input element.
    pub fn input_type(&self) -> &'static str {
        match self.kind {
            Kind::Date => "date",
            Kind::Number => "number",
            Kind::Address | Kind::Proof => "url",
            Kind::Check => "checkbox",
            Kind::Password => "password",
            Kind::Text | Kind::Lines | Kind::Choice => "text",
        }
    }
}

/// The name of a field as a reader is told it, where its form has no label at hand: `due_on` is *Due on*, and the second
/// of several pieces of evidence is *Evidence*.
pub fn label_of(name: &str) -> String {
    capitalised(name.split_once('[').map_or(name, |(name, _)| name))
}

/// What was wrong with a form: words for the top, and for the fields that can be named.
#[derive(Debug, Clone, Default)]
pub struct Problems {
    /// What happened, in one sentence.
    pub title: String,
    /// What to do: one entry a problem, with the field's label where there is one.
    pub items: Vec<(String, String)>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_told_in_words() {
        assert_eq!(label_of("due_on"), "Due on");
        assert_eq!(label_of("evidence[0]"), "Evidence");
        assert_eq!(label_of(""), "");
    }
}
