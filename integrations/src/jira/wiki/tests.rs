//! The rules of wiki markup, looked at from the other side.

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
        .with(Block::BulletList(vec![vec![Inline::Strong("high".to_owned())], vec![Inline::text("a\nb")]]))
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
