//! A risk as an example.

use super::super::*;
use crate::page::badge::Tone;
use crate::page::form::{Choice, Kind};
use crate::page::frame::Section;
use crate::page::markdown;
use crate::page::sample::{at, demo_frame, due};

pub(super) fn action(event: &str, label: &str, leads_to: &str, fields: Vec<Field>) -> Action {
    Action {
        event: event.into(),
        label: label.into(),
        leads_to: leads_to.into(),
        hint: String::new(),
        fields,
        final_step: false,
        open: false,
    }
}

pub(super) fn actions() -> Vec<Action> {
    vec![
        Action {
            open: true,
            hint: "Somebody else verifies it afterwards.".into(),
            ..action(
                "claim_fixed",
                "Claim fixed",
                "to verification",
                vec![
                    Field::new("evidence", "Evidence", Kind::Proof)
                        .required()
                        .choices(vec![Choice::new(
                            "evidence:1",
                            "Plan of the change (evidence:1)",
                            "evidence:1",
                        )])
                        .hint("A change, commit or test report."),
                    Field::new("claimed_on", "Fixed on", Kind::Date)
                        .value("2026-11-21")
                        .between("2026-10-05", "2026-11-21"),
                ],
            )
        },
        action(
            "block",
            "Block",
            "to blocked",
            vec![
                Field::new("blocker", "Waiting for", Kind::Choice)
                    .choices(vec![
                        Choice::new("vendor", "Vendor", ""),
                        Choice::new("change_freeze", "Change freeze", ""),
                    ])
                    .required(),
                Field::new("reason", "What for", Kind::Lines).required(),
            ],
        ),
        action("accept", "Ask for acceptance", "to accepted, after approval", vec![]),
        Action {
            final_step: true,
            ..action("treat_without_fix", "Close without a fix", "to closed", vec![])
        },
    ]
}

pub(super) fn rating(
    name: &str,
    hint: &str,
    likelihood: &str,
    impact: &str,
    score: &str,
    level: Option<&str>,
) -> Rating {
    Rating {
        name: name.into(),
        hint: hint.into(),
        likelihood: likelihood.into(),
        impact: impact.into(),
        score: score.into(),
        level: level.map(Badge::level),
        why: String::new(),
    }
}

pub(super) fn derivation() -> Derivation {
    let step = |what: &str, result: &str, detail: &str| DerivationStep {
        what: what.into(),
        result: result.into(),
        detail: detail.into(),
    };
    Derivation {
        basis: "Default policy, version 1; calendar days; Europe/London".into(),
        steps: vec![
            step(
                "Clock starts: the workshop was held",
                "5 Oct 2026",
                "A workshop's risks count from the day of the workshop.",
            ),
            step(
                "High: 30 calendar days",
                "4 Nov 2026, 23:59",
                "Level 16 on the 5 x 5 grid, set on confirmation.",
            ),
            step(
                "Paused for 3 days: vendor",
                "+ 3 days",
                "Blocked on 20 Oct, approved by Lena Fischer, unblocked on 23 Oct.",
            ),
        ],
        outcome: "7 Nov 2026, 23:59".into(),
        none: String::new(),
        pause: String::new(),
        refusing: Vec::new(),
        moving: Vec::new(),
    }
}

