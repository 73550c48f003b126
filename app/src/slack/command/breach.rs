//! `/risk breach`: declares a risk to be a data breach.

use abate_integrations::slack::{Block, Button, Message};

use super::{Answering, Command, key};
use crate::access::right::DeclareIncidents;
use crate::incident::api::{IncidentForm, resolve};
use crate::incident::key::IncidentKey;
use crate::platform::problem::Problem;
use crate::slack::arguments::readable;
use crate::slack::card::ACKNOWLEDGE;
use crate::slack::context::Context;

/// The command.
pub(crate) static COMMAND: Command = Command {
    word: "breach",
    arguments: "R-12 what happened",
    summary: "declare a data breach; those who lead security are told at once",
    run,
};

fn run<'a>(context: &'a Context, rest: &'a str) -> Answering<'a> {
    Box::pin(async move {
        let (key, words) = key(&COMMAND, rest)?;
        let title = readable(words);
        if title.trim().is_empty() {
            return Err(Problem::invalid(
                "title",
                format!("Say what happened: /risk breach {key} what happened"),
            ));
        }
        let form = IncidentForm {
            kind: "breach".to_owned(),
            title,
            risk: Some(key.to_string()),
            ..IncidentForm::default()
        };
        context
            .change::<DeclareIncidents>(async |tx, occasion| {
                let incident = resolve(tx, occasion, &context.actor, &form).await?;
                let key = IncidentKey(incident.id);
                let page = context.page(&format!("incidents/{key}"));
                let text = format!(
                    "{key} is declared. Those who lead security are being told. Say there what data is concerned: {page}"
                );
                let button = Button::new("Acknowledge", ACKNOWLEDGE, &key.to_string());
                Ok(Message { text: text.clone(), blocks: vec![Block::text(text.as_str()), Block::Actions(vec![button])] })
            })
            .await
    })
}
