//! XML as a stream: the elements that hold records are handed out one by one as small trees.
//!
//! Definitions of entities are refused and references to them are never resolved, so nothing can grow while it is read.

use std::cell::Cell;
use std::io::{self, BufRead, BufReader, Read, SeekFrom};
use std::rc::Rc;

use quick_xml::XmlVersion;
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::reader::Reader;

use super::json::{ReadSeek, RecordError};
use crate::scanner::finding::ParseError;
use crate::scanner::limits;

/// One element with what is in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Element {
    /// Name without its prefix.
    pub(crate) name: String,
    attributes: Vec<(String, String)>,
    /// Its own text, trimmed at both ends.
    pub(crate) text: String,
    /// The elements in it, in order.
    pub(crate) children: Vec<Element>,
}

impl Element {
    /// The value of an attribute, else nothing.
    pub(crate) fn attribute(&self, name: &str) -> &str {
        self.attributes.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    /// The first element of this name in it.
    pub(crate) fn child(&self, name: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.name == name)
    }

    /// All elements of this name in it.
    pub(crate) fn all<'e>(&'e self, name: &'e str) -> impl Iterator<Item = &'e Element> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The text of the element at a path of names, separated by `/`, else nothing.
    pub(crate) fn text_of(&self, path: &str) -> &str {
        let mut element = self;
        for name in path.split('/') {
            match element.child(name) {
                Some(child) => element = child,
                None => return "",
            }
        }
        &element.text
    }

    /// The text of a child that must say something.
    pub(crate) fn required(&self, path: &str) -> Result<&str, RecordError> {
        match self.text_of(path) {
            "" => Err(RecordError::Shape(format!("<{path}> is missing"))),
            text => Ok(text),
        }
    }
}

/// One element that was asked for.
pub(crate) struct Found<'f> {
    /// Which of the wanted paths it is.
    pub(crate) path: &'f str,
    /// The element.
    pub(crate) element: Element,
    /// The elements around it, outermost first; of them only names and attributes are known.
    pub(crate) around: &'f [Element],
    /// Line on which it starts, from 1.
    pub(crate) line: u64,
}

