//! What the ticket of a group says: a table of its risks, in the order in which they are due.

use abate_integrations::jira::{Block, Document, Inline};
use chrono::NaiveDate;

use super::current::{Current, Member};
use super::model;
use crate::risk::key::RiskKey;
use crate::ticket::about::About;
use crate::ticket::mapping::Facts;
use crate::ticket::subject::Subject;
use crate::ticket::wording::Identity;

/// How the description ends. A description without it was cut.
pub(in crate::ticket) const CLOSING: &str = "Move this ticket to done to claim the fix of each risk; somebody else then verifies each of them in Abate. Comments \
     that name a risk by its key go to that risk, others to each open one.";

/// The columns of the table.
const COLUMNS: [&str; 6] = ["Key", "Level", "Due", "State", "Owner", "Link"];

impl About {
    /// A group; `fits` says whether a description is short enough for the site.
    #[must_use]
    pub(crate) fn group(current: &Current, identity: &Identity, fits: impl Fn(&Document) -> bool) -> Self {
        let key = current.key();
        let page = format!("{}groups/{key}", identity.base_url);
        let confidential = current.is_confidential();
        let title = if confidential { "confidential risks" } else { current.group.title.as_str() };
        let (state, resolution) = current.stands();
        let mut members: Vec<&Member> = current.members.iter().collect();
        members.sort_by_key(|member| {
            (!member.is_open(), member.risk.due_on.unwrap_or(NaiveDate::MAX), member.risk.id)
        });
        let of = |rows: usize| description(current, &members, rows, &page, identity);
        let rows = model::most(members.len(), |rows| fits(&of(rows)));
        Self {
            subject: Subject::Group(current.group.id).to_string(),
            title: format!("{title} ({})", risks(members.len())),
            confidential,
            level: current.level(),
            due_on: current.due_on(),
            state,
            resolution,
            version: current.version,
            description: of(rows),
            facts: Facts::of_group(current),
            key,
            page,
        }
    }
}

fn risks(count: usize) -> String {
    if count == 1 { "1 risk".to_owned() } else { format!("{count} risks") }
}

fn description(
    current: &Current,
    members: &[&Member],
    rows: usize,
    page: &str,
    identity: &Identity,
) -> Document {
    let link = || Inline::Link { text: current.key(), href: page.to_owned() };
    let open = current.open().count();
    let mut facts = vec![
        fact("Group", link()),
        fact("Risks", Inline::text(format!("{}, {open} open", risks(members.len())))),
        fact("Level", Inline::Strong(current.level().to_string())),
        fact("First due", Inline::text(day(current.due_on()))),
    ];
    if let Some(asset) = current.asset.as_ref().filter(|_| !current.is_confidential()) {
        facts.push(fact("Asset", Inline::text(&asset.name)));
    }
    let header = COLUMNS.map(str::to_owned).to_vec();
    let table = members[..rows].iter().map(|member| row(member, identity)).collect();
    let mut document = Document::new()
        .with(Block::Table { header: vec!["Fact".to_owned(), "Value".to_owned()], rows: facts })
        .with(Block::Table { header, rows: table });
    if rows < members.len() {
        let more = Inline::text(format!("and {} more: ", members.len() - rows));
        document = document.with(Block::Paragraph(vec![more, link()]));
    }
    document.with(Block::Paragraph(vec![Inline::text(CLOSING)]))
}

fn fact(name: &str, value: Inline) -> Vec<Vec<Inline>> {
    vec![vec![Inline::text(name)], vec![value]]
}

fn row(member: &Member, identity: &Identity) -> Vec<Vec<Inline>> {
    let risk = &member.risk;
    let key = RiskKey(risk.id).to_string();
    let href = format!("{}risks/{key}", identity.base_url);
    let (state, owner) = if risk.confidential {
        (String::new(), String::new())
    } else {
        (risk.state.to_string(), member.owner.clone().unwrap_or_default())
    };
    vec![
        vec![Inline::text(key)],
        vec![Inline::Strong(risk.level.to_string())],
        vec![Inline::text(day(risk.due_on))],
        vec![Inline::text(state)],
        vec![Inline::text(owner)],
        vec![Inline::Link { text: "open".to_owned(), href }],
    ]
}

