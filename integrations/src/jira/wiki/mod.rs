//! Writes documents as wiki markup, which Data Center takes. What people wrote is shown letter for letter: every
//! character of theirs that could begin or end markup is escaped.
//!
//! A backslash before a punctuation mark takes its meaning away. A backslash itself is written as `&#92;`, since two of
//! them are a line break, and `&` as `&amp;` where it would begin such a reference.

use super::adf::{Block, CUT, Document, Inline, is_hidden, is_web_address};

/// Between two blocks.
const GAP: &str = "\n\n";

/// The languages that Data Center can colour; any other makes it complain in the text.
const LANGUAGES: [&str; 22] = [
    "bash",
    "c",
    "c#",
    "c++",
    "css",
    "go",
    "groovy",
    "html",
    "java",
    "javascript",
    "json",
    "lua",
    "perl",
    "php",
    "python",
    "ruby",
    "rust",
    "scala",
    "sql",
    "swift",
    "xml",
    "yaml",
];

/// Characters that begin or end markup, but not between two letters.
const WORD_MARKS: [char; 7] = ['*', '_', '^', '~', '+', '-', '#'];

/// The marks of smileys between round brackets, such as `(x)`.
const SIGNS: [&str; 15] = ["y", "n", "i", "/", "x", "!", "+", "-", "?", "on", "off", "*", "*r", "*g", "*b"];

/// `document` as wiki markup of at most `limit` characters, in the unit of JIRA (UTF-16).
pub(super) fn write(document: &Document, limit: usize) -> String {
    let reserved = length(GAP) + length(CUT);
    let mut writer = Writer { text: String::new(), left: limit.saturating_sub(reserved), cut: false };
    for block in &document.0 {
        writer.block(block);
        if writer.cut {
            break;
        }
    }
    let Writer { mut text, cut, .. } = writer;
    if cut && limit >= reserved {
        if !text.is_empty() {
            text.push_str(GAP);
        }
        text.push_str(CUT);
    }
    text
}

fn length(text: &str) -> usize {
    text.encode_utf16().count()
}

/// Text that is written as long as there is room, in pieces that are never torn apart.
struct Writer {
    text: String,
    left: usize,
    cut: bool,
}

impl Writer {
    /// Writes `piece` whole, or notes that there is no room for it.
    fn put(&mut self, piece: &str) -> bool {
        let needed = length(piece);
        if self.cut || needed > self.left {
            self.cut = true;
            return false;
        }
        self.left -= needed;
        self.text.push_str(piece);
        true
    }

    /// Keeps room for what has to end a piece, writes the piece, and ends it. Without room for all of that, nothing.
    fn within(&mut self, begin: &str, end: &str, write: impl FnOnce(&mut Self)) {
        let (begin_length, end_length) = (length(begin), length(end));
        if self.cut || self.left <= begin_length + end_length {
            self.cut = true;
            return;
        }
        self.left -= end_length;
        self.put(begin);
        write(self);
        self.text.push_str(end);
    }

    fn block(&mut self, block: &Block) {
        let before = (self.text.len(), self.left);
        if !self.text.is_empty() && !self.put(GAP) {
            return;
        }
        let begun = self.text.len();
        match block {
            Block::Heading { level, text } => {
                let text = one_line(text);
                if !text.is_empty() {
                    self.within(&format!("h{}. ", (*level).clamp(1, 6)), "", |writer| writer.escaped(&text));
                }
            }
            Block::Paragraph(pieces) => self.line(pieces),
            Block::BulletList(items) => self.list(items),
            Block::Code { language, text } => self.code(language.as_deref(), text),
            Block::Table { header, rows } => self.table(header, rows),
        }
        if self.text.len() == begun {
            self.text.truncate(before.0);
            self.left = before.1;
        }
    }

    fn list(&mut self, items: &[Vec<Inline>]) {
        let mut is_first = true;
        for item in items.iter().map(|item| flat(item)).filter(|item| !item.is_empty()) {
            let begin = if is_first { "* " } else { "\n* " };
            is_first = false;
            self.within(begin, "", |writer| writer.line(&item));
            if self.cut {
                return;
            }
        }
    }

    /// Nothing is escaped between the marks of a piece of code, so it must not hold the mark that ends it.
    fn code(&mut self, language: Option<&str>, text: &str) {
        let text: String = text.chars().filter(|character| !is_hidden(*character)).collect();
        if text.is_empty() {
            return;
        }
        let lower = text.to_ascii_lowercase();
        let mark = ["code", "noformat"].into_iter().find(|mark| !lower.contains(&format!("{{{mark}")));
        let Some(mark) = mark else { return self.escaped(&text) };
        let language = language.filter(|language| mark == "code" && LANGUAGES.contains(language));
        let begin = match language {
            Some(language) => format!("{{{mark}:{language}}}\n"),
            None => format!("{{{mark}}}\n"),
        };
        self.within(&begin, &format!("\n{{{mark}}}"), |writer| {
            for character in text.chars() {
                if !writer.put(character.encode_utf8(&mut [0; 4])) {
                    return;
                }
            }
        });
    }

    /// A row that has no room is left out, with all that follow.
    fn table(&mut self, header: &[String], rows: &[Vec<Vec<Inline>>]) {
        if header.is_empty() {
            return;
        }
        let names: Vec<String> = header.iter().map(|name| cell(&[Inline::text(name)])).collect();
        if !self.put(&format!("||{}||", names.join("||"))) {
            return;
        }
        let empty = Vec::new();
        for row in rows {
            let cells: Vec<String> =
                (0..header.len()).map(|column| cell(row.get(column).unwrap_or(&empty))).collect();
            if !self.put(&format!("\n|{}|", cells.join("|"))) {
                return;
            }
        }
    }

