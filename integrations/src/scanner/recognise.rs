//! Tells the format of a file from its beginning: the shape of its root, and the keys that stand there.

use std::io::{Cursor, Read, SeekFrom};

use quick_xml::events::Event;

use super::finding::ParseError;
use super::limits;
use super::read::json::{JsonReader, ReadSeek, RecordError};
use super::read::table;

/// How sure a format is that a file is its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Certainty {
    /// It is not.
    No,
    /// It could be, and few others could.
    Likely,
    /// It carries marks that no other format has.
    Certain,
}

/// What the root of the file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Root {
    /// A JSON object; its keys are known.
    Object,
    /// A JSON list; the keys of its first element are known.
    Array,
    /// The JSON word `null`.
    Null,
    /// XML; the name of the outermost element is known, and its attributes.
    Xml,
    /// YAML; the keys of its root are known.
    Yaml,
    /// A table of text; its columns are known.
    Table,
    /// A zip archive, such as a spreadsheet.
    Zip,
    /// Anything else.
    Other,
}

/// The beginning of a file.
#[derive(Clone, Debug)]
pub struct Head {
    pub(crate) root: Root,
    /// Paths in order, such as `scan.type`, with their value where it is a short text. Lists count as their first
    /// element, and the root has no name.
    entries: Vec<(String, String)>,
    /// Further values follow the first one.
    pub(crate) several: bool,
    /// What is wrong with the beginning; told when no format claims the file.
    pub(crate) error: Option<ParseError>,
}

/// How deep the keys of the beginning are looked at, and how many of them are kept.
const KEY_DEPTH: usize = 5;
const KEYS: usize = 3_000;

impl Head {
    /// Reads the beginning of a file and leaves the file at its start.
    pub fn read(file: &mut dyn ReadSeek) -> Result<Self, ParseError> {
        let unreadable =
            |error: std::io::Error| ParseError::whole(format!("The file could not be read: {error}."));
        let mut bytes = Vec::with_capacity(16 * 1024);
        file.seek(SeekFrom::Start(0)).map_err(unreadable)?;
        file.take(limits::HEAD_BYTES as u64).read_to_end(&mut bytes).map_err(unreadable)?;
        file.seek(SeekFrom::Start(0)).map_err(unreadable)?;
        let mut head = Self { root: Root::Other, entries: Vec::new(), several: false, error: None };
        if bytes.starts_with(b"PK\x03\x04") {
            head.root = Root::Zip;
            return Ok(head);
        }
        let mark = limits::byte_order_mark(&bytes);
        let mark = mark + limits::preamble(&bytes[mark..]);
        let first = bytes[mark..].iter().copied().find(|byte| !byte.is_ascii_whitespace());
        if first != Some(b'<') {
            limits::opening(&bytes)?;
        }
        let whole = bytes.len() < limits::HEAD_BYTES;
        if let Err(encoding) = std::str::from_utf8(&bytes) {
            if encoding.error_len().is_some() || whole {
                let mut cursor = Cursor::new(&bytes);
                head.error = JsonReader::new(&mut cursor).err();
            }
            bytes.truncate(encoding.valid_up_to());
        }
        let text = std::str::from_utf8(&bytes[mark.min(bytes.len())..]).unwrap_or_default();
        match first {
            Some(b'<') => head.xml(text),
            Some(b'{' | b'[' | b'n') => head.json(&bytes, whole),
            _ if head.error.is_none() && head.text_file(text) => {}
            _ => head.json(&bytes, whole),
        }
        Ok(head)
    }

    fn json(&mut self, bytes: &[u8], whole: bool) {
        let mut cursor = Cursor::new(bytes);
        let walked = JsonReader::new(&mut cursor).and_then(|mut reader| self.walk(&mut reader));
        if let (Err(broken), true) = (walked, whole) {
            self.error.get_or_insert(broken);
        }
    }

    fn walk(&mut self, reader: &mut JsonReader<'_>) -> Result<(), ParseError> {
        self.root = match reader.peek()? {
            b'{' => Root::Object,
            b'[' => Root::Array,
            b'n' => Root::Null,
            _ => Root::Other,
        };
        self.value(reader, "", KEY_DEPTH)?;
        self.several = reader.next_value()?;
        Ok(())
    }