/// Hands out each element that stands at one of the wanted paths (`report/site/alert`, names without prefixes).
pub(crate) fn elements(
    file: &mut dyn ReadSeek,
    wanted: &[&str],
    visit: &mut dyn FnMut(Found<'_>) -> Result<(), ParseError>,
) -> Result<(), ParseError> {
    file.seek(SeekFrom::Start(0))
        .map_err(|error| ParseError::whole(format!("The file could not be read: {error}.")))?;
    let allowance = Rc::new(Cell::new(limits::RECORD_BYTES));
    let lines = Rc::new(Cell::new(1));
    let bounded = Bounded {
        inner: BufReader::with_capacity(64 * 1024, file),
        allowance: allowance.clone(),
        lines: lines.clone(),
    };
    let mut reader = Reader::from_reader(bounded);
    let config = reader.config_mut();
    config.expand_empty_elements = true;
    config.trim_text_start = false;
    let mut walk =
        Walk { open: Vec::new(), path: String::new(), record: Vec::new(), record_line: 0, seen: false };
    let mut buffer = Vec::new();
    loop {
        buffer.clear();
        if walk.record.is_empty() {
            allowance.set(limits::RECORD_BYTES);
        }
        let event = reader.read_event_into(&mut buffer).map_err(|error| unreadable(&error, lines.get()))?;
        let at_line = |reason: String| ParseError { reason, line: Some(lines.get()), column: None };
        match event {
            Event::Start(start) | Event::Empty(start) => {
                walk.start(&start, wanted, lines.get()).map_err(at_line)?
            }
            Event::End(_) => {
                if let Some((element, line)) = walk.end() {
                    if let Some(path) = wanted.iter().find(|path| **path == walk.path) {
                        visit(Found { path, element, around: &walk.open, line })?;
                    }
                    walk.shorten();
                }
            }
            Event::Text(text) => walk.text(&text.xml_content(XmlVersion::default())),
            Event::CData(text) => walk.text(&text.xml_content(XmlVersion::default())),
            Event::GeneralRef(reference) => walk.text(&resolved(&reference).map_err(at_line)?),
            Event::DocType(definition) if definition.to_ascii_uppercase().contains("<!ENTITY") => {
                return Err(at_line(
                    "This XML defines entities, which no scanner needs and attackers use. Remove the DOCTYPE and upload it again."
                        .to_owned(),
                ));
            }
            Event::DocType(_) | Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
            Event::Eof => break,
        }
    }
    if !walk.open.is_empty() || !walk.record.is_empty() || !walk.seen {
        return Err(ParseError {
            reason: "The report ends in the middle: the scan or the upload was cut short. Run the scan again and upload the whole file.".to_owned(),
            line: Some(lines.get()),
            column: None,
        });
    }
    Ok(())
}

struct Walk {
    /// Open elements outside of a record.
    open: Vec<Element>,
    /// Names of the open elements, joined by `/`.
    path: String,
    /// Open elements of the record that is being read, outermost first.
    record: Vec<Element>,
    record_line: u64,
    seen: bool,
}

impl Walk {
    fn start(&mut self, start: &BytesStart<'_>, wanted: &[&str], line: u64) -> Result<(), String> {
        if self.open.len() + self.record.len() >= limits::DEPTH {
            return Err(format!(
                "Elements are nested more than {} deep, more than any scanner writes.",
                limits::DEPTH
            ));
        }
        self.seen = true;
        let mut element = Element { name: start.local_name().into_inner().to_owned(), ..Element::default() };
        for attribute in start.attributes() {
            let attribute = attribute.map_err(|error| format!("This is not valid XML: {error}."))?;
            let value = attribute
                .normalized_value(XmlVersion::default())
                .map_err(|error| format!("This attribute cannot be read: {error}."))?;
            let name = attribute.key.local_name().into_inner().to_owned();
            element.attributes.push((name, value.into_owned()));
        }
        if self.record.is_empty() {
            if !self.path.is_empty() {
                self.path.push('/');
            }
            self.path.push_str(&element.name);
            if wanted.contains(&self.path.as_str()) {
                self.record_line = line;
                self.record.push(element);
            } else {
                self.open.push(element);
            }
        } else {
            self.record.push(element);
        }
        Ok(())
    }

    /// Closes an element; answers with a record when it was the outermost of one.
    fn end(&mut self) -> Option<(Element, u64)> {
        match self.record.pop() {
            Some(mut element) => {
                element.text = element.text.trim().to_owned();
                match self.record.last_mut() {
                    Some(parent) => {
                        parent.children.push(element);
                        None
                    }
                    None => Some((element, self.record_line)),
                }
            }
            None => {
                self.open.pop();
                self.shorten();
                None
            }
        }
    }

    fn shorten(&mut self) {
        let end = self.path.rfind('/').unwrap_or(0);
        self.path.truncate(end);
    }

    fn text(&mut self, text: &str) {
        if let Some(element) = self.record.last_mut() {
            element.text.push_str(text);
        }
    }
}

/// A character reference or one of the five names that XML itself defines.
fn resolved(reference: &BytesRef<'_>) -> Result<String, String> {
    if let Ok(Some(character)) = reference.resolve_char_ref() {
        return Ok(character.to_string());
    }
    let name: &str = reference;
    quick_xml::escape::resolve_predefined_entity(name).map(str::to_owned).ok_or_else(|| {
        format!(
            "The entity &{}; is not defined by XML itself, and others are not read.",
            limits::cut(name, 40)
        )
    })
}

fn unreadable(error: &quick_xml::Error, line: u64) -> ParseError {
    let reason = match error {
        quick_xml::Error::Io(error) if error.kind() == io::ErrorKind::FileTooLarge => error.to_string(),
        quick_xml::Error::Io(error) => format!("The file could not be read: {error}."),
        quick_xml::Error::Encoding(_) => {
            "This is not UTF-8. Save the report as UTF-8 and upload it again.".to_owned()
        }
        other => format!("This is not valid XML: {other}."),
    };
    ParseError { reason, line: Some(line), column: None }
}

/// Counts lines, and stops when one record asks for too much.
struct Bounded<R> {
    inner: R,
    allowance: Rc<Cell<usize>>,
    lines: Rc<Cell<u64>>,
}

impl<R: BufRead> Read for Bounded<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let available = self.fill_buf()?;
        let count = available.len().min(into.len());
        into[..count].copy_from_slice(&available[..count]);
        self.consume(count);
        Ok(count)
    }
}

