//! The scores of the Exploit Prediction Scoring System: a table in CSV, plain or compressed with gzip, read line by
//! line.

use std::io::{BufRead, BufReader, Read};

use chrono::{DateTime, Utc};
use flate2::read::MultiGzDecoder;

use super::{FeedError, cve_id};

/// Where FIRST's partner publishes the newest table.
pub const OFFICIAL: &str = "https://epss.empiricalsecurity.com/epss_scores-current.csv.gz";
/// Longest line, in bytes.
const LINE_BYTES: u64 = 1024;
/// Most lines: several times the number of vulnerabilities that there are.
const LINES: u64 = 2_000_000;

/// The likelihood of an attack on one vulnerability.
#[derive(Debug, Clone, PartialEq)]
pub struct EpssScore {
    /// Its id.
    pub cve: String,
    /// How likely it is to be exploited within 30 days, 0 to 1.
    pub score: f64,
    /// The share of vulnerabilities that score at most as high, 0 to 1.
    pub percentile: f64,
}

/// What a table says about itself.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EpssSummary {
    /// The version of the model.
    pub model: String,
    /// The day for which it was made.
    pub scored_at: Option<DateTime<Utc>>,
    /// How many scores it has.
    pub rows: u64,
}

/// Reads a table and gives each score to `sink`, which may stop with its own error.
///
/// # Errors
/// When the table is cut short or not such a table, or the sink stopped. Scores that were given out before must be
/// thrown away by the caller.
pub fn read(
    source: impl Read,
    sink: &mut dyn FnMut(EpssScore) -> Result<(), FeedError>,
) -> Result<EpssSummary, FeedError> {
    let mut source = BufReader::new(source);
    let start = source.fill_buf().map_err(unreadable)?;
    if start.starts_with(&[0x1F, 0x8B]) {
        table(&mut BufReader::with_capacity(64 * 1024, MultiGzDecoder::new(source)), sink)
    } else {
        table(&mut source, sink)
    }
}

fn table(
    source: &mut impl BufRead,
    sink: &mut dyn FnMut(EpssScore) -> Result<(), FeedError>,
) -> Result<EpssSummary, FeedError> {
    let mut summary = EpssSummary::default();
    let mut columns: Option<Columns> = None;
    let mut line = Vec::new();
    let mut number = 0;
    let mut ended = true;
    loop {
        line.clear();
        source.by_ref().take(LINE_BYTES).read_until(b'\n', &mut line).map_err(unreadable)?;
        if line.is_empty() {
            break;
        }
        number += 1;
        if number > LINES {
            return Err(FeedError::at(number, "The table has more rows than there are CVEs."));
        }
        ended = line.last() == Some(&b'\n');
        if !ended && line.len() as u64 == LINE_BYTES {
            return Err(FeedError::at(number, "This line is longer than any line of an EPSS table."));
        }
        let text = std::str::from_utf8(&line)
            .map_err(|_| FeedError::at(number, "This is no EPSS table: it is not UTF-8 text."))?
            .trim_start_matches('\u{feff}')
            .trim();
        if let Some(comment) = text.strip_prefix('#') {
            describe(comment, &mut summary);
        } else if !text.is_empty() {
            match &columns {
                None => columns = Some(Columns::of(text, number)?),
                Some(columns) => {
                    summary.rows += 1;
                    sink(columns.score(text, number)?)?;
                }
            }
        }
    }
    if summary.rows == 0 {
        return Err(FeedError::whole("The table has no scores."));
    }
    if !ended && summary.rows > 1 {
        // Half a number still reads as a number, so a table must end with its line.
        return Err(FeedError::at(number, "The table does not end with a whole line: it was cut short."));
    }
    Ok(summary)
}

fn describe(comment: &str, summary: &mut EpssSummary) {
    for part in comment.split(',') {
        match part.trim().split_once(':') {
            Some(("model_version", version)) => summary.model = version.chars().take(100).collect(),
            Some(("score_date", date)) => {
                let parsed = DateTime::parse_from_rfc3339(date)
                    .or_else(|_| DateTime::parse_from_str(date, "%Y-%m-%dT%H:%M:%S%z"));
                summary.scored_at = parsed.ok().map(|at| at.to_utc());
            }
            _ => {}
        }
    }
}

/// Where the columns stand.
struct Columns {
    cve: usize,
    score: usize,
    percentile: usize,
}

