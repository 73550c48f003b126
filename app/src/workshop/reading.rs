//! Reads the file of a workshop, and settles what the file itself leaves open: its title, its zone, its columns.

use abate_integrations::workshop::table::{self, TableFile, TableMapping};
use abate_integrations::workshop::{FieldError, Reading, Workshop, WorkshopError, WorkshopFormat};
use sea_orm::ConnectionTrait;
use serde::{Deserialize, Serialize};

use super::mapping;
use crate::intake::receive::{Mode, Upload, UploadForm};
use crate::intake::stage::unusable;
use crate::platform::problem::{FieldProblem, Problem};
use crate::policy::Policies;

/// What is kept of a file until its plan is applied.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Kept {
    pub(super) workshop: Workshop,
    /// The asset that the upload names for what the register does not know.
    pub(super) asset: Option<String>,
    /// Who reports.
    pub(super) source: String,
    /// Whether the file holds only a part of the model.
    pub(super) partial: bool,
    /// The table that it was read from, when it was one.
    pub(super) table: Option<TableFile>,
    /// What people said about the table.
    pub(super) mapping: TableMapping,
    /// What of the table could not be read.
    #[serde(skip)]
    pub(super) mistakes: Vec<FieldError>,
}

/// Reads the file of an upload on a thread that may block.
///
/// # Errors
/// 422 naming every field that is wrong.
pub(super) async fn read(
    db: &impl ConnectionTrait,
    format: WorkshopFormat,
    mut upload: Upload,
) -> Result<(Upload, Kept), Problem> {
    let (upload, reading) = actix_web::web::block(move || {
        let reading = format.read(&mut upload.file);
        (upload, reading)
    })
    .await
    .map_err(Problem::internal)?;
    let form = &upload.form;
    let source = form.source.clone().unwrap_or_default();
    let mut kept = Kept {
        workshop: Workshop::default(),
        asset: form.asset.clone(),
        source: source.clone(),
        partial: form.partial,
        table: None,
        mapping: TableMapping::default(),
        mistakes: Vec::new(),
    };
    match reading.map_err(refused)? {
        Reading::Model(workshop) => {
            if form.mapping.is_some() {
                return Err(Problem::invalid("mapping", "Leave it out: this file is no table."));
            }
            kept.workshop = *workshop;
            // A file of decisions about threats that another file lists does not list them all itself.
            kept.partial |= !kept.workshop.tracking.is_empty();
        }
        Reading::Table(table) => {
            kept.mapping = match &form.mapping {
                Some(text) => mapping::parse(text)?,
                None => mapping::remembered(db, &source, &table.header_hash()).await?,
            };
            kept.table = Some(*table);
            kept.read_table();
            if !kept.mistakes.is_empty() && form.mode != Mode::Plan {
                return Err(refused(WorkshopError::Fields(kept.mistakes)));
            }
        }
    }
    kept.name(&upload.file_name, form);
    kept.check_zone(&Policies::load(db).await?)?;
    Ok((upload, kept))
}

impl Kept {
    /// Reads the rows of the table once more, by what people say about it now.
    pub(super) fn read_table(&mut self) {
        if let Some(table) = &self.table {
            let title = std::mem::take(&mut self.workshop.title);
            let zone = std::mem::take(&mut self.workshop.timezone);
            (self.workshop, self.mistakes) = table::read(table, &self.mapping);
            for (given, known) in [(title, &mut self.workshop.title), (zone, &mut self.workshop.timezone)] {
                if !given.is_empty() {
                    *known = given;
                }
            }
        }
    }

    /// The title is the scope that the upload names, else the file's own, else the name of the file.
    fn name(&mut self, file_name: &str, form: &UploadForm) {
        if let Some(scope) = &form.scope {
            self.workshop.title.clone_from(scope);
        }
        if self.workshop.title.is_empty() {
            let stem = file_name.split('.').next().unwrap_or_default().trim();
            self.workshop.title = if stem.is_empty() { "Workshop".to_owned() } else { stem.to_owned() };
        }
    }

    fn check_zone(&mut self, policies: &Policies) -> Result<(), Problem> {
        if self.workshop.timezone.is_empty() {
            self.workshop.timezone = policies.zone.name().to_owned();
        }
        match self.workshop.timezone.parse::<chrono_tz::Tz>() {
            Ok(_) => Ok(()),
            Err(_) => Err(Problem::invalid("workshop.timezone", "Name a zone as in Europe/London.")),
        }
    }
}

/// The answer to a file that cannot be used.
pub(super) fn refused(error: WorkshopError) -> Problem {
    match error {
        WorkshopError::Unreadable(error) => unusable(error),
        WorkshopError::Fields(errors) => Problem::all_invalid(
            errors
                .into_iter()
                .map(|error| FieldProblem::new(error.path, format!("{}.", error.reason)))
                .collect(),
        ),
    }
}
