//! A pull reader for large JSON files: walks into the lists that hold records and hands each record out as bytes.
//!
//! Memory stays bounded by one record; every limit and the encoding are checked on the way, so that whatever a format
//! file does with a record has already passed them. Lists that come before what explains them are bookmarked, and read
//! once the rest of their object is known.

use std::io::{Read, Seek};

use serde::de::{DeserializeOwned, IgnoredAny};

use crate::scanner::finding::ParseError;
use crate::scanner::limits;

/// A file or anything like it.
pub trait ReadSeek: Read + Seek {}
impl<T: Read + Seek> ReadSeek for T {}

pub(crate) struct JsonReader<'r> {
    pub(super) source: &'r mut dyn ReadSeek,
    pub(super) buffer: Vec<u8>,
    /// Next unread byte.
    pub(super) position: usize,
    /// End of the bytes that are known to be UTF-8; at most three further bytes wait for the rest of their character.
    pub(super) readable: usize,
    /// The place of `buffer[origin_index]`, moved along so that each line end is counted once.
    pub(super) origin: Place,
    pub(super) origin_index: usize,
    /// One entry an open object or list: nothing read in it yet.
    pub(super) open: Vec<bool>,
    pub(super) ended: bool,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) offset: u64,
    pub(super) line: u64,
    pub(super) line_start: u64,
}

/// A place to come back to.
#[derive(Clone, Debug)]
pub(crate) struct Bookmark {
    place: Place,
    open: Vec<bool>,
}

/// One value as it stands in the file.
#[derive(Debug)]
pub(crate) struct RawJson<'b> {
    pub(crate) bytes: &'b [u8],
    pub(crate) line: u64,
    pub(crate) column: u64,
}

/// Why a record cannot be used.
#[derive(Debug)]
pub(crate) enum RecordError {
    /// It is no JSON: the file is broken.
    Syntax(ParseError),
    /// It is JSON, but not what the format says.
    Shape(String),
}

impl<'b> RawJson<'b> {
    /// Reads the value into a type.
    pub(crate) fn read<T: serde::Deserialize<'b>>(&self) -> Result<T, RecordError> {
        serde_json::from_slice(self.bytes).map_err(|error| {
            let reason = error.to_string();
            let reason = reason.split(" at line ").next().unwrap_or_default().to_owned();
            if error.is_data() {
                return RecordError::Shape(reason);
            }
            let (line, column) = match error.line() as u64 {
                0 | 1 => (self.line, self.column + (error.column() as u64).saturating_sub(1)),
                further => (self.line + further - 1, error.column() as u64),
            };
            RecordError::Syntax(ParseError {
                reason: format!("This is not valid JSON: {reason}. Write the report again with the scanner's JSON or SARIF output."),
                line: Some(line),
                column: Some(column),
            })
        })
    }
}

impl<'r> JsonReader<'r> {
    /// Starts at the beginning of the file.
    pub(crate) fn new(source: &'r mut dyn ReadSeek) -> Result<Self, ParseError> {
        let origin = Place { offset: 0, line: 1, line_start: 0 };
        let mut reader = Self {
            source,
            buffer: Vec::new(),
            position: 0,
            readable: 0,
            origin,
            origin_index: 0,
            open: Vec::new(),
            ended: false,
        };
        reader.seek_to(0)?;
        // The opening is looked at before UTF-8 is checked, so that other encodings are refused by their own name.
        reader.read_chunk()?;
        let mark = limits::opening(&reader.buffer)?;
        reader.position = mark + limits::preamble(&reader.buffer[mark..]);
        reader.check_encoding()?;
        Ok(reader)
    }

    /// First byte of the next value, without consuming it.
    pub(crate) fn peek(&mut self) -> Result<u8, ParseError> {
        match self.peek_or_end()? {
            Some(byte) => Ok(byte),
            None => Err(self.truncated()),
        }
    }

    /// Steps into an object.
    pub(crate) fn enter_object(&mut self) -> Result<(), ParseError> {
        self.enter(b'{', "an object `{…}`")
    }

    /// Steps into a list.
    pub(crate) fn enter_array(&mut self) -> Result<(), ParseError> {
        self.enter(b'[', "a list `[…]`")
    }

    /// The next key of the object, or `None` at its end.
    pub(crate) fn next_key(&mut self) -> Result<Option<String>, ParseError> {
        if !self.next_entry(b'}')? {
            return Ok(None);
        }
        if self.peek()? != b'"' {
            return Err(self.syntax("a key in double quotes is expected here"));
        }
        let key = self.value::<String>()?;
        if self.peek()? != b':' {
            return Err(self.syntax("a colon is expected after the key"));
        }
        self.position += 1;
        self.peek()?;
        Ok(Some(key))
    }

    /// Whether the list has a further element.
    pub(crate) fn next_element(&mut self) -> Result<bool, ParseError> {
        self.next_entry(b']')
    }

