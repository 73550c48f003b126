//! Markdown: tables of risks, assets and controls under headings, with the stories and texts beside them.

use super::column::describes_risks;
use super::csv_file::read_text;
use super::{SheetRow, TableFile, as_guessed, check_row};
use crate::scanner::{Certainty, ParseError, ReadSeek, Root};
use crate::workshop::model::{LEVELS, Workshop, WorkshopError, WorkshopScenario};
use crate::workshop::words::{self, one_line};
use crate::workshop::{Format, Start};

pub(crate) struct MarkdownTable;

impl Format for MarkdownTable {
    fn name(&self) -> &'static str {
        "risk_markdown"
    }

    fn title(&self) -> &'static str {
        "table of risks (Markdown)"
    }

    fn recognise(&self, start: &Start<'_>) -> Certainty {
        if matches!(start.head.root(), Root::Object | Root::Array | Root::Xml | Root::Zip) {
            return Certainty::No;
        }
        let lines: Vec<&str> = start.text.lines().collect();
        let headers = lines.windows(2).filter(|pair| is_rule(pair[1])).map(|pair| cells_of(pair[0]));
        headers.map(|columns| describes_risks(&columns)).max().unwrap_or(Certainty::No)
    }

    fn read(&self, file: &mut dyn ReadSeek) -> Result<Workshop, WorkshopError> {
        as_guessed(&read_markdown(&read_text(file)?)?)
    }

    fn table(&self, file: &mut dyn ReadSeek) -> Option<Result<TableFile, ParseError>> {
        Some(read_text(file).and_then(|text| read_markdown(&text)))
    }
}

/// The cells of a line that is a row; none for any other line.
fn cells_of(line: &str) -> Vec<String> {
    let line = line.trim();
    let Some(inner) = line.strip_prefix('|') else { return Vec::new() };
    let mut cells = vec![String::new()];
    let mut characters = inner.strip_suffix('|').unwrap_or(inner).chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\\' if characters.peek() == Some(&'|') => {
                characters.next();
                cells.last_mut().into_iter().for_each(|cell| cell.push('|'));
            }
            '|' => cells.push(String::new()),
            _ => cells.last_mut().into_iter().for_each(|cell| cell.push(character)),
        }
    }
    cells.iter().map(|cell| bare(cell)).collect()
}

/// The line below the names of columns.
fn is_rule(line: &str) -> bool {
    let line = line.trim();
    line.starts_with('|')
        && line.contains("--")
        && line.chars().all(|character| matches!(character, '|' | '-' | ':' | ' ' | '\t'))
}

/// A cell without marks of emphasis, code and line breaks.
fn bare(cell: &str) -> String {
    let cell = cell.replace("<br>", "\n").replace("<br/>", "\n").replace("**", "").replace('`', "");
    cell.trim().to_owned()
}

/// Where the reader stands.
#[derive(Default)]
struct Place {
    heading: String,
    scenario: String,
    /// The risk whose own heading was the last.
    risk: String,
    rows: Vec<SheetRow>,
}

fn read_markdown(text: &str) -> Result<TableFile, ParseError> {
    let mut table = TableFile::default();
    let mut place = Place::default();
    for (number, line) in text.lines().enumerate() {
        let number = number as u64 + 1;
        if line.trim_start().starts_with('|') {
            if !is_rule(line) {
                let cells = cells_of(line);
                check_row(&cells, number)?;
                place.rows.push(SheetRow { number, cells });
            }
            continue;
        }
        end_table(&mut table, &mut place)?;
        if let Some(heading) = line.strip_prefix('#') {
            let depth = 1 + heading.len() - heading.trim_start_matches('#').len();
            begin_section(&mut table, &mut place, depth, &bare(heading.trim_start_matches('#')));
        } else if !line.trim().is_empty() {
            read_line(&mut table, &place, line.trim());
        }
    }
    end_table(&mut table, &mut place)?;
    Ok(table)
}

fn end_table(table: &mut TableFile, place: &mut Place) -> Result<(), ParseError> {
    match std::mem::take(&mut place.rows) {
        rows if rows.is_empty() => Ok(()),
        rows => table.add_sheet(&place.heading, &place.scenario, rows),
    }
}

fn begin_section(table: &mut TableFile, place: &mut Place, depth: usize, heading: &str) {
    place.risk.clear();
    heading.clone_into(&mut place.heading);
    if depth == 1 && table.title.is_empty() {
        table.title = one_line(heading);
    }
    if depth <= 2 {
        place.scenario.clear();
        let lower = heading.to_lowercase();
        if let Some(rest) = lower.strip_prefix("scenario ") {
            let key = rest.split([':', ' ']).next().unwrap_or_default();
            let name = heading.split_once(':').map_or(heading, |(_, name)| name);
            let number = key.chars().all(|character| character.is_ascii_digit()) && !key.is_empty();
            place.scenario = if number { format!("S{key}") } else { key.to_uppercase() };
            table.scenarios.push(WorkshopScenario {
                id: place.scenario.clone(),
                name: one_line(name),
                story: String::new(),
            });
        }
    } else if let Some(id) = heading.split_whitespace().next() {
        id.clone_into(&mut place.risk);
    }
}

/// A line of text says something about the session, the story or the risk above it.
fn read_line(table: &mut TableFile, place: &Place, line: &str) {
    if !place.risk.is_empty() {
        let (description, mitigation) = table.texts.entry(place.risk.clone()).or_default();
        match line.strip_prefix("Mitigation:") {
            Some(text) => add(mitigation, text),
            None if mitigation.is_empty() => add(description, line),
            None => add(mitigation, line),
        }
    } else if !place.scenario.is_empty() {
        if let Some(story) = table.scenarios.last_mut() {
            add(&mut story.story, line);
        }
    } else if let Some((name, value)) = line.strip_prefix(['-', '*']).and_then(|item| item.split_once(':')) {
        read_fact(table, &words::plain(&bare(name)), value.trim());
    }
}

fn add(text: &mut String, line: &str) {
    if !text.is_empty() {
        text.push('\n');
    }
    text.push_str(line.trim());
}

fn read_fact(table: &mut TableFile, name: &str, value: &str) {
    let list = |text: &str| text.split([',', ';']).map(one_line).filter(|part| !part.is_empty()).collect();
    match name {
        "held on" | "date" | "held" => {
            table.held_on = value.split([' ', '(']).next().and_then(|day| day.parse().ok());
            let inside =
                value.split_once('(').and_then(|(_, rest)| rest.split(')').next()).unwrap_or_default();
            let zone = inside
                .split([',', ';'])
                .map(str::trim)
                .find(|part| part.contains('/') && !part.contains(' '));
            zone.unwrap_or_default().clone_into(&mut table.timezone);
        }
        "attendees" | "participants" => table.attendees = list(value),
        "methods" | "method" => {
            table.methods = list(value.split('(').next().unwrap_or_default());
        }
        "summary" | "result" => {
            for part in value.split([',', ';']) {
                let mut words = part.split_whitespace();
                let count = words.next().and_then(|count| count.parse().ok());
                let level = words.next().map(str::to_lowercase);
                if let (Some(count), Some(level)) =
                    (count, level.filter(|level| LEVELS.contains(&level.as_str())))
                {
                    table.stated.insert(level, count);
                }
            }
        }
        _ => {}
    }
}