impl Columns {
    fn of(header: &str, line: u64) -> Result<Self, FeedError> {
        let names: Vec<&str> = header.split(',').map(str::trim).collect();
        let place = |name: &str| {
            names.iter().position(|known| known.eq_ignore_ascii_case(name)).ok_or_else(|| {
                FeedError::at(line, format!("This is no EPSS table: it has no column {name}."))
            })
        };
        Ok(Self { cve: place("cve")?, score: place("epss")?, percentile: place("percentile")? })
    }

    fn score(&self, text: &str, line: u64) -> Result<EpssScore, FeedError> {
        let cells: Vec<&str> = text.split(',').collect();
        let cell = |place: usize| cells.get(place).copied().unwrap_or_default().trim();
        let share = |place: usize, name: &str| {
            let text = cell(place);
            text.parse::<f64>()
                .ok()
                .filter(|share| (0.0..=1.0).contains(share))
                .ok_or_else(|| FeedError::at(line, format!("{name} {text:?} is no number from 0 to 1.")))
        };
        Ok(EpssScore {
            cve: cve_id(cell(self.cve))
                .ok_or_else(|| FeedError::at(line, format!("{:?} is no CVE id.", cell(self.cve))))?,
            score: share(self.score, "epss")?,
            percentile: share(self.percentile, "percentile")?,
        })
    }
}

fn unreadable(error: std::io::Error) -> FeedError {
    FeedError::whole(format!("The file could not be read, or was cut short: {error}."))
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::GzEncoder;
    use proptest::prelude::*;

    use super::*;

    const TABLE: &str = "#model_version:v2025.03.14,score_date:2026-03-01T12:55:00Z\ncve,epss,percentile\n\
                         CVE-1999-0001,0.01141,0.7769\nCVE-2026-1000,5e-05,0.00012\n";

    fn scores(bytes: &[u8]) -> Result<(EpssSummary, Vec<EpssScore>), FeedError> {
        let mut scores = Vec::new();
        let summary = read(bytes, &mut |score| {
            scores.push(score);
            Ok(())
        })?;
        Ok((summary, scores))
    }

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn plain_and_compressed_say_the_same() {
        let (summary, plain) = scores(TABLE.as_bytes()).unwrap();
        assert_eq!(summary.model, "v2025.03.14");
        assert_eq!(summary.rows, 2);
        assert_eq!(
            plain[1],
            EpssScore { cve: "CVE-2026-1000".to_owned(), score: 0.00005, percentile: 0.00012 }
        );
        assert_eq!(scores(&gzip(TABLE.as_bytes())).unwrap(), (summary, plain));
        let older = TABLE.replace("Z\n", "+0000\n");
        assert_eq!(scores(older.as_bytes()).unwrap().0, scores(TABLE.as_bytes()).unwrap().0);
    }

    #[test]
    fn what_is_no_whole_table_is_refused_with_its_line() {
        let packed = gzip(TABLE.repeat(200).replace("#model", "CVE-2026-1000,0.1,0.1\n#model").as_bytes());
        assert!(scores(&packed[..packed.len() / 2]).is_err(), "cut short");
        assert_eq!(scores(&TABLE.as_bytes()[..TABLE.len() - 4]).unwrap_err().line, Some(4));
        for (text, line) in [
            ("cve,epss,percentile\nCVE-2026-1000,2,0.1\n", Some(2)),
            ("cve,epss,percentile\nCVE-2026-1000,NaN,0.1\n", Some(2)),
            ("cve,epss,percentile\nCVE-2026-1000,0.1\n", Some(2)),
            ("cve,epss,percentile\nx,0.1,0.1\n", Some(2)),
            ("cve,score\n", Some(1)),
            ("cve,epss,percentile\n", None),
            ("", None),
            ("<html>\n", Some(1)),
        ] {
            assert_eq!(scores(text.as_bytes()).unwrap_err().line, line, "{text}");
        }
        assert!(scores("x".repeat(5000).as_bytes()).unwrap_err().reason.contains("longer"));
        assert!(scores(b"\xFF\xFE\n").is_err());
    }

    proptest! {
        /// Any bytes are answered, never a panic.
        #[test]
        fn any_bytes_are_answered(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = scores(&bytes);
            let mut table = TABLE.as_bytes().to_vec();
            table.extend(&bytes);
            let _ = scores(&table);
        }
    }
}