    /// The next value as bytes, limits checked, grammar not yet.
    pub(crate) fn raw(&mut self) -> Result<RawJson<'_>, ParseError> {
        let first = self.peek()?;
        let place = self.place(self.position);
        self.origin = place;
        self.origin_index = self.position;
        let length = match first {
            b'{' | b'[' | b'"' => self.measure_nested()?,
            _ => self.measure_scalar()?,
        };
        let start = self.position;
        self.position += length;
        Ok(RawJson {
            bytes: &self.buffer[start..start + length],
            line: place.line,
            column: place.offset - place.line_start + 1,
        })
    }

    /// The next value as a type; a wrong shape fails the file.
    pub(crate) fn value<T: DeserializeOwned>(&mut self) -> Result<T, ParseError> {
        let raw = self.raw()?;
        let (line, column) = (raw.line, raw.column);
        raw.read().map_err(|error| match error {
            RecordError::Syntax(error) => error,
            RecordError::Shape(reason) => {
                ParseError { reason: format!("{reason}."), line: Some(line), column: Some(column) }
            }
        })
    }

    /// The next value when it is a text; anything else counts as none.
    pub(crate) fn text(&mut self) -> Result<String, ParseError> {
        match self.peek()? {
            b'"' => self.value(),
            _ => self.skip().map(|()| String::new()),
        }
    }

    /// Steps over the next value, grammar checked.
    pub(crate) fn skip(&mut self) -> Result<(), ParseError> {
        match self.peek()? {
            b'{' => {
                self.enter_object()?;
                while self.next_key()?.is_some() {
                    self.skip()?;
                }
            }
            b'[' => {
                self.enter_array()?;
                while self.next_element()? {
                    self.skip()?;
                }
            }
            _ => {
                self.value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }

    /// Steps over a list of records, of which only limits and encoding are checked.
    pub(crate) fn pass_over_list(&mut self) -> Result<(), ParseError> {
        self.enter_array()?;
        while self.next_element()? {
            self.raw()?;
        }
        Ok(())
    }

    /// Steps over a list and counts its elements; `null` is an empty list.
    pub(crate) fn count(&mut self) -> Result<usize, ParseError> {
        let mut count = 0;
        self.list(&mut |reader, _| {
            count += 1;
            reader.skip()
        })?;
        Ok(count)
    }

    /// Steps over `null`; false when the next value is something else.
    pub(crate) fn skip_null(&mut self) -> Result<bool, ParseError> {
        let null = self.peek()? == b'n';
        if null {
            self.skip()?;
        }
        Ok(null)
    }

    /// Nothing but white space may follow the report.
    pub(crate) fn finish(&mut self) -> Result<(), ParseError> {
        match self.peek_or_end()? {
            None => Ok(()),
            Some(_) => {
                Err(self.syntax("more text follows after the end of the report; upload one report a file"))
            }
        }
    }

    /// Whether a further value follows, as in lines of JSON or values set one after the other.
    pub(crate) fn next_value(&mut self) -> Result<bool, ParseError> {
        if self.peek_or_end()? == Some(b',') {
            return Err(self.syntax("a comma stands between two values"));
        }
        Ok(self.peek_or_end()?.is_some())
    }

    /// Gives every key of an object to a visitor, which answers whether it has read the value; other values are
    /// stepped over, and `null` is an object without keys.
    pub(crate) fn object(
        &mut self,
        visit: &mut dyn FnMut(&mut Self, &str) -> Result<bool, ParseError>,
    ) -> Result<(), ParseError> {
        if self.skip_null()? {
            return Ok(());
        }
        self.enter_object()?;
        while let Some(key) = self.next_key()? {
            if !visit(self, &key)? {
                self.skip()?;
            }
        }
        Ok(())
    }

    /// Gives every element of a list to a visitor, which has to read it; `null` is an empty list.
    pub(crate) fn list(
        &mut self,
        visit: &mut dyn FnMut(&mut Self, usize) -> Result<(), ParseError>,
    ) -> Result<(), ParseError> {
        if self.skip_null()? {
            return Ok(());
        }
        self.enter_array()?;
        let mut number = 0;
        while self.next_element()? {
            visit(self, number)?;
            number += 1;
        }
        Ok(())
    }

    /// Where the reader stands.
    pub(crate) fn bookmark(&self) -> Bookmark {
        Bookmark { place: self.place(self.position), open: self.open.clone() }
    }

    /// Goes to a place that was bookmarked.
    pub(crate) fn return_to(&mut self, bookmark: &Bookmark) -> Result<(), ParseError> {
        self.seek_to(bookmark.place.offset)?;
        self.buffer.clear();
        self.position = 0;
        self.readable = 0;
        self.ended = false;
        self.origin = bookmark.place;
        self.origin_index = 0;
        self.open.clone_from(&bookmark.open);
        Ok(())
    }

    fn enter(&mut self, bracket: u8, what: &str) -> Result<(), ParseError> {
        if self.peek()? != bracket {
            return Err(self.error_here(format!(
                "{what} is expected here; this does not look like the format it was read as."
            )));
        }
        if self.open.len() >= limits::DEPTH {
            return Err(self.too_deep());
        }
        self.position += 1;
        self.open.push(true);
        Ok(())
    }

    fn next_entry(&mut self, closing: u8) -> Result<bool, ParseError> {
        let first = self.open.last().copied().unwrap_or(true);
        match self.peek()? {
            byte if byte == closing => {
                self.position += 1;
                self.open.pop();
                return Ok(false);
            }
            b',' if !first => {
                self.position += 1;
                if self.peek()? == closing {
                    return Err(self.syntax("a value is expected after the comma"));
                }
            }
            _ if first => {}
            _ => return Err(self.syntax("a comma or the end of the list or object is expected here")),
        }
        if let Some(fresh) = self.open.last_mut() {
            *fresh = false;
        }
        Ok(true)
    }

    fn peek_or_end(&mut self) -> Result<Option<u8>, ParseError> {
        loop {
            while let Some(&byte) = self.buffer[..self.readable].get(self.position) {
                if !matches!(byte, b' ' | b'\n' | b'\r' | b'\t') {
                    return Ok(Some(byte));
                }
                self.position += 1;
            }
            if !self.refill()? {
                return Ok(None);
            }
        }
    }
}
