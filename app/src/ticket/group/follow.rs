//! Follows what a person did to the status of a group's ticket: for each of its risks by itself, under the guards of each,
//! with one comment about all those that did not follow.

use abate_entity::lifecycle::State;

use super::current::{Current, Member};
use crate::risk::key::RiskKey;
use crate::ticket::failure::Failure;
use crate::ticket::follow::{self, Taken};
use crate::ticket::push;
use crate::ticket::sync::Sync;
use crate::ticket::ticket_rules::Meaning;
use crate::ticket::told::{Following, Told};

/// Follows the last change of status, if a person made it and it was not followed yet. Where that ends half-way, those that
/// took their step are known, so that the rest is followed after it. Answers whether some risk did not follow.
pub(in crate::ticket) async fn run(sync: &mut Sync<'_>, current: &Current) -> Result<bool, Failure> {
    let before = sync.told.followed.clone();
    let Some(change) = follow::news(sync) else { return Ok(false) };
    // It counts as followed once each of them was asked.
    let followed = std::mem::replace(&mut sync.told.followed, before);
    let begun = sync.told.following.take().filter(|begun| begun.at == change.at && begun.to == change.to);
    let mut following = begun.unwrap_or_else(|| Following {
        at: change.at,
        to: change.to.clone(),
        all_closed: current.open().next().is_none(),
        risks: Vec::new(),
    });
    let mut said = Vec::new();
    // While something is left to do, a move is about that and not about what somebody has verified. What this change itself
    // has opened again does not count.
    let all_closed = following.all_closed;
    let meant = |member: &&Member| {
        member.row.joined_at <= change.at && (all_closed || member.risk.state != State::Closed)
    };
    for member in current.members.iter().filter(meant) {
        let risk = &member.risk;
        if following.risks.contains(&risk.id) {
            continue;
        }
        // Of a confidential risk neither the state nor a reason leaves, whatever the others of the group are.
        let say = |text: String| {
            if risk.confidential {
                format!("{} did not follow. Abate says why.", RiskKey(risk.id))
            } else {
                text
            }
        };
        match follow::meaning_for(sync, risk) {
            Meaning::Nothing => {}
            Meaning::Answer(answer) => {
                said.push(say(follow::answer_text(answer, risk)));
                follow::propose(sync, risk.clone(), answer, &change).await?;
            }
            Meaning::Step(event) => {
                let mut after = following.clone();
                after.risks.push(risk.id);
                let told = Told { following: Some(after.clone()), ..sync.told.clone() };
                match follow::take(sync, risk, event, &change, Some(&told)).await? {
                    Taken::Done(_) => following = after,
                    Taken::Refused(text) => said.push(say(text)),
                }
            }
        }
    }
    sync.told.followed = followed;
    if !said.is_empty() {
        let text = said.join("\n\n");
        sync.told.answer = Some(text.clone());
        sync.told.note(format!("members:{}", change.at.timestamp_millis()), text);
    }
    push::keep_told(sync).await?;
    Ok(!said.is_empty())
}
