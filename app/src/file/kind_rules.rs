//! Rules. Which files are taken: a list of kinds that serve as proof, each known by its extension and by its bytes,
//! which have to agree. What a browser or a system would run is refused whatever it is called.

/// Bytes of the beginning that are looked at.
pub const HEAD: usize = 4096;
/// Longest name that is kept, in characters.
const NAME: usize = 120;

/// How a kind is recognised.
enum Shape {
    /// It begins with one of these.
    Begins(&'static [&'static [u8]]),
    /// RIFF with this word at byte 8.
    Riff(&'static [u8]),
    /// Text.
    Text,
    /// XML with a root element.
    Xml,
}

use Shape::{Begins, Riff, Text, Xml};

const ZIP: Shape = Begins(&[b"PK\x03\x04", b"PK\x05\x06"]);

/// Extension, media type, and how it is recognised.
const KINDS: [(&str, &str, Shape); 16] = [
    ("pdf", "application/pdf", Begins(&[b"%PDF-"])),
    ("png", "image/png", Begins(&[b"\x89PNG\r\n\x1a\n"])),
    ("jpg", "image/jpeg", Begins(&[b"\xff\xd8\xff"])),
    ("jpeg", "image/jpeg", Begins(&[b"\xff\xd8\xff"])),
    ("webp", "image/webp", Riff(b"WEBP")),
    ("zip", "application/zip", ZIP),
    ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", ZIP),
    ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ZIP),
    ("pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation", ZIP),
    ("txt", "text/plain", Text),
    ("log", "text/plain", Text),
    ("md", "text/markdown", Text),
    ("csv", "text/csv", Text),
    ("json", "application/json", Text),
    ("eml", "message/rfc822", Text),
    ("xml", "application/xml", Xml),
];

/// Elements that make a browser take a text for a page or a drawing.
const ACTIVE: [&str; 17] = [
    "html",
    "head",
    "body",
    "script",
    "svg",
    "iframe",
    "style",
    "object",
    "embed",
    "link",
    "meta",
    "form",
    "img",
    "div",
    "table",
    "a",
    "stylesheet",
];

/// Why a file is not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// Its extension is not on the list.
    Unknown,
    /// Its bytes are not what its extension says.
    Disagrees,
    /// A browser or a system would run it.
    Active,
}

impl Refused {
    /// What to tell the sender.
    #[must_use]
    pub fn detail(&self) -> String {
        match self {
            Self::Unknown => {
                let known: Vec<&str> = KINDS.iter().map(|(extension, ..)| *extension).collect();
                format!("Files of this kind are not taken. Send one of: {}.", known.join(", "))
            }
            Self::Disagrees => "What is in the file is not what its name says. Name it after what it is.".to_owned(),
            Self::Active => {
                "Pages, drawings with script, and programs are not taken. Send a picture or a PDF of it, or put it \
                 into a zip."
                    .to_owned()
            }
        }
    }
}

/// The media type of a file by its name and its first bytes, at most [`HEAD`] of them.
///
/// # Errors
/// Why it is not taken.
pub fn media_type(name: &str, head: &[u8]) -> Result<&'static str, Refused> {
    let extension = name.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase());
    let known = KINDS.iter().find(|(known, ..)| Some(*known) == extension.as_deref());
    let (_, media_type, shape) = known.ok_or(Refused::Unknown)?;
    match shape {
        Begins(marks) if marks.iter().any(|mark| head.starts_with(mark)) => Ok(media_type),
        Riff(word) if head.starts_with(b"RIFF") && head.get(8..12) == Some(word) => Ok(media_type),
        Begins(_) | Riff(_) => Err(Refused::Disagrees),
        Text => {
            let text = text(head).ok_or(Refused::Disagrees)?;
            if is_active(text) { Err(Refused::Active) } else { Ok(media_type) }
        }
        Xml => {
            let text = text(head).ok_or(Refused::Disagrees)?;
            if is_active(text) {
                return Err(Refused::Active);
            }
            first_element(text).map(|_| *media_type).ok_or(Refused::Disagrees)
        }
    }
}

/// The bytes as text, when they are UTF-8; a character that is cut at the end is left out.
fn text(head: &[u8]) -> Option<&str> {
    let text = match std::str::from_utf8(head) {
        Ok(text) => text,
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(head.get(..error.valid_up_to())?).ok()?
        }
        Err(_) => return None,
    };
    (!text.contains('\0')).then_some(text)
}

fn is_active(text: &str) -> bool {
    let start = text.trim_start_matches('\u{feff}').trim_start();
    start.starts_with("#!")
        || start.get(..5).is_some_and(|start| start.eq_ignore_ascii_case("<?php"))
        || first_element(text).is_some_and(|element| ACTIVE.contains(&element.as_str()))
}

