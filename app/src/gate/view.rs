//! Rules. What the page of the gate prints.

use askama::Template;

use crate::page::badge::Badge;
use crate::page::form::{Field, Problems};
use crate::page::frame::Frame;
use crate::page::listing::Pager;

/// The gate: ask it, see its rules and its waivers.
#[derive(Debug, Template)]
#[template(path = "gate/show.html")]
pub(super) struct GatePage {
    /// The frame.
    pub(super) frame: Frame,
    /// The form that asks.
    pub(super) question: Vec<Field>,
    /// What the gate says; none until it is asked.
    pub(super) answer: Option<Answer>,
    /// What was wrong with the form that was just sent.
    pub(super) problems: Option<Problems>,
    /// The rules, a line a tier and check.
    pub(super) rules: Vec<RuleRow>,
    /// Whether the reader may change them.
    pub(super) may_keep: bool,
    /// The waivers, newest first.
    pub(super) waivers: Vec<WaiverRow>,
    /// The way to older ones.
    pub(super) pager: Pager,
    /// The form for a new one; empty for those who may not.
    pub(super) new_waiver: Vec<Field>,
}

/// What the gate says.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    /// Open or closed.
    pub(super) standing: Badge,
    /// In a sentence.
    pub(super) sentence: String,
    /// Why not: check, text, address of the risk.
    pub(super) reasons: Vec<(String, String, String)>,
    /// What would have closed it: text, and who decided otherwise until when.
    pub(super) waived: Vec<(String, String)>,
}

/// A rule.
#[derive(Debug, Clone)]
pub(super) struct RuleRow {
    /// What the form sends it as.
    pub(super) tier: String,
    /// What the form sends it as.
    pub(super) check: String,
    /// What the ids of its form begin with.
    pub(super) prefix: String,
    /// What it looks at, in words.
    pub(super) what: String,
    /// The form field of its threshold; none where it has none.
    pub(super) threshold: Option<Field>,
    /// Whether it is looked at.
    pub(super) active: Badge,
    /// What the button that switches it sends: `true` or `false`.
    pub(super) switch: &'static str,
}

/// A waiver.
#[derive(Debug, Clone)]
pub(super) struct WaiverRow {
    /// Its number.
    pub(super) id: i64,
    /// Key of the asset.
    pub(super) asset: String,
    /// The check, the risk, or both, in words.
    pub(super) about: String,
    /// Why.
    pub(super) reason: String,
    /// Who answers for it.
    pub(super) owner: String,
    /// Its last day, in words.
    pub(super) until: String,
    /// In force, ended or withdrawn.
    pub(super) standing: Badge,
    /// Whether the reader may end it.
    pub(super) may_end: bool,
}
