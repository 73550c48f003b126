//! Public catalogues that say more about a weakness than the scanner that found it: which are exploited (KEV), how
//! likely an attack is (EPSS), and what attack techniques are called (ATT&CK).

pub mod attack;
pub mod epss;
pub mod kev;
pub mod ssvc;

/// Why a catalogue cannot be used. Nothing of it was then.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}{}", line.map(|line| format!(" (line {line})")).unwrap_or_default())]
pub struct FeedError {
    /// What is wrong and what to do.
    pub reason: String,
    /// Where, counted from 1.
    pub line: Option<u64>,
}

impl FeedError {
    pub(crate) fn whole(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), line: None }
    }

    pub(crate) fn at(line: u64, reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), line: Some(line) }
    }
}

/// The id of a vulnerability in the spelling of its catalogue, as `CVE-2024-3094`; none when it is no such id.
#[must_use]
pub fn cve_id(text: &str) -> Option<String> {
    let id = text.trim().to_ascii_uppercase();
    let (year, number) = id.strip_prefix("CVE-")?.split_once('-')?;
    let digits = |part: &str, least: usize, most: usize| {
        (least..=most).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
    };
    (digits(year, 4, 4) && digits(number, 4, 12)).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_spelled_as_in_its_catalogue() {
        assert_eq!(cve_id(" cve-2024-3094 ").as_deref(), Some("CVE-2024-3094"));
        for text in ["", "CVE", "CVE-24-3094", "CVE-2024-1", "GHSA-rxwq-x6h5-x525", "CVE-2024-30x4"] {
            assert_eq!(cve_id(text), None, "{text}");
        }
    }
}