    fn value(&mut self, reader: &mut JsonReader<'_>, path: &str, depth: usize) -> Result<(), ParseError> {
        match reader.peek()? {
            b'{' if depth > 0 && self.entries.len() < KEYS => {
                reader.enter_object()?;
                while let Some(key) = reader.next_key()? {
                    let path = if path.is_empty() { key } else { format!("{path}.{key}") };
                    self.entries.push((path.clone(), String::new()));
                    self.value(reader, &path, depth - 1)?;
                }
                Ok(())
            }
            b'[' if depth > 0 => {
                reader.enter_array()?;
                let mut first = true;
                while reader.next_element()? {
                    if first {
                        self.value(reader, path, depth)?;
                    } else {
                        reader.skip()?;
                    }
                    first = false;
                }
                Ok(())
            }
            b'"' => {
                let text = reader.text()?;
                if text.len() <= 300
                    && let Some((_, known)) = self.entries.last_mut()
                {
                    *known = text;
                }
                Ok(())
            }
            b'{' | b'[' => reader.skip(),
            _ => {
                // Numbers and words tell schema versions apart.
                let raw = reader.raw()?;
                if let Err(RecordError::Syntax(error)) = raw.read::<serde::de::IgnoredAny>() {
                    return Err(error);
                }
                let text = String::from_utf8_lossy(raw.bytes).into_owned();
                if let Some((_, known)) = self.entries.last_mut() {
                    *known = text;
                }
                Ok(())
            }
        }
    }

    fn xml(&mut self, text: &str) {
        self.root = Root::Xml;
        let mut reader = quick_xml::Reader::from_str(text);
        let mut path = String::new();
        while let Ok(event) = reader.read_event() {
            let (start, empty) = match event {
                Event::Start(start) => (start, false),
                Event::Empty(start) => (start, true),
                Event::End(_) => {
                    path.truncate(path.rfind('/').unwrap_or(0));
                    continue;
                }
                Event::Eof => break,
                _ => continue,
            };
            if !path.is_empty() {
                path.push('/');
            }
            path.push_str(start.local_name().into_inner());
            self.entries.push((path.clone(), String::new()));
            for attribute in start.attributes().flatten() {
                let entry = format!("{path}@{}", attribute.key.into_inner());
                self.entries.push((entry, attribute.value.chars().take(300).collect()));
            }
            if empty {
                path.truncate(path.rfind('/').unwrap_or(0));
            }
            if self.entries.len() >= KEYS {
                break;
            }
        }
    }

    /// YAML has keys at the start of its lines, a table has one line of several columns.
    fn text_file(&mut self, text: &str) -> bool {
        let mut lines = text
            .lines()
            .map(str::trim_end)
            .filter(|line| !line.is_empty() && !line.starts_with('#') && !line.starts_with("---"));
        let Some(first) = lines.next() else {
            return false;
        };
        if key_of(first).is_some() {
            self.root = Root::Yaml;
            for line in std::iter::once(first).chain(lines).take(50_000) {
                if let Some((key, value)) = key_of(line)
                    && self.entries.len() < KEYS
                {
                    self.entries
                        .push((key.to_owned(), value.trim_matches(['"', '\'']).chars().take(300).collect()));
                }
            }
            return true;
        }
        let columns = table::header(first);
        if columns.len() >= 2 {
            self.root = Root::Table;
            self.entries = columns.into_iter().map(|column| (column, String::new())).collect();
            return true;
        }
        false
    }

    /// Whether all of these paths are there.
    #[must_use]
    pub fn has_all(&self, paths: &[&str]) -> bool {
        paths.iter().all(|path| self.has(path))
    }

    /// Whether any of these paths is there.
    #[must_use]
    pub fn has_any(&self, paths: &[&str]) -> bool {
        paths.iter().any(|path| self.has(path))
    }

    /// Whether this path is there and nothing else.
    #[must_use]
    pub fn has_only(&self, path: &str) -> bool {
        self.entries.len() == 1 && self.has(path)
    }

    /// Whether a path such as `scan.type` is there. Of XML, paths are `report/site` and `report/site@host`; of a
    /// table, the names of columns in small letters without blanks, `_` and `-`.
    #[must_use]
    pub fn has(&self, path: &str) -> bool {
        self.entries.iter().any(|(known, _)| known == path)
    }

