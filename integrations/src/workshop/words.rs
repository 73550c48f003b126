//! Rules. What the words, numbers and scales of foreign models mean in ours.

use sha2::{Digest, Sha256};

use super::model::{AttackTechnique, Position};

/// The words of likelihood and impact by their place on the scale.
const SCALE_WORDS: &[(&str, u8)] = &[
    ("rare", 1),
    ("very low", 1),
    ("verylow", 1),
    ("negligible", 1),
    ("insignificant", 1),
    ("unlikely", 2),
    ("low", 2),
    ("minor", 2),
    ("possible", 3),
    ("medium", 3),
    ("moderate", 3),
    ("likely", 4),
    ("high", 4),
    ("major", 4),
    ("significant", 4),
    ("almost certain", 5),
    ("certain", 5),
    ("very likely", 5),
    ("very high", 5),
    ("veryhigh", 5),
    ("frequent", 5),
    ("severe", 5),
    ("critical", 5),
    ("catastrophic", 5),
];

/// A word without case, with blanks, `_` and `-` as one blank.
pub(crate) fn plain(word: &str) -> String {
    let spaced: String = word
        .chars()
        .map(|character| if matches!(character, '_' | '-' | '–') { ' ' } else { character })
        .collect();
    spaced.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

/// A place on the scale of 1 to 5: a number, a word, or both as in `4 (likely)`.
pub(crate) fn place_on_scale(text: &str) -> Option<u8> {
    let word = plain(text);
    if let Ok(number) = word.parse::<f64>() {
        let whole = number.fract() == 0.0 && (1.0..=5.0).contains(&number);
        return whole.then_some(number as u8);
    }
    if let Some((_, place)) = SCALE_WORDS.iter().find(|(known, _)| *known == word) {
        return Some(*place);
    }
    let digit = word.bytes().next().filter(|byte| (b'1'..=b'5').contains(byte))?;
    let rest = word.get(1..)?;
    let explained =
        rest.starts_with([' ', '(', ':', '/']) && !rest.contains(|next: char| next.is_ascii_digit());
    explained.then_some(digit - b'0')
}

/// A level as one of ours; the words of several tools.
pub(crate) fn level(text: &str) -> Option<&'static str> {
    match plain(text).as_str() {
        "info" | "informational" | "none" | "very low" => Some("info"),
        "low" | "minor" => Some("low"),
        "medium" | "moderate" => Some("medium"),
        "high" | "elevated" | "major" => Some("high"),
        "critical" | "very high" | "severe" => Some("critical"),
        _ => None,
    }
}

/// Where a risk starts of which only a level is known: the impact is the level, the likelihood in the middle.
pub(crate) fn position_of(level: &str) -> Position {
    let impact = match level {
        "info" => 1,
        "low" => 2,
        "high" => 4,
        "critical" => 5,
        _ => 3,
    };
    Position { likelihood: 3, impact }
}

/// A number from 0 to 100 on the scale of 1 to 5.
pub(crate) fn of_hundred(number: f64) -> u8 {
    (number / 20.0).ceil().clamp(1.0, 5.0) as u8
}

/// A category of STRIDE from however it is written.
pub(crate) fn stride(text: &str) -> Option<&'static str> {
    let word: String =
        text.chars().filter(|character| character.is_ascii_alphabetic()).collect::<String>().to_lowercase();
    Some(match word.as_str() {
        "s" => "spoofing",
        "t" => "tampering",
        "r" => "repudiation",
        "i" => "information_disclosure",
        "d" | "dos" => "denial_of_service",
        "e" | "eop" => "elevation_of_privilege",
        _ if word.starts_with("spoof") => "spoofing",
        _ if word.starts_with("tamper") => "tampering",
        _ if word.starts_with("repudia") => "repudiation",
        _ if word.starts_with("informationdisc") || word.starts_with("disclosureofi") => {
            "information_disclosure"
        }
        _ if word.starts_with("denial") => "denial_of_service",
        _ if word.starts_with("elevation") || word.starts_with("escalation") => "elevation_of_privilege",
        _ if word.starts_with("privilegeesc") => "elevation_of_privilege",
        _ => return None,
    })
}

