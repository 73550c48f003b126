//! The bytes of the file that the pull reader holds: reading on, checking the encoding, telling places.

use std::io::SeekFrom;

use super::json::{JsonReader, Place};
use crate::scanner::finding::ParseError;
use crate::scanner::limits;

const CHUNK: usize = 256 * 1024;

impl JsonReader<'_> {
    /// Drops what was consumed and reads on; false at the end of the file.
    pub(super) fn refill(&mut self) -> Result<bool, ParseError> {
        if self.ended {
            return Ok(false);
        }
        self.origin = self.place(self.position);
        self.origin_index = 0;
        self.buffer.drain(..self.position);
        self.readable -= self.position;
        self.position = 0;
        let before = self.readable;
        self.read_chunk()?;
        self.check_encoding()?;
        Ok(self.readable > before || !self.ended)
    }

    pub(super) fn read_chunk(&mut self) -> Result<(), ParseError> {
        let filled = self.buffer.len();
        self.buffer.resize(filled + CHUNK, 0);
        let mut end = filled;
        while end < filled + CHUNK {
            match self.source.read(&mut self.buffer[end..]) {
                Ok(0) => {
                    self.ended = true;
                    break;
                }
                Ok(count) => end += count,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(ParseError::whole(format!("The file could not be read: {error}."))),
            }
        }
        self.buffer.truncate(end);
        Ok(())
    }

    pub(super) fn check_encoding(&mut self) -> Result<(), ParseError> {
        match std::str::from_utf8(&self.buffer[self.readable..]) {
            Ok(_) => self.readable = self.buffer.len(),
            Err(error) => {
                self.readable += error.valid_up_to();
                if error.error_len().is_some() || self.ended {
                    return Err(self.error_at(
                        self.readable,
                        "This byte is not UTF-8. Save the report as UTF-8 and upload it again.".to_owned(),
                    ));
                }
            }
        }
        Ok(())
    }

    pub(super) fn seek_to(&mut self, offset: u64) -> Result<(), ParseError> {
        match self.source.seek(SeekFrom::Start(offset)) {
            Ok(_) => Ok(()),
            Err(error) => Err(ParseError::whole(format!("The file could not be read: {error}."))),
        }
    }

    pub(super) fn place(&self, index: usize) -> Place {
        let passed = self.buffer.get(self.origin_index..index).unwrap_or_default();
        let offset = self.origin.offset + passed.len() as u64;
        match passed.iter().rposition(|byte| *byte == b'\n') {
            None => Place { offset, ..self.origin },
            Some(last) => Place {
                offset,
                line: self.origin.line + passed.iter().filter(|byte| **byte == b'\n').count() as u64,
                line_start: self.origin.offset + last as u64 + 1,
            },
        }
    }

    pub(super) fn error_at(&self, index: usize, reason: String) -> ParseError {
        let place = self.place(index);
        ParseError { reason, line: Some(place.line), column: Some(place.offset - place.line_start + 1) }
    }

    /// An error about the place where the reader stands.
    pub(crate) fn error_here(&self, reason: String) -> ParseError {
        self.error_at(self.position, reason)
    }

    pub(super) fn syntax(&self, what: &str) -> ParseError {
        self.error_here(format!("This is not valid JSON: {what}."))
    }

    pub(super) fn truncated(&self) -> ParseError {
        self.error_at(self.readable, "The report ends in the middle: the scan or the upload was cut short. Run the scan again and upload the whole file.".to_owned())
    }

    pub(super) fn too_deep(&self) -> ParseError {
        self.error_here(format!(
            "Objects and lists are nested more than {} deep, more than any scanner writes.",
            limits::DEPTH
        ))
    }
}
