//! Collects the assets and controls that the threats of a model name, each once.

use std::collections::{HashMap, HashSet};

use super::model::{Workshop, WorkshopAsset, WorkshopControl, WorkshopRisk};
use super::words::one_line;

/// Longest title of a risk, in characters; a longer one goes on in the description.
const TITLE: usize = 300;
/// Longest name of an asset, in characters.
const NAME: usize = 200;

/// A model while it is read.
#[derive(Default)]
pub(crate) struct Parts {
    pub(crate) workshop: Workshop,
    assets: HashMap<String, String>,
    controls: HashSet<String>,
    risks: HashMap<String, u32>,
}

impl Parts {
    /// A model of this title; `approach` is what such models look at first.
    pub(crate) fn new(title: String, approach: &str, methods: &[&str]) -> Self {
        let workshop = Workshop {
            title: one_line(&title),
            approach: approach.to_owned(),
            methods: methods.iter().map(|method| (*method).to_owned()).collect(),
            ..Workshop::default()
        };
        Self { workshop, ..Self::default() }
    }

    /// The id of the asset of this name, which is added when it is new; empty for a name that says nothing.
    pub(crate) fn asset(&mut self, name: &str, describe: impl FnOnce(&mut WorkshopAsset)) -> String {
        let name: String = one_line(name).chars().take(NAME).collect();
        if name.is_empty() {
            return String::new();
        }
        if let Some(id) = self.assets.get(&name.to_lowercase()) {
            return id.clone();
        }
        let id = format!("A{}", self.workshop.assets.len() + 1);
        let mut asset = WorkshopAsset { id: id.clone(), name: name.clone(), ..WorkshopAsset::default() };
        describe(&mut asset);
        self.workshop.assets.push(asset);
        self.assets.insert(name.to_lowercase(), id.clone());
        id
    }

    /// Adds a control; the same id once.
    pub(crate) fn control(&mut self, id: &str, name: &str) {
        if self.controls.insert(id.to_owned()) {
            let name = if name.is_empty() { id } else { name };
            self.workshop.controls.push(WorkshopControl { id: id.to_owned(), name: one_line(name) });
        }
    }

    /// Adds a threat. An id that was used before, as in a copied diagram, is told apart by `place`.
    pub(crate) fn risk(&mut self, mut risk: WorkshopRisk, place: &str) {
        let mut id = risk.id.clone();
        if self.risks.contains_key(&id) && !place.is_empty() {
            id = format!("{id}@{place}");
        }
        let uses = self.risks.entry(id.clone()).or_default();
        *uses += 1;
        if *uses > 1 {
            id = format!("{id}#{uses}");
        }
        risk.id = id;
        if risk.title.chars().count() > TITLE {
            risk.description = format!("{}\n\n{}", risk.title, risk.description).trim().to_owned();
            risk.title = risk.title.chars().take(TITLE - 1).chain(['…']).collect();
        }
        risk.assets.retain(|asset| !asset.is_empty());
        let mut seen = HashSet::new();
        risk.assets.retain(|asset| seen.insert(asset.clone()));
        self.workshop.risks.push(risk);
    }
}