/// A phase of the kill chain from however it is written.
pub(crate) fn kill_chain_phase(text: &str) -> Option<&'static str> {
    Some(match plain(text).as_str() {
        "reconnaissance" | "recon" => "reconnaissance",
        "weaponization" | "weaponisation" => "weaponization",
        "delivery" => "delivery",
        "exploitation" | "exploit" => "exploitation",
        "installation" => "installation",
        "command and control" | "command & control" | "c2" | "c&c" => "command_and_control",
        "actions on objectives" | "actions on objective" | "action on objectives" => "actions_on_objectives",
        _ => return None,
    })
}

/// Whether it is written like a technique of ATT&CK.
pub(crate) fn is_technique(id: &str) -> bool {
    let digits =
        |text: &str, count: usize| text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    match id.strip_prefix('T').map(|rest| rest.split_once('.').unwrap_or((rest, "000"))) {
        Some((technique, part)) => digits(technique, 4) && digits(part, 3),
        None => false,
    }
}

/// The techniques that a text names, each once, in order.
pub(crate) fn techniques(texts: &[&str]) -> Vec<AttackTechnique> {
    let mut found: Vec<AttackTechnique> = Vec::new();
    for text in texts {
        let words = text.split(|character: char| !(character.is_ascii_alphanumeric() || character == '.'));
        for word in words.map(|word| word.trim_end_matches('.').to_ascii_uppercase()) {
            if is_technique(&word) && found.iter().all(|known| known.id != word) {
                found.push(AttackTechnique { id: word, ..AttackTechnique::default() });
            }
        }
    }
    found
}

/// The techniques that one text names, each once, in order.
#[must_use]
pub fn techniques_of(text: &str) -> Vec<AttackTechnique> {
    techniques(&[text])
}

/// A weakness as `CWE-79`.
pub(crate) fn cwe(text: &str) -> Option<String> {
    let upper = text.trim().to_ascii_uppercase();
    let digits = upper.strip_prefix("CWE").unwrap_or(&upper).trim_start_matches(['-', '_', ' ', ':']);
    let digits = digits.split(':').next().unwrap_or_default().trim();
    let number: u32 = digits.parse().ok().filter(|number| *number > 0)?;
    Some(format!("CWE-{number}"))
}

/// What a status word of any of the formats says.
pub(crate) fn status(text: &str) -> Option<&'static str> {
    let word: String =
        text.chars().filter(|character| character.is_ascii_alphanumeric()).collect::<String>().to_lowercase();
    if word.is_empty() && !text.trim().is_empty() {
        return None;
    }
    Some(match word.as_str() {
        "" | "open" | "new" | "unchecked" | "exposed" | "autogenerated" | "notstarted" | "todo"
        | "threatidentified" | "identified" | "needsinvestigation" => "open",
        "indiscussion" | "triage" | "underreview" => "in_discussion",
        "inprogress" | "started" | "doing" | "partlymitigated" | "partiallymitigated" => "in_progress",
        "mitigated" | "eliminated" | "implemented" | "fixed" | "done" | "closed" | "resolved"
        | "threatresolved" => "mitigated",
        "accepted" | "accept" | "riskaccepted" => "accepted",
        "transferred" | "transfer" | "shared" => "transferred",
        "avoided" | "avoid" => "avoided",
        "na"
        | "notapplicable"
        | "falsepositive"
        | "notaffected"
        | "notuseful"
        | "threatresolvednotuseful" => "not_affected",
        _ => return None,
    })
}

