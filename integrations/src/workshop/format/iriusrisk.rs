//! IriusRisk's table of threats: risk before, now and after the countermeasures that are planned.

use super::super::fields::Mistakes;
use super::super::model::{Workshop, WorkshopError, WorkshopRisk};
use super::super::parts::Parts;
use super::super::words::{self, made_id, one_line};
use super::super::{Format, Start};
use crate::scanner::read::table::{self, Row};
use crate::scanner::{Certainty, ReadSeek, Root};

pub(crate) struct IriusRisk;

impl Format for IriusRisk {
    fn name(&self) -> &'static str {
        "iriusrisk"
    }

    fn title(&self) -> &'static str {
        "IriusRisk threats (CSV)"
    }

    fn recognise(&self, start: &Start<'_>) -> Certainty {
        let table = start.head.root() == Root::Table;
        let columns = ["component", "threat", "currentrisk", "countermeasureprogress"];
        if table && start.head.has_all(&columns) { Certainty::Certain } else { Certainty::No }
    }

    fn read(&self, file: &mut dyn ReadSeek) -> Result<Workshop, WorkshopError> {
        let mut mistakes = Mistakes::default();
        let mut parts = Parts::new(String::new(), "system", &["IriusRisk"]);
        table::rows(file, &mut |row| {
            let risk = read_row(row, &mut mistakes);
            let component = row.cell("component");
            let place = if component.is_empty() { "Model" } else { component };
            let assets = vec![parts.asset(place, |_| {})];
            parts.risk(WorkshopRisk { assets, ..risk }, "");
            Ok(())
        })?;
        mistakes.unless_any(parts.workshop)
    }
}

fn read_row(row: &Row<'_>, mistakes: &mut Mistakes) -> WorkshopRisk {
    let path = |column: &str| format!("row {}, {column}", row.line);
    let threat = row.cell("threat");
    if threat.is_empty() {
        mistakes.add(path("Threat"), "is missing; give a text");
    }
    let mut level = |column: &str| {
        let word = row.cell(column);
        let level = words::level(word);
        if level.is_none() && !word.is_empty() {
            mistakes.add(path(column), format!("{word:?} is not known; use Very low to Critical"));
        }
        level
    };
    let inherent = level("Inherent Risk");
    let severity = level("Current Risk").or(inherent).unwrap_or_default();
    let inherent = words::position_of(inherent.unwrap_or(severity));
    // The planned countermeasures leave the likelihood where it is in this grid, and never raise the impact.
    let target =
        level("Projected Risk").map(words::position_of).filter(|place| place.impact <= inherent.impact);
    let use_case = row.cell("use_case");
    let response = row.cell("risk_response");
    let status = if share(response, "Mitigated:") == Some(100) {
        "mitigated"
    } else if row
        .cell("countermeasure_progress")
        .trim_end_matches('%')
        .parse()
        .is_ok_and(|done: f64| done > 0.0)
    {
        "in_progress"
    } else {
        "open"
    };
    let stride = row.cell("stride_lm");
    let reference = row.cell("mitre_reference");
    let categories: Vec<&str> = stride.split([',', ';', '/']).map(str::trim).collect();
    let about = [use_case, row.cell("source")].map(one_line);
    WorkshopRisk {
        // The table has no ids: a threat is its words at its place.
        id: made_id(&format!("{use_case} {threat}"), row.cell("component")),
        title: one_line(threat),
        description: about.iter().filter(|text| !text.is_empty()).cloned().collect::<Vec<_>>().join("\n\n"),
        stride: categories.iter().filter_map(|word| words::stride(word)).map(str::to_owned).collect(),
        categories: categories
            .iter()
            .filter(|word| !word.is_empty() && words::stride(word).is_none())
            .map(|word| words::plain(word))
            .collect(),
        attack: words::techniques(&[reference]),
        cwes: reference
            .split([',', ';', ' '])
            .filter(|word| word.to_ascii_uppercase().starts_with("CWE"))
            .filter_map(words::cwe)
            .collect(),
        inherent,
        target,
        needs_rating: true,
        severity: severity.to_owned(),
        owner: one_line(row.cell("owner")),
        treatment: "modify".to_owned(),
        status: status.to_owned(),
        status_note: response.to_owned(),
        ..WorkshopRisk::default()
    }
}

/// The share that a response such as `Planned mitigation: 34%. Mitigated: 66%. Unmitigated: 0%.` gives a word.
fn share(response: &str, word: &str) -> Option<u32> {
    let part = response.split(". ").find_map(|part| part.trim().strip_prefix(word))?;
    part.trim().trim_end_matches(['.', '%']).parse().ok()
}
