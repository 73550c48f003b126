//! OWASP Threat Dragon, models of version 1 and 2: diagrams of cells that have threats.

use super::super::document::read_document;
use super::super::fields::{Fields, Mistakes};
use super::super::model::{Workshop, WorkshopError, WorkshopRisk};
use super::super::parts::Parts;
use super::super::words::{self, one_line, plain};
use super::super::{Format, Start};
use crate::scanner::{Certainty, ReadSeek};

pub(crate) struct ThreatDragon;

impl Format for ThreatDragon {
    fn name(&self) -> &'static str {
        "threat_dragon"
    }

    fn title(&self) -> &'static str {
        "Threat Dragon model (versions 1 and 2)"
    }

    fn recognise(&self, start: &Start<'_>) -> Certainty {
        let head = start.head;
        let dragon = head.has_all(&["summary.title", "detail.diagrams"])
            || head.has_all(&["summary", "detail.contributors"])
            || head.has("detail.diagrams.diagramJson");
        if dragon { Certainty::Certain } else { Certainty::No }
    }

    fn read(&self, file: &mut dyn ReadSeek) -> Result<Workshop, WorkshopError> {
        let document = read_document(file)?;
        let mut mistakes = Mistakes::default();
        let root = Fields::new(String::new(), &document, &mut mistakes);
        let summary = root.object("summary", &mut mistakes);
        let title = summary.text("title", &mut mistakes);
        let mut parts = Parts::new(title, "system", &["Threat Dragon"]);
        let detail = root.object("detail", &mut mistakes);
        for (path, contributor) in detail.list("contributors", &mut mistakes) {
            let name = Fields::new(path, contributor, &mut mistakes).optional_text("name", &mut mistakes);
            if !name.is_empty() {
                parts.workshop.attendees.push(name);
            }
        }
        for (path, diagram) in detail.list("diagrams", &mut mistakes) {
            let diagram = Fields::new(path, diagram, &mut mistakes);
            read_diagram(&diagram, &mut parts, &mut mistakes);
        }
        mistakes.unless_any(parts.workshop)
    }
}

fn read_diagram(diagram: &Fields<'_>, parts: &mut Parts, mistakes: &mut Mistakes) {
    let method = diagram.loose_text("diagramType", mistakes);
    let title = diagram.loose_text("title", mistakes);
    if !method.is_empty() && parts.workshop.methods.iter().all(|known| *known != method) {
        parts.workshop.methods.push(method.clone());
    }
    // Version 1 keeps the cells one step deeper.
    let older = diagram.optional_object("diagramJson", mistakes);
    let cells: Vec<_> = older.as_ref().unwrap_or(diagram).list("cells", mistakes).collect();
    for (path, cell) in cells {
        let cell = Fields::new(path, cell, mistakes);
        let data = cell.optional_object("data", mistakes);
        let holder = data.as_ref().unwrap_or(&cell);
        let threats: Vec<_> = holder.list("threats", mistakes).collect();
        if threats.is_empty() {
            continue;
        }
        let mut name = data.as_ref().map(|data| data.loose_text("name", mistakes)).unwrap_or_default();
        if name.is_empty() {
            name = drawn_text(&cell, mistakes);
        }
        if name.is_empty() {
            name = if title.is_empty() { parts.workshop.title.clone() } else { title.clone() };
        }
        let kind = match plain(&holder.loose_text("type", mistakes)).as_str() {
            "tm.store" => "data_store",
            "tm.process" => "service",
            _ => "other",
        };
        let asset = parts.asset(&name, |asset| kind.clone_into(&mut asset.kind));
        let cell_id = cell.loose_text("id", mistakes);
        for (path, threat) in threats {
            let threat = Fields::new(path, threat, mistakes);
            let risk = read_threat(&threat, &method, &name, &asset, mistakes);
            parts.risk(risk, &cell_id);
        }
    }
}

/// The text that a cell of version 1 shows, or the label of a flow.
fn drawn_text(cell: &Fields<'_>, mistakes: &mut Mistakes) -> String {
    let shown = |fields: &Fields<'_>, mistakes: &mut Mistakes| {
        let attributes = fields.optional_object("attrs", mistakes)?;
        let text = attributes.optional_object("text", mistakes)?;
        Some(one_line(&text.loose_text("text", mistakes))).filter(|text| !text.is_empty())
    };
    if let Some(text) = shown(cell, mistakes) {
        return text;
    }
    let labels: Vec<_> = cell.list("labels", mistakes).collect();
    for (path, label) in labels {
        if let Some(text) = shown(&Fields::new(path, label, mistakes), mistakes) {
            return text;
        }
    }
    String::new()
}

fn read_threat(
    threat: &Fields<'_>,
    method: &str,
    cell: &str,
    asset: &str,
    mistakes: &mut Mistakes,
) -> WorkshopRisk {
    let title = threat.text("title", mistakes);
    let description = threat.optional_text("description", mistakes);
    let mut id = threat.loose_text("id", mistakes);
    if id.is_empty() {
        id = threat.loose_text("threatId", mistakes);
    }
    if id.is_empty() {
        // Early models number nothing: a threat is then its title at its place.
        id = format!("{cell}: {title}");
    }
    let severity = words::level(&threat.loose_text("severity", mistakes)).unwrap_or_default();
    let category = threat.loose_text("type", mistakes);
    let mut model = threat.loose_text("modelType", mistakes);
    if model.is_empty() {
        method.clone_into(&mut model);
    }
    let stride = words::stride(&category).filter(|_| model.is_empty() || plain(&model).contains("stride"));
    let status_text = threat.loose_text("status", mistakes);
    let status = words::status(&status_text).unwrap_or_else(|| {
        mistakes.add(threat.path("status"), format!("{status_text:?} is no status of Threat Dragon"));
        "open"
    });
    WorkshopRisk {
        attack: words::techniques(&[&title, &description]),
        stride: stride.into_iter().map(str::to_owned).collect(),
        categories: Some(plain(&category))
            .filter(|word| stride.is_none() && !word.is_empty())
            .into_iter()
            .collect(),
        mitigation: threat.optional_text("mitigation", mistakes),
        assets: vec![asset.to_owned()],
        inherent: words::position_of(severity),
        needs_rating: true,
        severity: severity.to_owned(),
        status: status.to_owned(),
        status_note: if status == "open" { String::new() } else { status_text },
        treatment: words::treatment_of(status).to_owned(),
        id,
        title: one_line(&title),
        description,
        ..WorkshopRisk::default()
    }
}
