//! `POST /risks/{key}/edit`: what the risk says, and its three ratings.

use abate_entity::risk;
use actix_web::{HttpRequest, HttpResponse, web};

use super::act::{Sent, say, typed, unchanged, value};
use super::show;
use super::steps::{Refused, SCORES};
use crate::access::actor::Actor;
use crate::access::csrf::SignedForm;
use crate::access::require::Require;
use crate::access::right::MoveRisks;
use crate::page::badge::{Tone, capitalised};
use crate::page::form::{Choice, Field, Kind};
use crate::page::said;
use crate::platform::problem::Problem;
use crate::policy::Policies;
use crate::risk::edit::{self, Edit};
use crate::risk::finder;
use crate::risk::key::RiskKey;
use crate::risk::parties::may_edit;
use crate::risk::rate;
use crate::risk::rated::{Kind as RatingKind, Rated, Scores};
use crate::risk::record::Occasion;
use crate::state::AppState;

/// What the form is called among those of the page.
pub(super) const EVENT: &str = "edit";
/// The texts: as sent, and as read.
const TEXTS: [(&str, &str); 3] =
    [("description", "What is wrong"), ("mitigation", "What to do about it"), ("plan", "Plan")];

/// Writes what the form says. What is wrong with it is said on the risk's page.
pub(super) async fn edit(
    request: HttpRequest,
    caller: Require<MoveRisks>,
    state: web::Data<AppState>,
    key: web::Path<String>,
    form: SignedForm<Sent>,
) -> Result<HttpResponse, Problem> {
    let seen = show::find(&caller, &state, &key).await?;
    let SignedForm(sent) = form;
    let key_now = RiskKey(seen.id);
    match write(&caller, &state, seen.id, &sent).await {
        Ok(()) => Ok(said::see_other(&format!("/risks/{key_now}"), Tone::Good, "Your changes are saved.")),
        Err(problem) => say((&request, &caller, &state), seen.id, EVENT, sent, problem).await,
    }
}

async fn write(caller: &Actor, state: &AppState, id: i64, sent: &Sent) -> Result<(), Problem> {
    let change = read(sent)?;
    let now = state.clock.now();
    state
        .database
        .write(async |tx| {
            let policies = Policies::load(tx).await?;
            let occasion = Occasion::by(caller, now, &policies);
            let risk = finder::one(tx, &caller.scope(), RiskKey(id)).await?;
            may_edit(caller, &risk)?;
            unchanged(&risk, sent)?;
            edit::edit(tx, &occasion, risk, change.clone()).await.map(drop)
        })
        .await
}

fn read(sent: &Sent) -> Result<Edit, Problem> {
    // An empty field is not sent on, so that what is not there was emptied.
    let text = |name: &str| Some(value(sent, name).unwrap_or_default().replace("\r\n", "\n"));
    Ok(Edit {
        title: text("title"),
        description: text("description"),
        mitigation: text("mitigation"),
        plan: text("plan"),
        rated: Rated {
            inherent: scores(sent, RatingKind::Inherent)?,
            current: scores(sent, RatingKind::Current)?,
            target: scores(sent, RatingKind::Target)?,
        },
        reason: text("reason").unwrap_or_default(),
        ..Edit::default()
    })
}

fn scores(sent: &Sent, kind: RatingKind) -> Result<Option<Scores>, Problem> {
    let (likelihood, impact) = names(kind);
    let number = |name: &str| typed::<u8>(sent, name, "a number from 1 to 5");
    match (number(&likelihood)?, number(&impact)?) {
        (Some(likelihood), Some(impact)) => Ok(Some((likelihood, impact))),
        (None, None) => Ok(None),
        (Some(_), None) => Err(Problem::invalid(impact, "Give likelihood and impact together.")),
        (None, Some(_)) => Err(Problem::invalid(likelihood, "Give likelihood and impact together.")),
    }
}

fn names(kind: RatingKind) -> (String, String) {
    (format!("{kind}_likelihood"), format!("{kind}_impact"))
}

/// The fields of the form, for those who may change the risk; with what was sent, where it was refused.
pub(super) fn fields(risk: &risk::Model, caller: &Actor, refused: Option<&Refused>) -> Vec<Field> {
    if may_edit(caller, risk).is_err() {
        return Vec::new();
    }
    let refused = refused.filter(|refused| refused.event == EVENT);
    let filled = |mut field: Field, known: &str| {
        let name = field.name.clone();
        if let Some(refused) = refused {
            refused.error(&name).clone_into(&mut field.error);
        }
        field.value(refused.map_or(known, |refused| refused.value(&name)))
    };
    let mut fields = vec![filled(Field::new("title", "Title", Kind::Text).required(), &risk.title)];
    for ((name, label), known) in TEXTS.into_iter().zip([&risk.description, &risk.mitigation, &risk.plan]) {
        fields.push(filled(Field::new(name, label, Kind::Lines), known));
    }
    let rated = rate::ratings(risk);
    for kind in RatingKind::ALL.iter().copied() {
        let (likelihood, impact) = names(kind);
        let known = rated.of(kind);
        for (name, what, known) in [
            (likelihood, "likelihood", known.map(|(likelihood, _)| likelihood)),
            (impact, "impact", known.map(|(_, impact)| impact)),
        ] {
            let known = known.map(|score| score.to_string()).unwrap_or_default();
            let choices = std::iter::once(Choice::new("", "Not rated", &known))
                .chain(SCORES.iter().map(|(value, label)| Choice::new(*value, *label, &known)))
                .collect();
            let label = format!("{} {what}", capitalised(kind.as_str()));
            fields.push(filled(Field::new(name, label, Kind::Choice).choices(choices), &known));
        }
    }
    // What is out of order is said of the rating as a whole.
    let why = Field::new("reason", "Why", Kind::Lines)
        .hint("Needed where a rating stands above the one that it should not exceed.");
    let mut why = filled(why, "");
    if let Some(refused) = refused {
        let whole = RatingKind::ALL.iter().map(|kind| refused.error(kind.as_str()));
        why.error = whole.filter(|error| !error.is_empty()).collect::<Vec<_>>().join(" ");
    }
    fields.push(why);
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(pairs: &[(&str, &str)]) -> Sent {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn an_emptied_text_is_empty_and_half_a_rating_is_refused() {
        let read_edit = read(&sent(&[("title", "A"), ("description", "one\r\ntwo")])).unwrap();
        assert_eq!(read_edit.description.as_deref(), Some("one\ntwo"));
        assert_eq!(read_edit.plan.as_deref(), Some(""));
        assert_eq!(read_edit.rated, Rated::default());
        let problem = read(&sent(&[("current_impact", "4")])).unwrap_err();
        assert_eq!(problem.errors()[0].field, "current_likelihood");
    }
}
