//! A page with one form on it.

use actix_web::HttpRequest;
use askama::Template;

use crate::access::actor::Actor;
use crate::page::context;
use crate::page::form::{Field, Problems};
use crate::page::frame::{Frame, Section};
use crate::page::refused::problems;
use crate::platform::problem::Problem;

/// The page.
#[derive(Template)]
#[template(path = "form_page.html")]
pub(crate) struct FormPage {
    frame: Frame,
    problems: Option<Problems>,
    title: String,
    /// Where the form goes, which is also where it is.
    action: String,
    fields: Vec<Field>,
    button: &'static str,
    /// Where people come from: label and address.
    back: (&'static str, &'static str),
}

/// What the form is.
pub(crate) struct Form {
    pub(crate) title: String,
    pub(crate) action: String,
    pub(crate) fields: Vec<Field>,
    pub(crate) button: &'static str,
    pub(crate) back: (&'static str, &'static str),
}

impl FormPage {
    /// The page of a form, with what was wrong with it.
    pub(crate) fn new(request: &HttpRequest, caller: &Actor, form: Form, refused: Option<&Problem>) -> Self {
        let error = |name: &str| {
            let errors = refused.map(Problem::errors).unwrap_or_default();
            errors.iter().find(|error| error.field == name).map(|error| error.detail.clone())
        };
        let fields = form.fields.into_iter().map(|mut field| {
            field.error = error(&field.name).unwrap_or_default();
            field
        });
        Self {
            frame: context::frame(request, caller, form.title.clone(), Section::Elsewhere),
            problems: refused.map(problems),
            title: form.title,
            action: form.action,
            fields: fields.collect(),
            button: form.button,
            back: form.back,
        }
    }
}
