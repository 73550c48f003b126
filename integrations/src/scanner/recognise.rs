//! Tells the format of a file from its beginning: the shape of its root, and the keys that stand there.

use std::io::{Cursor, Read, SeekFrom};

use super::finding::ParseError;
use super::json::{JsonReader, ReadSeek};
use super::limits;

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
    /// An object; its keys are known.
    Object,
    /// A list; the keys of its first element are known.
    Array,
    /// The word `null`.
    Null,
    /// Anything else.
    Other,
}

/// The beginning of a file.
#[derive(Clone, Debug)]
pub struct Head {
    pub(crate) root: Root,
    /// Keys in order, with their value where it is a short text.
    keys: Vec<(String, String)>,
    /// What is wrong with the beginning; told when no format claims the file.
    pub(crate) error: Option<ParseError>,
}

impl Head {
    /// Reads the beginning of a file and leaves the file at its start.
    pub fn read(file: &mut dyn ReadSeek) -> Result<Self, ParseError> {
        let unreadable =
            |error: std::io::Error| ParseError::whole(format!("The file could not be read: {error}."));
        let mut bytes = Vec::with_capacity(16 * 1024);
        file.seek(SeekFrom::Start(0)).map_err(unreadable)?;
        file.take(limits::HEAD_BYTES as u64).read_to_end(&mut bytes).map_err(unreadable)?;
        file.seek(SeekFrom::Start(0)).map_err(unreadable)?;
        limits::opening(&bytes)?;

        let whole = bytes.len() < limits::HEAD_BYTES;
        let mut error = None;
        if let Err(encoding) = std::str::from_utf8(&bytes) {
            if encoding.error_len().is_some() || whole {
                let mut cursor = Cursor::new(&bytes);
                error = JsonReader::new(&mut cursor).err();
            }
            bytes.truncate(encoding.valid_up_to());
        }
        let mut head = Self { root: Root::Other, keys: Vec::new(), error };
        let mut cursor = Cursor::new(&bytes);
        let walked = JsonReader::new(&mut cursor).and_then(|mut reader| head.walk(&mut reader));
        if let (Err(broken), true) = (walked, whole) {
            head.error.get_or_insert(broken);
        }
        Ok(head)
    }

    fn walk(&mut self, reader: &mut JsonReader<'_>) -> Result<(), ParseError> {
        match reader.peek()? {
            b'{' => {
                self.root = Root::Object;
                self.object(reader)?;
            }
            b'[' => {
                self.root = Root::Array;
                reader.enter_array()?;
                let mut first = true;
                while reader.next_element()? {
                    if first && reader.peek()? == b'{' {
                        self.object(reader)?;
                    } else {
                        reader.skip()?;
                    }
                    first = false;
                }
            }
            b'n' => {
                reader.skip()?;
                self.root = Root::Null;
            }
            _ => reader.skip()?,
        }
        reader.finish()
    }

    fn object(&mut self, reader: &mut JsonReader<'_>) -> Result<(), ParseError> {
        reader.enter_object()?;
        while let Some(key) = reader.next_key()? {
            self.keys.push((key, String::new()));
            let value = reader.text()?;
            if let Some((_, known)) = self.keys.last_mut()
                && value.len() <= 300
            {
                *known = value;
            }
        }
        Ok(())
    }

    pub(crate) fn has_all(&self, keys: &[&str]) -> bool {
        keys.iter().all(|key| self.has(key))
    }

    pub(crate) fn has_any(&self, keys: &[&str]) -> bool {
        keys.iter().any(|key| self.has(key))
    }

    fn has(&self, key: &str) -> bool {
        self.keys.iter().any(|(known, _)| known == key)
    }

    /// The text that stands at a key of the root, else nothing.
    #[must_use]
    pub fn text(&self, key: &str) -> &str {
        self.keys.iter().find(|(known, _)| known == key).map_or("", |(_, value)| value)
    }

    /// What is wrong with the beginning of the file, if anything.
    #[must_use]
    pub fn error(&self) -> Option<&ParseError> {
        self.error.as_ref()
    }
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
}