/// The name of the element that a text begins with, after declarations and comments, in lower case without its prefix.
fn first_element(text: &str) -> Option<String> {
    let mut rest = text.trim_start_matches('\u{feff}').trim_start();
    loop {
        let after = if rest.starts_with("<!--") {
            rest.split_once("-->")?.1
        } else if rest.starts_with("<?") {
            rest.split_once("?>")?.1
        } else if let Some(declared) = rest.strip_prefix("<!") {
            // A document that says it is a page is one, whatever follows.
            let words = declared.split(|c: char| c.is_whitespace() || c == '>' || c == '[');
            if let Some(name) = words.filter(|word| !word.is_empty()).nth(1)
                && ACTIVE.contains(&name.to_ascii_lowercase().as_str())
            {
                return Some(name.to_ascii_lowercase());
            }
            match declared.find(['[', '>']) {
                Some(at) if declared[at..].starts_with('[') => {
                    declared.split_once("]>").map(|(_, after)| after)?
                }
                _ => declared.split_once('>')?.1,
            }
        } else {
            break;
        };
        rest = after.trim_start();
    }
    let name = rest.strip_prefix('<')?;
    let name: String =
        name.chars().take_while(|c| c.is_alphanumeric() || matches!(c, ':' | '-' | '_' | '.')).collect();
    let local = name.rsplit(':').next().unwrap_or_default().to_lowercase();
    (!local.is_empty()).then_some(local)
}

/// A name that is safe to keep and to offer: without a path, control characters or marks that turn text around.
#[must_use]
pub fn clean_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let plain: String = last.chars().filter(|c| !c.is_control() && !turns_text(*c)).collect();
    let plain = plain.trim().trim_matches('.').trim();
    let (stem, extension) = plain.rsplit_once('.').unwrap_or((plain, ""));
    let extension = extension.chars().take(10).collect::<String>().trim().to_owned();
    let stem: String = stem.chars().take(NAME - 11).collect();
    match (stem.trim_end(), extension.as_str()) {
        ("", "") => "file".to_owned(),
        ("", extension) => format!("file.{extension}"),
        (stem, "") => stem.to_owned(),
        (stem, extension) => format!("{stem}.{extension}"),
    }
}

/// Marks of direction and characters without width, with which a name can look like another.
const fn turns_text(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_serves_as_proof_is_taken() {
        for (name, head) in [
            ("a.pdf", b"%PDF-1.7\n".as_slice()),
            ("a.PNG", b"\x89PNG\r\n\x1a\nrest"),
            ("a.jpeg", b"\xff\xd8\xff\xe0"),
            ("a.webp", b"RIFF\x00\x00\x00\x00WEBPVP8 "),
            ("a.docx", b"PK\x03\x04"),
            ("a.log", b"\x1b[31mfailed: <script>alert(1)</script>\x1b[0m"),
            ("a.json", b"{\"a\": 1}"),
            ("a.xml", b"<?xml version=\"1.0\"?><!-- x --><!DOCTYPE suite [<!ENTITY a \"b\">]><suite/>"),
            ("a.txt", "gr\u{fc}n".as_bytes()),
        ] {
            assert!(media_type(name, head).is_ok(), "{name}");
        }
    }

    #[test]
    fn what_would_run_or_lies_is_refused() {
        for (name, head, why) in [
            ("a.svg", b"<svg onload=alert(1)>".as_slice(), Refused::Unknown),
            ("a.html", b"<p>", Refused::Unknown),
            ("a.exe", b"MZ\x90\x00", Refused::Unknown),
            ("noextension", b"text", Refused::Unknown),
            ("a.png", b"<html><script>alert(1)</script>", Refused::Disagrees),
            ("a.pdf", b" %PDF-1.7", Refused::Disagrees),
            ("a.txt", b"MZ\x90\x00", Refused::Disagrees),
            ("a.txt", b"\xff\xfe", Refused::Disagrees),
            ("a.xml", b"no element", Refused::Disagrees),
            ("a.txt", b"\xef\xbb\xbf \n<!-- x --><HTML>", Refused::Active),
            ("a.txt", b"<!DOCTYPE html>", Refused::Active),
            ("a.xml", b"<?xml version='1.0'?><s:svg xmlns:s='x'/>", Refused::Active),
            ("a.csv", b"<ScRiPt src=x>", Refused::Active),
            ("a.log", b"#!/bin/sh", Refused::Active),
            ("a.md", b"<?PHP echo 1;", Refused::Active),
        ] {
            assert_eq!(media_type(name, head), Err(why), "{name} {}", String::from_utf8_lossy(head));
        }
    }

    #[test]
    fn a_name_loses_what_could_mislead() {
        for (sent, kept) in [
            ("../../etc/report.pdf", "report.pdf"),
            ("C:\\temp\\report.pdf", "report.pdf"),
            ("a\r\nSet-Cookie: x=1.txt", "aSet-Cookie: x=1.txt"),
            ("\u{202e}fdp.exe.txt", "fdp.exe.txt"),
            ("", "file"),
            (" .. ", "file"),
            (".pdf", "pdf"),
        ] {
            assert_eq!(clean_name(sent), kept);
        }
        let long = clean_name(&format!("{}.pdf", "x".repeat(500)));
        assert!(long.ends_with(".pdf") && long.len() <= NAME, "{long}");
    }

    proptest! {
        #[test]
        fn any_name_is_one_line_without_a_path(name in "\\PC{0,300}|.{0,300}") {
            let clean = clean_name(&name);
            prop_assert!(!clean.is_empty() && clean.chars().count() <= NAME);
            prop_assert!(!clean.contains(['/', '\\', '\r', '\n', '\0']));
            prop_assert_eq!(clean_name(&clean), clean.clone());
        }

        #[test]
        fn any_bytes_are_judged(name in "[a-z]{1,3}\\.(xml|txt|png|zip)", head in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _judged = media_type(&name, &head).is_ok();
        }
    }
}
