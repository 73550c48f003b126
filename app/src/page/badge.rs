//! Rules. Badges: a short word with the colour that belongs to it.

/// A word in a coloured pill. `class` names the colour in `abate.css`: `level-high`, `state-open`, `tone-warn`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Badge {
    /// Classes that choose the colour.
    pub class: String,
    /// The word itself.
    pub label: String,
    /// A sentence for those who hover or listen; empty when the word says it all.
    pub title: String,
}

impl Badge {
    /// A level: `critical`, `high`, `medium`, `low` or `info`.
    pub fn level(slug: &str) -> Self {
        Self { class: format!("level-{slug}"), label: capitalised(slug), title: String::new() }
    }

    /// A state of the lifecycle, by its slug: `in_progress` reads "In progress".
    pub fn state(slug: &str) -> Self {
        Self { class: format!("state-{slug}"), label: capitalised(slug), title: String::new() }
    }

    /// Anything else, in one of three tones.
    pub fn toned(tone: Tone, label: impl Into<String>, title: impl Into<String>) -> Self {
        let class = match tone {
            Tone::Good => "tone-good",
            Tone::Warn => "tone-warn",
            Tone::Bad => "tone-bad",
            Tone::Plain => "tone-plain",
        };
        Self { class: class.into(), label: label.into(), title: title.into() }
    }
}

/// How a value should strike the reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// As it should be.
    Good,
    /// Look at this soon.
    Warn,
    /// Look at this now.
    Bad,
    /// Neither good nor bad.
    Plain,
}

impl Tone {
    /// The class that tiles and flash messages use.
    pub fn class(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Warn => "warn",
            Self::Bad => "bad",
            Self::Plain => "plain",
        }
    }
}

/// A slug as a reader writes it: first letter large, underscores as blanks.
pub fn capitalised(slug: &str) -> String {
    let words = slug.replace('_', " ");
    let mut letters = words.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}

/// `1 risk`, `2 risks`, `1,204 risks`.
pub fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(count), if count == 1 { one } else { many })
}

/// A number with its thousands apart.
pub fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn slugs_read_as_words() {
        assert_eq!(capitalised("in_progress"), "In progress");
        assert_eq!(capitalised(""), "");
        assert_eq!(Badge::state("in_progress").class, "state-in_progress");
    }

    #[test]
    fn one_is_singular() {
        assert_eq!(counted(1, "risk", "risks"), "1 risk");
        assert_eq!(counted(0, "risk", "risks"), "0 risks");
        assert_eq!(counted(1_234_567, "risk", "risks"), "1,234,567 risks");
    }

    proptest! {
        #[test]
        fn grouping_only_adds_commas(count: u64) {
            let text = grouped(count);
            prop_assert_eq!(text.replace(',', ""), count.to_string());
            prop_assert!(text.split(',').skip(1).all(|group| group.len() == 3));
        }
    }
}