fn day(date: Option<NaiveDate>) -> String {
    date.map_or_else(|| "none".to_owned(), |date| date.to_string())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use abate_entity::level::Level;
    use abate_entity::lifecycle::State;
    use abate_entity::{risk, ticket_group, ticket_group_member};
    use abate_integrations::jira::{Dialect, TEXT_LIMIT, plain_text};
    use chrono::{DateTime, Days};
    use serde_json::json;
    use uuid::Uuid;

    use super::*;

    fn group(count: i64, confidential: impl Fn(i64) -> bool) -> Current {
        let at = DateTime::UNIX_EPOCH;
        let group = ticket_group::Model {
            id: 3,
            uuid: Uuid::nil(),
            version: 1,
            kind: "hand".to_owned(),
            match_key: String::new(),
            title: "Update openssl".to_owned(),
            team_id: 1,
            asset_id: None,
            state: "open".to_owned(),
            made_by: None,
            created_at: at,
            closed_at: None,
        };
        let members = (1..=count).map(|id| Member {
            row: ticket_group_member::Model {
                id,
                group_id: 3,
                risk_id: id,
                joined_at: at,
                joined_by: None,
                left_at: None,
                left_because: None,
                failed_at: None,
                failed_because: None,
            },
            risk: risk(id, confidential(id)),
            owner: Some("Ada with a name of some length".to_owned()),
        });
        let was_confidential = (1..=count).any(&confidential);
        let members: Vec<Member> = members.collect();
        Current { group, asset: None, members, version: 1, was_confidential }
    }

    /// Due the earlier, the higher its number is.
    fn risk(id: i64, confidential: bool) -> risk::Model {
        let at = DateTime::UNIX_EPOCH;
        let due = at.date_naive() + Days::new(1_000) - Days::new(id.unsigned_abs());
        risk::Model {
            id,
            uuid: Uuid::nil(),
            version: 1,
            origin: String::new(),
            asset_id: 1,
            team_id: 1,
            owner_id: None,
            assignee_id: None,
            title: "Secret".to_owned(),
            description: String::new(),
            mitigation: String::new(),
            state: if id == 1 { State::Closed } else { State::InProgress },
            resolution: None,
            treatment: None,
            level: if id == 2 { Level::Critical } else { Level::Low },
            inherent_likelihood: None,
            inherent_impact: None,
            current_likelihood: None,
            current_impact: None,
            target_likelihood: None,
            target_impact: None,
            score: 0,
            grid_id: 1,
            policy_id: 1,
            kill_chain_phase: None,
            workshop_id: None,
            scenario_id: None,
            confidential,
            ticket_wanted: false,
            onboarding: false,
            plan: String::new(),
            detected_at: at,
            sla_start_at: at,
            triage_due_at: at,
            due_at: at,
            due_on: Some(due),
            due_nearer_at: None,
            due_zone: String::new(),
            claimed_at: None,
            closed_at: None,
            review_on: None,
            acceptance_ends_on: None,
            reopen_count: 0,
            standing: json!({}),
            import_id: None,
            created_at: at,
            updated_at: at,
        }
    }

    fn identity() -> Identity {
        Identity { instance: "abc123".to_owned(), epoch: 1, base_url: "https://abate.example/".to_owned() }
    }

    fn about(current: &Current, dialect: Dialect, limit: usize) -> (About, String) {
        let text = |document: &Document| plain_text(&dialect.rich_text(document, limit));
        let about = About::group(current, &identity(), |document| text(document).ends_with(CLOSING));
        let text = text(&about.description);
        (about, text)
    }

    #[test]
    fn the_table_is_cut_by_rows() {
        for dialect in [Dialect::Cloud, Dialect::DataCenter] {
            for limit in [TEXT_LIMIT, 8_000] {
                let (about, text) = about(&group(300, |_| false), dialect, limit);
                assert!(text.encode_utf16().count() <= limit, "{}", text.len());
                assert!(text.ends_with(CLOSING), "{text}");
                let shown = model::named(&text).into_iter().collect::<BTreeSet<i64>>().len();
                let more = format!("and {} more", 300 - shown);
                assert_eq!(text.contains(&more), shown < 300, "{shown}");
                assert!(shown < 300 || limit == TEXT_LIMIT, "{shown}");
                assert_eq!(about.title, "Update openssl (300 risks)");
            }
        }
    }

    #[test]
    fn it_is_as_bad_as_its_worst_open_risk_and_due_with_the_first_one() {
        let (about, text) = about(&group(3, |id| id == 2), Dialect::Cloud, TEXT_LIMIT);
        assert_eq!((about.level, about.state), (Level::Critical, State::InProgress));
        assert_eq!(about.due_on, risk(3, false).due_on);
        let at = |key: &str| text.find(&format!("{key}\n")).unwrap();
        assert!(at("R-3") < at("R-2") && at("R-2") < at("R-1"), "{text}");
        assert!(!text.contains("Secret") && text.matches("Ada").count() == 2, "{text}");
    }

    #[test]
    fn confidential_risks_are_key_level_day_and_link() {
        let (about, text) = about(&group(3, |_| true), Dialect::Cloud, TEXT_LIMIT);
        assert!(about.confidential && about.title == "confidential risks (3 risks)");
        assert!(!text.contains("Ada") && !text.contains("in_progress") && text.contains("R-3"), "{text}");
    }

    #[test]
    fn those_that_were_confidential_stay_so_once_all_have_left() {
        for (left_confidential, title) in
            [(true, "confidential risks (0 risks)"), (false, "Update openssl (0 risks)")]
        {
            let emptied = Current { was_confidential: left_confidential, ..group(0, |_| false) };
            let (about, _) = about(&emptied, Dialect::Cloud, TEXT_LIMIT);
            assert_eq!((about.confidential, about.title.as_str()), (left_confidential, title));
        }
    }
}
