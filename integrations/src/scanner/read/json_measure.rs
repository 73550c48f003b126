//! How long the next JSON value is, found without reading it into anything.

use super::json::JsonReader;
use crate::scanner::finding::ParseError;
use crate::scanner::limits;

impl JsonReader<'_> {
    /// Length of the object, list or string at the position.
    pub(super) fn measure_nested(&mut self) -> Result<usize, ParseError> {
        let mut at = 0;
        let mut depth = 0;
        let mut text_start = None;
        let mut escaped = false;
        loop {
            let window = &self.buffer[self.position..self.readable];
            while at < window.len() {
                if escaped {
                    escaped = false;
                    at += 1;
                } else if let Some(start) = text_start {
                    match window[at..].iter().position(|byte| matches!(byte, b'"' | b'\\')) {
                        None => at = window.len(),
                        Some(further) => {
                            at += further;
                            escaped = window[at] == b'\\';
                            at += 1;
                            if !escaped {
                                text_start = None;
                            }
                        }
                    }
                    if at - start > limits::STRING_BYTES {
                        return Err(self.error_at(
                            self.position + start,
                            format!(
                                "This text is longer than {} KiB, more than any scanner writes.",
                                limits::STRING_BYTES / 1024
                            ),
                        ));
                    }
                    if text_start.is_none() && depth == 0 {
                        return Ok(at);
                    }
                } else {
                    match window[at] {
                        b'"' => text_start = Some(at),
                        b'{' | b'[' => {
                            depth += 1;
                            if self.open.len() + depth > limits::DEPTH {
                                self.position += at;
                                return Err(self.too_deep());
                            }
                        }
                        b'}' | b']' => depth -= 1,
                        _ => {}
                    }
                    at += 1;
                    if depth == 0 && text_start.is_none() {
                        return Ok(at);
                    }
                }
            }
            if at > limits::RECORD_BYTES {
                return Err(self.error_here(format!(
                    "This record is larger than {} MiB.",
                    limits::RECORD_BYTES / 1024 / 1024
                )));
            }
            if !self.refill()? {
                return Err(self.truncated());
            }
        }
    }

    /// Length of the number or word at the position.
    pub(super) fn measure_scalar(&mut self) -> Result<usize, ParseError> {
        let mut at = 0;
        loop {
            let window = &self.buffer[self.position..self.readable];
            if let Some(end) = window[at..].iter().position(|byte| {
                matches!(byte, b',' | b']' | b'}' | b':' | b'"' | b' ' | b'\n' | b'\r' | b'\t')
            }) {
                // At least one byte, so that a stray mark becomes an error of the grammar and never an endless loop.
                return Ok((at + end).max(1));
            }
            at = window.len();
            if at > 4096 {
                return Err(self.syntax("a value is expected here"));
            }
            if !self.refill()? {
                return if at == 0 { Err(self.truncated()) } else { Ok(at) };
            }
        }
    }
}
