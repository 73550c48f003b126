//! Text in every pair of colours that the stylesheet puts together is readable: WCAG 2.2, level AA.

use crate::page::static_file;
use std::collections::HashMap;

/// Text colour and the ground that it stands on.
const PAIRS: [(&str, &str); 31] = [
    ("ink", "paper"),
    ("ink", "card"),
    ("ink", "sunk"),
    ("ink", "accent-wash"),
    ("ink", "good-wash"),
    ("ink", "danger-wash"),
    ("ink", "warn-wash"),
    ("ink-soft", "paper"),
    ("ink-soft", "card"),
    ("ink-soft", "sunk"),
    ("ink-soft", "accent-wash"),
    ("accent", "paper"),
    ("accent", "card"),
    ("accent", "sunk"),
    ("accent", "accent-wash"),
    ("accent", "warn-wash"),
    ("accent-strong", "card"),
    ("on-accent", "accent"),
    ("on-accent", "accent-strong"),
    ("danger", "card"),
    ("danger", "danger-wash"),
    ("warn", "card"),
    ("warn", "warn-wash"),
    ("good", "card"),
    ("good", "good-wash"),
    ("critical-ink", "critical-wash"),
    ("high-ink", "high-wash"),
    ("medium-ink", "medium-wash"),
    ("low-ink", "low-wash"),
    ("info-ink", "info-wash"),
    ("bar-soft", "bar"),
];

/// The tokens that are plain colours, of the first `:root` block at or after `from`.
fn tokens(style: &str, from: &str) -> HashMap<String, [f64; 3]> {
    let (_, rest) = style.split_once(from).unwrap();
    let (block, _) = rest.split_once('}').unwrap();
    block
        .lines()
        .filter_map(|line| line.trim().strip_prefix("--")?.strip_suffix(';')?.split_once(": #"))
        .map(|(name, hex)| {
            let channel =
                |index: usize| f64::from(u8::from_str_radix(&hex[index..index + 2], 16).unwrap()) / 255.0;
            (name.to_owned(), [channel(0), channel(2), channel(4)])
        })
        .collect()
}

fn luminance(colour: [f64; 3]) -> f64 {
    let linear =
        colour.map(|part| if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) });
    0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
}

fn contrast(one: [f64; 3], other: [f64; 3]) -> f64 {
    let (one, other) = (luminance(one) + 0.05, luminance(other) + 0.05);
    one.max(other) / one.min(other)
}

#[test]
fn text_is_readable_in_light_and_dark() {
    let style = static_file::find("abate.css").unwrap().text;
    let light = tokens(style, ":root {");
    let mut dark = light.clone();
    dark.extend(tokens(style, "dark) {\n  :root {"));
    assert_ne!(light, dark);
    for (theme, colours) in [("light", light), ("dark", dark)] {
        let poor: Vec<_> = PAIRS
            .into_iter()
            .map(|(text, ground)| (text, ground, contrast(colours[text], colours[ground])))
            .filter(|&(_, _, ratio)| ratio < 4.5)
            .collect();
        assert!(poor.is_empty(), "{theme}: {poor:?}");
    }
}
