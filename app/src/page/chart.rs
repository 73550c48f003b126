//! Rules. The geometry of charts. Shapes are SVG in units of their own; words stay in HTML beside them.

use crate::page::badge::{capitalised, grouped};
use crate::page::due::day;
use chrono::NaiveDate;

/// Width of a bar's drawing.
const BAR_WIDTH: u64 = 1000;
/// Width and height of the trend's drawing.
const TREND_WIDTH: f64 = 900.0;
const TREND_HEIGHT: f64 = 200.0;
/// Lines across the trend, the base line included.
const TREND_LINES: u64 = 4;

/// The levels in the order in which charts and tables show them.
pub const LEVELS: [&str; 5] = ["critical", "high", "medium", "low", "info"];

/// One piece of a bar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// Where it starts.
    pub x: u64,
    /// How wide it is.
    pub width: u64,
    /// The class that colours it.
    pub fill: String,
    /// What it stands for, in words.
    pub title: String,
}

/// One number of a row, in the table beside the bar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    /// The number.
    pub value: String,
    /// Whether it is nought.
    pub zero: bool,
    /// The list behind it; empty when there is none.
    pub href: String,
}

/// One row: label, bar, numbers, sum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BarRow {
    /// What the row stands for.
    pub label: String,
    /// The list behind it; empty when there is none.
    pub href: String,
    /// The pieces of its bar.
    pub segments: Vec<Segment>,
    /// Its numbers, one a level.
    pub cells: Vec<Cell>,
    /// Its sum.
    pub total: String,
}

/// A table whose rows carry bars made of levels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BarTable {
    /// What it shows, for those who listen.
    pub caption: String,
    /// What the first column holds.
    pub head: String,
    /// Slug and label of each level, in order.
    pub levels: Vec<(String, String)>,
    /// The rows.
    pub rows: Vec<BarRow>,
    /// Sum of each column, then of all.
    pub totals: Vec<String>,
}

/// Counts of one row before they are drawn, in the order of [`LEVELS`].
#[derive(Debug, Clone)]
pub struct Counts {
    /// What the row stands for.
    pub label: String,
    /// The list behind the row.
    pub href: String,
    /// How many of each level.
    pub levels: [u64; 5],
    /// The list behind each number.
    pub links: [String; 5],
}

/// Draws rows of counts by level; the longest bar fills the width.
pub fn bars(caption: impl Into<String>, head: impl Into<String>, rows: Vec<Counts>) -> BarTable {
    let longest = rows.iter().map(|row| row.levels.iter().sum()).max().unwrap_or(0).max(1);
    let mut totals = [0u64; 5];
    for row in &rows {
        for (total, count) in totals.iter_mut().zip(row.levels) {
            *total += count;
        }
    }
    let all: u64 = totals.iter().sum();
    BarTable {
        caption: caption.into(),
        head: head.into(),
        levels: LEVELS.into_iter().map(|level| (level.to_owned(), capitalised(level))).collect(),
        rows: rows.into_iter().map(|row| bar_row(row, longest)).collect(),
        totals: totals.into_iter().chain([all]).map(grouped).collect(),
    }
}

fn bar_row(row: Counts, longest: u64) -> BarRow {
    let mut segments = Vec::with_capacity(LEVELS.len());
    let mut before = 0;
    for (level, count) in LEVELS.into_iter().zip(row.levels) {
        let start = scaled(before, longest);
        before += count;
        if count > 0 {
            let end = scaled(before, longest).max(start + 2);
            segments.push(Segment {
                x: start,
                width: end - start,
                fill: format!("fill-{level}"),
                title: format!("{}, {level}: {}", row.label, grouped(count)),
            });
        }
    }
    let cells = row
        .levels
        .into_iter()
        .zip(row.links)
        .map(|(count, href)| Cell { value: grouped(count), zero: count == 0, href })
        .collect();
    BarRow { label: row.label, href: row.href, segments, cells, total: grouped(before) }
}

/// `count` of `longest`, in units of the drawing.
fn scaled(count: u64, longest: u64) -> u64 {
    u64::try_from(u128::from(count) * u128::from(BAR_WIDTH) / u128::from(longest)).unwrap_or(BAR_WIDTH)
}

/// One day of the trend, as the table shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrendRow {
    /// The day.
    pub day: String,
    /// Its value.
    pub value: String,
}

/// A strip over one day that tells its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Strip {
    /// Where it starts.
    pub x: String,
    /// How wide it is.
    pub width: String,
    /// Day and value in words.
    pub title: String,
}

/// A line over days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trend {
    /// What it shows, in one sentence.
    pub summary: String,
    /// `points` of the line.
    pub line: String,
    /// `points` of the area under it.
    pub area: String,
    /// Heights of the lines across.
    pub grid: Vec<String>,
    /// What the lines across stand for, from the top.
    pub scale: Vec<String>,
    /// Days under the drawing.
    pub days: Vec<String>,
    /// What each day tells when pointed at.
    pub strips: Vec<Strip>,
    /// The same as a table, newest first: about one row a week.
    pub rows: Vec<TrendRow>,
}

