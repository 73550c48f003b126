//! What became of the messages that call leaders. The log says that somebody was told only once Slack has the message.

use std::collections::BTreeSet;

use abate_entity::{app_user, notice};
use chrono::{DateTime, Utc};
use sea_orm::{DatabaseTransaction, EntityTrait};

use super::key::IncidentKey;
use super::leaders::{CALL, DUTY};
use super::log::{self, NewEntry};
use crate::platform::problem::Problem;

/// The kinds of the lines that are about incidents.
pub(crate) const KINDS: [&str; 2] = [CALL, DUTY];

/// What became of a message.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Outcome<'a> {
    /// It is in Slack.
    Sent,
    /// It could not be sent, and why.
    Failed(&'a str),
    /// Nobody can say whether it arrived, and why.
    Unknown(&'a str),
    /// There is no Slack to send it through.
    NoSlack,
}

/// Notes what became of these lines in the logs of the incidents that they are about.
///
/// # Errors
/// When the database refuses.
pub(crate) async fn note(
    tx: &DatabaseTransaction,
    lines: &[notice::Model],
    outcome: Outcome<'_>,
    now: DateTime<Utc>,
) -> Result<(), Problem> {
    let mut said = BTreeSet::new();
    for line in lines.iter().filter(|line| KINDS.contains(&line.kind.as_str())) {
        let key = line.link.strip_prefix("/incidents/").and_then(|key| key.parse::<IncidentKey>().ok());
        let Some(IncidentKey(incident)) = key else { continue };
        let user = app_user::Entity::find_by_id(line.user_id).one(tx).await?;
        let who = user.map(|user| user.email).unwrap_or_default();
        let text = match outcome {
            Outcome::Sent => {
                let told =
                    NewEntry { who: &who, how: "Slack message", ..NewEntry::of("told", now, &line.text) };
                log::add(tx, incident, None, told, now).await?;
                continue;
            }
            Outcome::Failed(why) => format!("{who} could not be told by message: {why}"),
            Outcome::Unknown(why) => format!("Nobody knows whether {who} was told by message: {why}"),
            Outcome::NoSlack => "Nobody could be told by message: no Slack app is configured.".to_owned(),
        };
        // One message may hold several lines of one incident, and without Slack it is the same for everybody.
        if said.insert((incident, text.clone())) {
            log::add(tx, incident, None, NewEntry::of("ladder", now, &text), now).await?;
        }
    }
    Ok(())
}
