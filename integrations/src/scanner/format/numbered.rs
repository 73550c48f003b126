//! Code as some scanners show it: each line with its number before it, and lines around those that are meant.

use crate::scanner::finding::{FindingKind, Fingerprint};
use crate::scanner::fingerprint::{self, normal_snippet};
use crate::scanner::secret::SecretKey;

/// What a result is, and what identifies it: its code, or the keyed hash of the code where that holds a secret.
pub(super) fn identity(
    is_secret: bool,
    rule: &str,
    path: &str,
    code: &str,
    key: &SecretKey,
) -> (FindingKind, Fingerprint) {
    let context = normal_snippet(code);
    match is_secret {
        true => (FindingKind::Secret, fingerprint::secret(rule, path, &key.hash(&context))),
        false => (FindingKind::Code, fingerprint::code(rule, path, &context)),
    }
}

/// The lines that are meant, without their numbers; all of the code where it carries none.
pub(super) fn code_of_lines(code: &str, lines: &[u32]) -> String {
    let numbered: Vec<(u32, &str)> = code.lines().filter_map(number_of).collect();
    let meant: Vec<&str> =
        numbered.iter().filter(|(number, _)| lines.contains(number)).map(|(_, text)| *text).collect();
    if meant.is_empty() { code.trim().to_owned() } else { meant.join("\n") }
}

fn number_of(line: &str) -> Option<(u32, &str)> {
    let line = line.trim_start();
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    let number = line[..digits].parse().ok()?;
    let rest = &line[digits..];
    rest.strip_prefix(':').or_else(|| rest.strip_prefix([' ', '\t'])).map(|text| (number, text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_meant_lines_are_kept() {
        assert_eq!(code_of_lines("103     def f():\n104         md5(x)\n105 \n", &[104]), "        md5(x)");
        assert_eq!(code_of_lines("63: a\n64: b := c()\n", &[64]), " b := c()");
        assert_eq!(code_of_lines("s.Listen()", &[79]), "s.Listen()");
    }
}