impl<R: BufRead> BufRead for Bounded<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.allowance.get() == 0 {
            return Err(io::Error::new(
                io::ErrorKind::FileTooLarge,
                format!("This record is larger than {} MiB.", limits::RECORD_BYTES / 1024 / 1024),
            ));
        }
        self.inner.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        if let Ok(bytes) = self.inner.fill_buf() {
            let passed = &bytes[..amount.min(bytes.len())];
            let ends = passed.iter().filter(|byte| **byte == b'\n').count();
            self.lines.set(self.lines.get() + ends as u64);
        }
        self.allowance.set(self.allowance.get().saturating_sub(amount));
        self.inner.consume(amount);
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn read(text: &str, wanted: &[&str]) -> Result<Vec<(String, u64, Element)>, ParseError> {
        let mut all = Vec::new();
        elements(&mut Cursor::new(text.as_bytes()), wanted, &mut |found| {
            let around: Vec<_> = found
                .around
                .iter()
                .map(|element| format!("{}={}", element.name, element.attribute("id")))
                .collect();
            all.push((around.join("/"), found.line, found.element));
            Ok(())
        })?;
        Ok(all)
    }

    #[test]
    fn records_come_out_with_what_is_around_them() {
        let text = "<?xml version=\"1.0\"?>\n<r><s id='1'><p:t k=\"a&amp;b\">\n <n>x &lt; <![CDATA[<y>]]>&#33;</n><e/></p:t></s>\n<s id='2'><t/></s></r>";
        let found = read(text, &["r/s/t"]).unwrap();
        assert_eq!(found.len(), 2);
        assert_eq!((found[0].0.as_str(), found[0].1), ("r=/s=1", 2));
        assert_eq!(found[0].2.attribute("k"), "a&b");
        assert_eq!(found[0].2.text_of("n"), "x < <y>!");
        assert_eq!((found[1].0.as_str(), found[1].1), ("r=/s=2", 4));
    }

    #[test]
    fn entities_are_refused() {
        let bomb = "<!DOCTYPE r [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]><r><t>&b;</t></r>";
        assert!(read(bomb, &["r/t"]).unwrap_err().reason.contains("entities"));
        assert!(read("<r><t>&b;</t></r>", &["r/t"]).unwrap_err().reason.contains("&b;"));
        let harmless = "<!DOCTYPE r [<!ELEMENT r (t*)>]><r><t>1</t></r>";
        assert_eq!(read(harmless, &["r/t"]).unwrap().len(), 1);
    }

    #[test]
    fn depth_and_size_are_bounded_and_cut_files_are_refused() {
        assert!(read(&"<a>".repeat(1000), &[]).unwrap_err().reason.contains("deep"));
        let long = format!("<r><t>{}</t></r>", "x".repeat(limits::RECORD_BYTES + 1024 * 1024));
        assert!(read(&long, &["r/t"]).unwrap_err().reason.contains("larger"));
        let many = format!("<r><t>{}</t></r>", "<n>abcdefgh</n>".repeat(limits::RECORD_BYTES / 10));
        assert!(read(&many, &["r/t"]).unwrap_err().reason.contains("larger"));
        assert!(read("<r><t>", &["r/t"]).unwrap_err().reason.contains("cut short"));
        assert!(read("<r><t></r>", &["r/t"]).unwrap_err().reason.contains("valid XML"));
    }
}