    /// The text that stands at a path, else nothing.
    #[must_use]
    pub fn text(&self, path: &str) -> &str {
        self.entries.iter().find(|(known, _)| known == path).map_or("", |(_, value)| value)
    }

    /// Whether no key, element or column is there.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// What the root of the file is.
    #[must_use]
    pub fn root(&self) -> Root {
        self.root
    }

    /// What is wrong with the beginning of the file, if anything.
    #[must_use]
    pub fn error(&self) -> Option<&ParseError> {
        self.error.as_ref()
    }
}

/// The key that stands at the start of a line of YAML, and its value.
fn key_of(line: &str) -> Option<(&str, &str)> {
    let (key, rest) = line.split_once(':')?;
    let key = key.trim_matches(['"', '\'']);
    let simple = !key.is_empty()
        && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
    (simple && (rest.is_empty() || rest.starts_with(' '))).then(|| (key, rest.trim()))
}

#[cfg(test)]
mod tests {
    use super::super::ScanFormat;
    use super::*;

    fn format_of(text: &[u8]) -> Result<&'static str, ParseError> {
        let head = Head::read(&mut Cursor::new(text))?;
        ScanFormat::recognise(&head).map(ScanFormat::name)
    }

    #[test]
    fn content_tells_the_format() {
        assert_eq!(format_of(b"null"), Ok("trivy"));
        assert_eq!(format_of(b"\xEF\xBB\xBF {\"SchemaVersion\": 2, \"ArtifactName\": \".\"}"), Ok("trivy"));
        assert_eq!(format_of(b"[{\"Target\": \"x\", \"Vulnerabilities\": null}]"), Ok("trivy"));
        assert_eq!(format_of(b"{\"version\": \"2.1.0\", \"runs\": []}"), Ok("sarif"));
        let mut long = b"{\"version\": \"2.1.0\", \"runs\": [\"".to_vec();
        long.extend(std::iter::repeat_n(b'x', 2 * limits::HEAD_BYTES));
        assert_eq!(format_of(&long), Ok("sarif"));
        let mut sorted = b"{\"ArtifactName\": \".\", \"Results\": [\"".to_vec();
        sorted.extend(std::iter::repeat_n(b'x', 2 * limits::HEAD_BYTES));
        assert_eq!(format_of(&sorted), Ok("trivy"));
    }

    #[test]
    fn what_no_format_claims_is_explained() {
        assert!(format_of(b"{\"hello\": 1}").unwrap_err().reason.contains("Trivy"));
        assert!(format_of(b"{\"hello\": ").unwrap_err().reason.contains("cut short"));
        assert!(format_of(b"{\"hello\": \"\xFF\"}").unwrap_err().reason.contains("UTF-8"));
        assert!(format_of(b"").unwrap_err().reason.contains("empty"));
        assert!(format_of(b"hello").unwrap_err().reason.contains("JSON"));
    }

    #[test]
    fn nested_keys_elements_and_columns_are_known() {
        let head = |text: &str| Head::read(&mut Cursor::new(text.as_bytes())).unwrap();
        let json =
            head("[{\"scan\": {\"type\": \"sast\", \"no\": 2}, \"list\": [{\"a\": 1}, {\"b\": 2}]}]\n{}");
        assert_eq!((json.root, json.several), (Root::Array, true));
        assert_eq!((json.text("scan.type"), json.text("scan.no")), ("sast", "2"));
        assert!(json.has("list.a") && !json.has("list.b"));
        let xml = head("<?xml version=\"1.0\"?>\n<p:r v=\"1\"><s host=\"h\"/></p:r>");
        assert_eq!(xml.root, Root::Xml);
        assert!(xml.has("r/s"));
        assert_eq!(xml.text("r/s@host"), "h");
        let yaml = head("# a\n---\notmVersion: \"0.2.0\"\nproject:\n  name: x\n");
        assert_eq!((yaml.root, yaml.text("otmVersion")), (Root::Yaml, "0.2.0"));
        let table = head("Title;Severity\nx;High\n");
        assert!(table.root == Root::Table && table.has_all(&["title", "severity"]));
        assert_eq!(head("PK\u{3}\u{4}").root, Root::Zip);
    }
}
