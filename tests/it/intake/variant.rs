//! Variants of a report, made without knowing its format: one thing left out, or one value changed.

use serde_json::Value;

/// Words and numbers that tools use for what is bad; at least one of them raises a severity in each format.
const WORSE: &[&str] = &[
    "CRITICAL",
    "critical",
    "Critical",
    "HIGH",
    "high",
    "High",
    "error",
    "ERROR",
    "4",
    "5",
    "9.9",
    "true",
    "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
    "another text altogether",
];

/// The report without one of its elements, rows or entries, once for each.
pub(super) fn without_one(report: &[u8]) -> Vec<Vec<u8>> {
    let text = std::str::from_utf8(report).unwrap();
    if let Some(values) = json_values(text) {
        let mut variants = Vec::new();
        for pointer in pointers(&values) {
            let mut changed = values.clone();
            let (parent, key) = pointer.rsplit_once('/').unwrap();
            match changed.pointer_mut(parent) {
                Some(Value::Array(list)) => drop(list.remove(key.parse().unwrap())),
                Some(Value::Object(map)) => drop(map.remove(&key.replace("~1", "/").replace("~0", "~"))),
                _ => continue,
            }
            variants.push(written(&changed));
        }
        return variants;
    }
    if text.trim_start_matches('\u{feff}').trim_start().starts_with('<') {
        return spans(text).into_iter().map(|(from, to)| [&report[..from], &report[to..]].concat()).collect();
    }
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    (1..lines.len())
        .map(|left| [lines[..left].concat(), lines[left + 1..].concat()].concat().into_bytes())
        .collect()
}

/// The report with one of its values replaced, once for each value and replacement.
pub(super) fn with_one_changed(report: &[u8]) -> Box<dyn Iterator<Item = Vec<u8>> + '_> {
    let text = std::str::from_utf8(report).unwrap();
    if let Some(values) = json_values(text) {
        let places = pointers(&values);
        let both =
            WORSE.iter().flat_map(move |worse| places.clone().into_iter().map(move |place| (worse, place)));
        return Box::new(both.filter_map(move |(worse, pointer)| {
            let new = match values.pointer(&pointer)? {
                Value::Number(_) => Value::from(worse.parse::<f64>().ok()?),
                Value::String(_) => Value::from(*worse),
                Value::Bool(old) if *worse == "true" => Value::from(!old),
                _ => return None,
            };
            let mut changed = values.clone();
            *changed.pointer_mut(&pointer)? = new;
            Some(written(&changed))
        }));
    }
    let mark = |character: char| matches!(character, '<' | '>' | '"' | ',' | ';' | '\t' | '\n');
    let mut at = 0;
    let mut tokens = Vec::new();
    for token in text.split_inclusive(mark) {
        let end = at + token.trim_end_matches(mark).len();
        if end > at {
            tokens.push((at, end));
        }
        at += token.len();
    }
    let both =
        WORSE.iter().flat_map(move |worse| tokens.clone().into_iter().map(move |token| (worse, token)));
    Box::new(both.map(|(worse, (from, to))| [&report[..from], worse.as_bytes(), &report[to..]].concat()))
}

/// All values of the text as one list, where it is JSON or values of JSON one after the other.
fn json_values(text: &str) -> Option<Value> {
    let text = text.trim_start_matches('\u{feff}');
    let values: Result<Vec<Value>, _> = serde_json::Deserializer::from_str(text).into_iter().collect();
    values.ok().filter(|values| !values.is_empty()).map(Value::Array)
}

fn written(values: &Value) -> Vec<u8> {
    let values = values.as_array().unwrap();
    values.iter().map(Value::to_string).collect::<Vec<_>>().join("\n").into_bytes()
}

/// Where every value below the root stands.
fn pointers(values: &Value) -> Vec<String> {
    fn walk(value: &Value, at: &str, all: &mut Vec<String>) {
        let mut below = |key: String, value: &Value| {
            let at = format!("{at}/{key}");
            all.push(at.clone());
            walk(value, &at, all);
        };
        match value {
            Value::Array(list) => {
                list.iter().enumerate().for_each(|(number, value)| below(number.to_string(), value));
            }
            Value::Object(map) => {
                map.iter().for_each(|(key, value)| below(key.replace('~', "~0").replace('/', "~1"), value))
            }
            _ => {}
        }
    }
    let mut all = Vec::new();
    walk(values, "", &mut all);
    all
}

/// Where each element of an XML text begins and ends.
fn spans(text: &str) -> Vec<(usize, usize)> {
    let mut open = Vec::new();
    let mut spans = Vec::new();
    let mut at = 0;
    while let Some(start) = text[at..].find('<').map(|start| at + start) {
        let rest = &text[start..];
        let closing = |mark: &str| start + rest.find(mark).map_or(rest.len(), |end| end + mark.len());
        at = if rest.starts_with("<![CDATA[") {
            closing("]]>")
        } else if rest.starts_with("<!--") {
            closing("-->")
        } else if rest.starts_with("<!DOCTYPE") && rest.find('[') < rest.find('>') {
            closing("]>")
        } else {
            closing(">")
        };
        if rest.starts_with("</") {
            spans.extend(open.pop().map(|from| (from, at)));
        } else if text[..at].ends_with("/>") {
            spans.push((start, at));
        } else if !rest.starts_with("<!") && !rest.starts_with("<?") {
            open.push(start);
        }
    }
    spans
}
