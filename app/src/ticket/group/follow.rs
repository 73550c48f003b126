//! Follows what a person did to the status of a group's ticket: for each of its risks by itself, under the guards of each,
//! with one comment about all those that did not follow.

use abate_entity::lifecycle::State;

use super::current::{Current, Member};
use crate::ticket::failure::Failure;
use crate::ticket::follow::{self, Taken};
use crate::ticket::push;
use crate::ticket::sync::Sync;
use crate::ticket::ticket_rules::Meaning;

/// Follows the last change of status, if a person made it and it was not followed yet. What was followed before a crash is
/// where it has to be already, so that the rest is followed after it. Answers whether some risk did not follow.
pub(in crate::ticket) async fn run(sync: &mut Sync<'_>, current: &Current) -> Result<bool, Failure> {
    let Some(change) = follow::news(sync) else { return Ok(false) };
    let mut said = Vec::new();
    // While something is left to do, a move is about that and not about what somebody has verified.
    let all_closed = current.open().next().is_none();
    let meant = |member: &&Member| {
        member.row.joined_at <= change.at && (all_closed || member.risk.state != State::Closed)
    };
    for member in current.members.iter().filter(meant) {
        let risk = &member.risk;
        match follow::meaning_for(sync, risk) {
            Meaning::Nothing => {}
            Meaning::Answer(answer) => {
                said.push(follow::answer_text(answer, risk));
                follow::propose(sync, risk.clone(), answer, &change).await?;
            }
            Meaning::Step(event) => {
                let taken = follow::take(sync, risk, event, &change, None).await?;
                if let Taken::Refused(text) = taken {
                    said.push(text);
                }
            }
        }
    }
    if !said.is_empty() {
        let text = said.join("\n\n");
        sync.told.answer = Some(text.clone());
        sync.told.note(format!("members:{}", change.at.timestamp_millis()), text);
    }
    push::keep_told(sync).await?;
    Ok(!said.is_empty())
}