pub(super) fn show() -> RiskPage {
    let fact =
        |name: &str, text: &str, href: &str| Fact { name: name.into(), text: text.into(), href: href.into() };
    let phases = [
        "Reconnaissance",
        "Weaponization",
        "Delivery",
        "Exploitation",
        "Installation",
        "Command and control",
        "Actions on objectives",
    ];
    let history = |when: &str, actor: &str, via: &str, what: &str, note: &str, class: &str| HistoryRow {
        at: at(when),
        actor: actor.into(),
        via: via.into(),
        what: what.into(),
        note: note.into(),
        class: class.into(),
    };
    RiskPage {
        frame: demo_frame("R-6 Changing a record identifier", Section::Risks),
        key: "R-6".into(),
        href: "/risks/R-6".into(),
        version: "7".into(),
        title: "Changing a record identifier returns another person's data".into(),
        level: Badge::level("high"),
        state: Badge::state("in_progress"),
        due: due("2026-11-07"),
        flags: vec![
            Badge::toned(Tone::Bad, "KEV", "Listed as exploited in the wild"),
            Badge::toned(Tone::Warn, "Reopened once", ""),
        ],
        facts: vec![
            fact("Owner", "Sam Okafor", ""),
            fact("Assignee", "Jo Lindqvist", ""),
            fact("Team", "Solutions Engineering", "/risks?team=solutions"),
            fact("Source", "Workshop of 5 Oct 2026", "/workshops/1"),
            fact("Treatment", "Modify", ""),
            fact("First seen", "5 Oct 2026", ""),
        ],
        edit: Vec::new(),
        refused_form: String::new(),
        declines: vec![Decline {
            what: "acceptance",
            label: "Reject the acceptance",
            reason: Field::new("reason", "Reason", Kind::Lines).required(),
            open: false,
        }],
        people: vec![
            Field::new("owner", "Owner", Kind::Choice)
                .choices(vec![Choice::new("sam@example.org", "Sam Okafor", "sam@example.org")])
                .required(),
        ],
        statements: Vec::new(),
        transfer_review: None,
        transfer: Vec::new(),
        is_assignee: false,
        actions: actions(),
        closed_actions: vec![
            ClosedAction {
                label: "Pass verification".into(),
                reasons: vec!["It is not in verification.".into()],
            },
            ClosedAction {
                label: "Reopen".into(),
                reasons: vec!["It is not closed.".into(), "Only a verifier may reopen.".into()],
            },
        ],
        problems: Some(Problems {
            title: "The fix was not claimed.".into(),
            items: vec![(
                "Evidence".into(),
                "give a link to the change, commit or test that proves it".into(),
            )],
        }),
        description: markdown::render(
            "Object identifiers in wallet and health-record calls are not checked against the caller, so counting up exposes other people's records.\n\n* `GET /v1/records/{id}`\n* `GET /v1/wallets/{id}`",
        ),
        mitigation: markdown::render(
            "Object-level authorisation in the service layer for **every** call, unguessable identifiers, negative tests in the pipeline.",
        ),
        ratings: vec![
            rating("Inherent", "before controls", "4 · Likely", "4 · Major", "16", Some("high")),
            rating(
                "Current",
                "with the controls that work today",
                "4 · Likely",
                "4 · Major",
                "16",
                Some("high"),
            ),
            rating("Target", "after the planned treatment", "2 · Unlikely", "2 · Minor", "4", Some("low")),
        ],
        stride: vec!["Information disclosure".into(), "Elevation of privilege".into()],
        techniques: vec![Technique {
            id: "T1190".into(),
            href: "https://attack.mitre.org/techniques/T1190/".into(),
            note: String::new(),
        }],
        kill_chain: phases
            .into_iter()
            .map(|label| Phase { label: label.into(), current: label == "Exploitation" })
            .collect(),
        assets: vec![
            AssetRow {
                name: "CloudVista public API".into(),
                href: "/assets/A2".into(),
                primary: true,
                tier: "Mission critical, internet-facing".into(),
                data: "PII, PHI, financial".into(),
                owner: "Solutions Engineering".into(),
            },
            AssetRow {
                name: "Health record and export buckets".into(),
                href: "/assets/A4".into(),
                primary: false,
                tier: "Mission critical".into(),
                data: "PHI, PII".into(),
                owner: "Data Platform Lead".into(),
            },
        ],
        controls: vec![
            ("C08".into(), "Input validation and API hardening".into()),
            ("C07".into(), "Role-based access control".into()),
        ],
        control_choices: Vec::new(),
        derivation: derivation(),
        snooze: Vec::new(),
        findings: vec![FindingRow {
            id: 1,
            because: "Same because: the same package".into(),
            source: "zap, nightly".into(),
            title: "Insecure direct object reference".into(),
            location: "GET /v1/records/{id}".into(),
            severity: "High".into(),
            first_seen: at("2026-10-11T02:10:00Z"),
            presence: Badge::toned(Tone::Bad, "Seen in the last scan", ""),
        }],
        more_findings: String::new(),
        group: None,
        ticket: Some(TicketView {
            key: "PAY-14".into(),
            href: "https://jira.example/browse/PAY-14".into(),
            state: Badge::toned(Tone::Good, "In step", ""),
            facts: vec![
                ("Status there".into(), "In Progress".into()),
                ("Last sync".into(), "21 Nov 2026, 09:12".into()),
            ],
            drift: vec!["Due date there is 10 Nov 2026; ours won, because the policy sets it.".into()],
            drift_page: "/settings/jira/drift?risk=R-6".into(),
        }),
        no_ticket: String::new(),
        evidence: vec![
            EvidenceRow {
                id: 1,
                reference: "evidence:1".into(),
                name: "Plan of the change".into(),
                href: "https://wiki.example/plan".into(),
                detail: "Link".into(),
                by: "Sam Okafor".into(),
                at: at("2026-10-19T10:00:00Z"),
                withdrawn: String::new(),
            },
            EvidenceRow {
                id: 2,
                reference: "evidence:2".into(),
                name: "Wrong <b>screenshot</b>.png".into(),
                href: "/api/v1/risks/R-7/evidence/2/file".into(),
                detail: "File, 12 KiB".into(),
                by: "Sam Okafor".into(),
                at: at("2026-10-19T11:00:00Z"),
                withdrawn: "Withdrawn by Sam Okafor: of another risk".into(),
            },
        ],
        attach: vec![Field::new("url", "Link", Kind::Address)],
        comment_text: String::new(),
        comments: vec![Comment {
            author: "Jo Lindqvist".into(),
            at: at("2026-11-02T14:30:00Z"),
            via: "JIRA".into(),
            body: markdown::render("Two of nine endpoints are done."),
        }],
        may_write: true,
        may_read_log: false,
        same: vec![(
            "R-3".into(),
            "peeler peels too deep".into(),
            "both are GHSA-1 in the same package".into(),
        )],
        may_merge: true,
        history: vec![
            history(
                "2026-10-23T08:00:00Z",
                "Sam Okafor",
                "Slack",
                "Unblocked, back in progress",
                "",
                "state-in_progress",
            ),
            history(
                "2026-10-20T08:00:00Z",
                "Sam Okafor",
                "the page",
                "Blocked: waiting for a vendor",
                "Gateway patch promised for Thursday",
                "state-blocked",
            ),
            history(
                "2026-10-06T09:00:00Z",
                "Priya Raman",
                "the API",
                "Confirmed as high, owner Sam Okafor",
                "",
                "state-open",
            ),
            history("2026-10-05T16:00:00Z", "Priya Raman", "a workshop", "Created", "", "state-new"),
        ],
    }
}