    fn line(&mut self, pieces: &[Inline]) {
        for piece in pieces {
            match piece {
                Inline::Text(text) => self.escaped(text),
                Inline::Strong(text) => self.marked("{*}", "{*}", text),
                Inline::Code(text) => self.marked("{{", "}}", text),
                Inline::Link { text, href } => match address(href) {
                    Some(href) => {
                        let mut whole = Self { text: String::new(), left: usize::MAX, cut: false };
                        whole.escaped(&one_line(text));
                        let text = if whole.text.is_empty() { String::new() } else { whole.text + "|" };
                        self.put(&format!("[{text}{href}]"));
                    }
                    None => self.escaped(text),
                },
            }
            if self.cut {
                return;
            }
        }
    }

    /// Marks each line by itself, since no mark reaches over the end of one, and never around white space.
    fn marked(&mut self, begin: &str, end: &str, text: &str) {
        for (index, line) in text.split('\n').enumerate() {
            if index > 0 {
                self.put("\n");
            }
            let inner: String = line.chars().filter(|character| !is_hidden(*character)).collect();
            let inner = inner.trim();
            if !inner.is_empty() {
                self.within(begin, end, |writer| writer.escaped(inner));
            }
            if self.cut {
                return;
            }
        }
    }

    /// Text of people.
    fn escaped(&mut self, text: &str) {
        self.letters(text);
        // What stood inside of a word ends it now.
        if self.cut && self.text.ends_with(WORD_MARKS) {
            let mark = self.text.pop();
            if self.text.ends_with('\\') {
                self.text.extend(mark);
            }
        }
    }

    fn letters(&mut self, text: &str) {
        let shown: Vec<char> = text.chars().filter(|character| !is_hidden(*character)).collect();
        for (index, character) in shown.iter().enumerate() {
            let before = index.checked_sub(1).and_then(|index| shown.get(index));
            let after = shown.get(index + 1..).unwrap_or_default();
            let is_plain = match character {
                '\\' => {
                    if !self.put("&#92;") {
                        return;
                    }
                    continue;
                }
                '&' if begins_reference(after) => {
                    if !self.put("&amp;") {
                        return;
                    }
                    continue;
                }
                '{' | '}' | '[' | ']' | '!' | '|' => false,
                // Inside of a word these mark nothing.
                mark if WORD_MARKS.contains(mark) => {
                    let is_word =
                        |side: Option<&char>| side.is_some_and(|character| character.is_ascii_alphanumeric());
                    is_word(before) && is_word(after.first())
                }
                '?' => !self.text.ends_with('?'),
                '.' => !self.stands_behind_a_block_name(),
                '(' => !begins_sign(after),
                ':' | ';' => !matches!(after.first(), Some('(' | ')' | 'P' | 'p' | 'D')),
                _ => true,
            };
            let mut piece = String::from(if is_plain { "" } else { "\\" });
            piece.push(*character);
            if !self.put(&piece) {
                return;
            }
        }
    }

    /// Whether a point here would make the line a heading or a quotation.
    fn stands_behind_a_block_name(&self) -> bool {
        let line = self.text.rsplit('\n').next().unwrap_or_default().trim_start();
        line == "bq" || matches!(line.as_bytes(), [b'h', b'0'..=b'9'])
    }
}

/// Whether an `&` before these characters begins a reference to a character.
fn begins_reference(after: &[char]) -> bool {
    let name = after.iter().take_while(|c| c.is_ascii_alphanumeric() || **c == '#').count();
    name > 0 && after.get(name) == Some(&';')
}

/// Whether a round bracket before these characters begins a sign.
fn begins_sign(after: &[char]) -> bool {
    let inner: String = after.iter().take_while(|c| **c != ')').take(4).collect();
    after.get(inner.chars().count()) == Some(&')') && SIGNS.contains(&inner.as_str())
}

/// The content of a cell; an empty one needs a space.
fn cell(pieces: &[Inline]) -> String {
    let mut whole = Writer { text: String::new(), left: usize::MAX, cut: false };
    whole.line(&flat(pieces));
    if whole.text.trim().is_empty() { " ".to_owned() } else { whole.text }
}

/// Pieces without line ends and without what shows nothing.
fn flat(pieces: &[Inline]) -> Vec<Inline> {
    let line = |text: &String| text.replace('\n', " ");
    let flat = pieces.iter().map(|piece| match piece {
        Inline::Text(text) => Inline::Text(line(text)),
        Inline::Strong(text) => Inline::Strong(line(text)),
        Inline::Code(text) => Inline::Code(line(text)),
        Inline::Link { text, href } => Inline::Link { text: line(text), href: href.clone() },
    });
    let shows = |piece: &Inline| match piece {
        Inline::Text(text) | Inline::Strong(text) | Inline::Code(text) => !text.is_empty(),
        Inline::Link { .. } => true,
    };
    flat.filter(shows).collect()
}

fn one_line(text: &str) -> String {
    text.chars().filter(|c| !is_hidden(*c)).collect::<String>().replace('\n', " ").trim().to_owned()
}

/// A web address without a character that could end the link, `None` for any other address.
fn address(href: &str) -> Option<String> {
    if !is_web_address(href) {
        return None;
    }
    let url = url::Url::parse(href).ok()?;
    let mut safe = String::with_capacity(url.as_str().len());
    for character in url.as_str().chars() {
        if "[]{}|\\^!*~\"'<>".contains(character) {
            safe.push_str(&format!("%{:02X}", u32::from(character)));
        } else {
            safe.push(character);
        }
    }
    Some(safe)
}

#[cfg(test)]
mod tests;
