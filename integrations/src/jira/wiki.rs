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
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text(text: &str) -> String {
        write(&Document::new().with(Block::Paragraph(vec![Inline::text(text)])), 32_767)
    }

    /// What of a text without marks of ours would be markup, by the rules of wiki markup and not by those above.
    fn active(wiki: &str) -> Option<String> {
        // An escaped character and a reference to one are letters.
        let wiki = wiki.replace("&#92;", "\u{1}").replace("&amp;", "\u{1}");
        let mut plain = String::new();
        let mut characters = wiki.chars().peekable();
        while let Some(character) = characters.next() {
            match (character, characters.peek()) {
                ('\\', Some(next)) if next.is_ascii_punctuation() => {
                    if *next == '\\' {
                        return Some("a line break".to_owned());
                    }
                    characters.next();
                    plain.push('\u{1}');
                }
                (character, _) => plain.push(character),
            }
        }
        if let Some(found) = plain.chars().find(|c| "{}[]!|".contains(*c)) {
            return Some(found.to_string());
        }
        if plain.contains("??") {
            return Some("??".to_owned());
        }
        let letters: Vec<char> = plain.chars().collect();
        for (index, letter) in letters.iter().enumerate() {
            let is_word = |at: Option<usize>| {
                at.and_then(|at| letters.get(at)).is_some_and(|c| c.is_ascii_alphanumeric() || *c == '\u{1}')
            };
            if "*_-+^~#".contains(*letter) && !(is_word(index.checked_sub(1)) && is_word(Some(index + 1))) {
                return Some(format!("{letter} at {index}"));
            }
        }
        plain.lines().map(str::trim_start).find_map(|line| {
            let is_block = line.starts_with("bq.")
                || (line.starts_with('h')
                    && line.chars().nth(1).is_some_and(|c| c.is_ascii_digit())
                    && line.chars().nth(2) == Some('.'));
            is_block.then(|| line.to_owned())
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]
        #[test]
        fn nothing_that_people_write_becomes_markup(
            strange in "[{}\\[\\]!|*_^~+\\-#?.\\\\&;:()h1bq \\n@a]{0,40}",
            any in "(?s).{0,40}",
            limit in 0_usize..120,
        ) {
            for given in [strange, any] {
                let pieces = vec![Inline::text(given.clone()), Inline::text(given.clone())];
                let document = Document::new().with(Block::Paragraph(pieces));
                for limit in [limit, 32_767] {
                    let wiki = write(&document, limit);
                    prop_assert_eq!(active(&wiki), None, "{:?} became {:?}", given, wiki);
                    prop_assert!(length(&wiki) <= limit, "{} > {}", length(&wiki), limit);
                    prop_assert!(!wiki.chars().any(is_hidden));
                }
            }
        }

        #[test]
        fn every_document_keeps_to_the_limit_and_ends_what_it_begins(
            given in "(?s).{0,30}",
            code in "[a{}:\\ncodenoformat]{0,30}",
            limit in 0_usize..200,
        ) {
            let document = Document::new()
                .with(Block::Heading { level: 2, text: given.clone() })
                .with(Block::Paragraph(vec![Inline::Strong(given.clone()), Inline::Code(given.clone())]))
                .with(Block::BulletList(vec![vec![Inline::text(&given)], vec![Inline::Code(given.clone())]]))
                .with(Block::Code { language: None, text: code.clone() })
                .with(Block::Table {
                    header: vec![given.clone()],
                    rows: vec![vec![vec![Inline::Link { text: given.clone(), href: "https://e.org/a|b]".to_owned() }]]],
                });
            let wiki = write(&document, limit);
            prop_assert!(length(&wiki) <= limit, "{} > {}", length(&wiki), limit);
            let count = |mark: &str| wiki.matches(mark).count();
            // Each of our marks comes in pairs, and an escape is never torn from what it escapes.
            prop_assert_eq!(count("{*}") % 2, 0, "{}", wiki);
            if !code.contains("{") {
                prop_assert_eq!(count("{code}") % 2, 0, "{}", wiki);
            }
            prop_assert!(!wiki.trim_end_matches(CUT).trim_end().ends_with('\\'), "{}", wiki);
        }
    }

    #[test]
    fn ordinary_text_stays_readable() {
        assert_eq!(
            text("A state-of-the-art file_name, 5*3=15; see C:\\temp & co."),
            "A state-of-the-art file_name, 5*3=15; see C:&#92;temp & co."
        );
        assert_eq!(text("one\ntwo"), "one\ntwo");
    }

    #[test]
    fn what_looks_like_markup_is_escaped() {
        for (given, written) in [
            ("h1. Big", "h1\\. Big"),
            ("bq. said", "bq\\. said"),
            ("* item", "\\* item"),
            ("# item", "\\# item"),
            ("----", "\\-\\-\\-\\-"),
            ("||a||", "\\|\\|a\\|\\|"),
            ("[~admin]", "\\[\\~admin\\]"),
            ("!https://e.org/x.png!", "\\!https://e.org/x.png\\!"),
            ("{code}x{code}", "\\{code\\}x\\{code\\}"),
            ("*bold* _it_ -gone-", "\\*bold\\* \\_it\\_ \\-gone\\-"),
            ("??cite??", "?\\?cite?\\?"),
            ("a\\\\b &copy; f(x) :)", "a&#92;&#92;b &amp;copy; f\\(x) \\:)"),
            ("turned\u{202e}around", "turnedaround"),
        ] {
            assert_eq!(text(given), written);
            assert_eq!(active(written), None, "{written}");
        }
    }

    #[test]
    fn a_heading_is_not_made_of_two_pieces() {
        let pieces = vec![Inline::text("h1"), Inline::text(". Big")];
        assert_eq!(write(&Document::new().with(Block::Paragraph(pieces)), 100), "h1\\. Big");
    }

    #[test]
    fn each_block_has_its_form() {
        let document = Document::new()
            .with(Block::Heading { level: 3, text: "What to do".to_owned() })
            .with(Block::Paragraph(vec![
                Inline::text("See "),
                Inline::Link { text: "R-1".to_owned(), href: "https://e.org/r?a=[1]|2".to_owned() },
                Inline::text(" or "),
                Inline::Link { text: "this".to_owned(), href: "javascript:alert(1)".to_owned() },
            ]))
            .with(Block::BulletList(vec![
                vec![Inline::Strong("high".to_owned())],
                vec![Inline::text("a\nb")],
            ]))
            .with(Block::Code { language: Some("java".to_owned()), text: "if (a) { b(); }".to_owned() })
            .with(Block::Code { language: None, text: "{code}".to_owned() })
            .with(Block::Table {
                header: vec!["Fact".to_owned(), "Value".to_owned()],
                rows: vec![vec![vec![Inline::text("a|b")]]],
            });
        assert_eq!(
            write(&document, 32_767),
            "h3. What to do\n\nSee [R-1|https://e.org/r?a=%5B1%5D%7C2] or this\n\n* {*}high{*}\n* a b\n\n\
             {code:java}\nif (a) { b(); }\n{code}\n\n{noformat}\n{code}\n{noformat}\n\n||Fact||Value||\n|a\\|b| |"
        );
    }

    #[test]
    fn what_has_no_room_is_cut_by_the_block() {
        let long = Document::from_text(&"word ".repeat(10_000));
        let wiki = write(&long, 2_000);
        assert!(wiki.ends_with("\n\n…") && length(&wiki) <= 2_000 && length(&wiki) > 1_900);
        let rows = vec![vec![vec![Inline::text("short")]], vec![vec![Inline::text("x".repeat(90))]]];
        let table = Document::new().with(Block::Table { header: vec!["a".to_owned()], rows });
        assert_eq!(write(&table, 60), "||a||\n|short|\n\n…");
    }
}