/// What is meant to be done, from however it is written.
pub(crate) fn treatment(text: &str) -> Option<&'static str> {
    Some(match plain(text).as_str() {
        "modify" | "mitigate" | "reduce" | "treat" | "fix" => "modify",
        "retain" | "accept" | "tolerate" => "retain",
        "avoid" | "terminate" => "avoid",
        "share" | "transfer" => "share",
        _ => return None,
    })
}

/// What a status says about the treatment that was meant.
pub(crate) fn treatment_of(status: &str) -> &'static str {
    match status {
        "transferred" => "share",
        "avoided" => "avoid",
        "accepted" => "retain",
        _ => "modify",
    }
}

/// Text without the tags and entities of HTML, in one line.
pub(crate) fn without_html(text: &str) -> String {
    let mut bare = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(open) = rest.find('<') {
        bare.push_str(&rest[..open]);
        let tag = &rest[open + 1..];
        let begins = tag.starts_with(|next: char| next.is_ascii_alphabetic() || next == '/' || next == '!');
        match tag.find('>').filter(|_| begins) {
            Some(close) => rest = &tag[close + 1..],
            None => {
                bare.push('<');
                rest = tag;
            }
        }
    }
    bare.push_str(rest);
    for (entity, character) in
        [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&nbsp;", " "), ("&amp;", "&")]
    {
        bare = bare.replace(entity, character);
    }
    one_line(&bare)
}

/// A risk without an id is recognised by its title and asset.
pub(crate) fn made_id(title: &str, assets: &str) -> String {
    let digest = Sha256::new()
        .chain_update(title.to_lowercase())
        .chain_update([0])
        .chain_update(assets.to_lowercase());
    format!("t-{}", hex::encode(&digest.finalize()[..6]))
}

/// Any run of white space as one blank.
pub(crate) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A name made of an id: `unencrypted-asset` as `Unencrypted asset`.
pub(crate) fn spoken(id: &str) -> String {
    let words = id.replace(['-', '_'], " ");
    let words = words.trim();
    let mut characters = words.chars();
    characters.next().map(|first| first.to_uppercase().chain(characters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_many_tools_mean_one_of_ours() {
        for (text, place) in [
            ("4", Some(4)),
            ("4.0", Some(4)),
            ("4 (likely)", Some(4)),
            ("Very-High", Some(5)),
            ("Possible", Some(3)),
            ("0", None),
            ("6", None),
            ("45", None),
            ("4 of 10", None),
            ("3.5", None),
            ("often", None),
        ] {
            assert_eq!(place_on_scale(text), place, "{text}");
        }
        assert_eq!(level("Elevated"), Some("high"));
        assert_eq!(stride("Elevation of Privileges"), Some("elevation_of_privilege"));
        assert_eq!(stride("Linkability"), None);
        assert_eq!(status("Not Applicable"), Some("not_affected"));
        assert_eq!(status("IN-PROGRESS"), Some("in_progress"));
        assert_eq!(cwe("cwe-123"), Some("CWE-123".to_owned()));
        assert_eq!(cwe("sql"), None);
        assert_eq!((of_hundred(0.0), of_hundred(20.0), of_hundred(20.5), of_hundred(100.0)), (1, 1, 2, 5));
        assert_eq!(kill_chain_phase("Actions on Objectives"), Some("actions_on_objectives"));
    }

    #[test]
    fn techniques_are_found_in_texts() {
        let found = techniques(&["See T1110.004, t1078 (and T1078). Not T99 or AT1190.", "T1190."]);
        let ids: Vec<_> = found.iter().map(|technique| technique.id.as_str()).collect();
        assert_eq!(ids, ["T1110.004", "T1078", "T1190"]);
    }

    #[test]
    fn tags_are_taken_out_and_comparisons_are_kept() {
        assert_eq!(without_html("<b>SQL</b> of\n <i class=\"x\">Shop &amp; till</i>"), "SQL of Shop & till");
        assert_eq!(without_html("a < b and c <d"), "a < b and c <d");
    }
}