/// Draws a line through the days given, oldest first. Nothing when there are fewer than two.
pub fn trend(what: &str, points: &[(NaiveDate, u64)]) -> Option<Trend> {
    let (&(first_day, first), &(last_day, last)) = (points.first()?, points.last()?);
    let span = (last_day - first_day).num_days();
    if span < 1 {
        return None;
    }
    let top = ceiling(points.iter().map(|&(_, value)| value).max()?);
    let x = |date: NaiveDate| share((date - first_day).num_days(), span) * TREND_WIDTH;
    let y = |value: u64| TREND_HEIGHT * (1.0 - ratio(value, top));
    let line = points
        .iter()
        .map(|&(date, value)| format!("{:.1},{:.1}", x(date), y(value)))
        .collect::<Vec<_>>()
        .join(" ");
    let area = format!("0,{TREND_HEIGHT} {line} {TREND_WIDTH},{TREND_HEIGHT}");
    let width = TREND_WIDTH / share(span, 1);
    let strips = points
        .iter()
        .map(|&(date, value)| Strip {
            x: format!("{:.1}", (x(date) - width / 2.0).max(0.0)),
            width: format!("{width:.1}"),
            title: format!("{}: {}", day(date), grouped(value)),
        })
        .collect();
    let rows = points
        .iter()
        .rev()
        .filter(|&&(date, _)| (last_day - date).num_days() % 7 == 0)
        .map(|&(date, value)| TrendRow { day: day(date), value: grouped(value) })
        .collect();
    let middle = first_day + chrono::Duration::days(span / 2);
    Some(Trend {
        summary: format!(
            "{what} went from {} on {} to {} on {}.",
            grouped(first),
            day(first_day),
            grouped(last),
            day(last_day)
        ),
        line,
        area,
        grid: (0..=TREND_LINES).map(|step| format!("{:.1}", y(top * step / TREND_LINES))).collect(),
        scale: (0..=TREND_LINES).rev().map(|step| grouped(top * step / TREND_LINES)).collect(),
        days: [first_day, middle, last_day].map(day).to_vec(),
        strips,
        rows,
    })
}

/// The smallest round number that is not under `most` and parts into whole steps.
fn ceiling(most: u64) -> u64 {
    let mut unit = 1u64;
    loop {
        for factor in [4, 8, 12, 20, 40] {
            let candidate = unit.saturating_mul(factor);
            if candidate >= most {
                return candidate;
            }
        }
        unit = unit.saturating_mul(10);
    }
}

#[allow(clippy::cast_precision_loss, reason = "a drawing needs no more digits than a screen has dots")]
fn ratio(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

#[allow(clippy::cast_precision_loss, reason = "a drawing needs no more digits than a screen has dots")]
fn share(part: i64, whole: i64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn counts(levels: [u64; 5]) -> Counts {
        Counts { label: "Open".into(), href: String::new(), levels, links: Default::default() }
    }

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn one_day_is_no_trend() {
        assert_eq!(trend("Exposure", &[]), None);
        assert_eq!(trend("Exposure", &[(date("2026-11-21"), 5)]), None);
    }

    #[test]
    fn the_line_spans_the_drawing() {
        let drawn = trend("Exposure", &[(date("2026-11-01"), 0), (date("2026-11-21"), 40)]).unwrap();
        assert_eq!(drawn.line, "0.0,200.0 900.0,0.0");
        assert_eq!(drawn.scale, ["40", "30", "20", "10", "0"]);
        assert_eq!(drawn.summary, "Exposure went from 0 on 1 Nov 2026 to 40 on 21 Nov 2026.");
    }

    proptest! {
        #[test]
        fn bars_stay_inside_and_do_not_overlap(rows in prop::collection::vec(prop::array::uniform5(0u64..1_000_000), 1..8)) {
            let table = bars("c", "h", rows.into_iter().map(counts).collect());
            for row in table.rows {
                let mut end = 0;
                for segment in row.segments {
                    prop_assert!(segment.width > 0);
                    prop_assert!(segment.x + 8 >= end, "pieces that were widened to be seen may touch their neighbour only");
                    end = segment.x + segment.width;
                    prop_assert!(end <= BAR_WIDTH + 8);
                }
            }
        }

        #[test]
        fn the_scale_covers_the_values_in_whole_steps(most in 0u64..10_000_000_000) {
            let top = ceiling(most);
            prop_assert!(top >= most && top.is_multiple_of(TREND_LINES));
            prop_assert!(most < 4 || top <= most * 2 + 4, "half of the drawing is used");
        }
    }
}
