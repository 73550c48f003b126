//! Rules. Weaknesses as the CWE list numbers them, however a tool writes them.

/// `CWE-79` out of `79`, `cwe-79`, `CWE-79: Improper …`, `external/cwe/cwe-079`; none where there is no number, or
/// where it stands for "none".
pub(crate) fn cwe(text: &str) -> Option<String> {
    let lower = text.trim().to_ascii_lowercase();
    let digits = match lower.rfind("cwe") {
        Some(at) => lower[at + 3..].trim_start_matches(['-', ':', '_', ' ', '=']),
        None if lower.bytes().all(|byte| byte.is_ascii_digit()) => &lower,
        None => return None,
    };
    let length = digits.bytes().take_while(u8::is_ascii_digit).count();
    let number: u32 = digits[..length].parse().ok()?;
    (number > 0).then(|| format!("CWE-{number}"))
}

/// The weaknesses that a list of such texts names.
pub(crate) fn cwes<'t>(texts: impl IntoIterator<Item = &'t str>) -> Vec<String> {
    texts.into_iter().filter_map(cwe).collect()
}

/// The vulnerability ids in a text, such as a list in one cell, in order and as their lists spell them.
pub(crate) fn vulnerability_ids(text: &str) -> Vec<String> {
    text.split(|character: char| !(character.is_ascii_alphanumeric() || character == '-'))
        .filter_map(|word| match word.to_ascii_uppercase() {
            upper if upper.starts_with("CVE-") => Some(upper),
            upper if upper.starts_with("GHSA-") => Some(format!("GHSA{}", word[4..].to_ascii_lowercase())),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_is_one_number() {
        for text in ["79", "cwe-79", "CWE-79: Improper", "external/cwe/cwe-079", "CWE:79", "CWE_79"] {
            assert_eq!(cwe(text).as_deref(), Some("CWE-79"), "{text}");
        }
        for text in ["", "0", "nvd-cwe-other", "N/A", "-1", "cwe"] {
            assert_eq!(cwe(text), None, "{text}");
        }
        assert_eq!(
            vulnerability_ids("cve-2026-1, ghsa-AAAA-bbbb-cccc;x"),
            ["CVE-2026-1", "GHSA-aaaa-bbbb-cccc"]
        );
    }
}
