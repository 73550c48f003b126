mod list;
mod show;

use self::list::list;
use self::show::show;
use super::*;
use crate::page::frame::Section;
use crate::page::sample::frame;

#[test]
fn a_list_shows_one_risk_a_row() {
    insta::assert_snapshot!(list().render().unwrap());
}

#[test]
fn an_empty_list_says_what_to_do() {
    let page = RiskListPage { rows: Vec::new(), ..list() };
    insta::assert_snapshot!(page.render().unwrap());
}

#[test]
fn a_risk_shows_all_that_is_known() {
    insta::assert_snapshot!(show().render().unwrap());
}

#[test]
fn a_bare_risk_says_what_is_missing() {
    let page = RiskPage {
        frame: frame("R-10", Section::Risks),
        problems: None,
        flags: Vec::new(),
        people: Vec::new(),
        actions: Vec::new(),
        closed_actions: Vec::new(),
        description: String::new(),
        mitigation: String::new(),
        stride: Vec::new(),
        techniques: Vec::new(),
        kill_chain: Vec::new(),
        assets: Vec::new(),
        controls: Vec::new(),
        control_choices: Vec::new(),
        declines: Vec::new(),
        snooze: Vec::new(),
        derivation: Derivation {
            none: "It gets a due date when a triager confirms it.".into(),
            ..Derivation::default()
        },
        findings: Vec::new(),
        group: None,
        ticket: None,
        no_ticket: "A ticket is made when work is planned.".into(),
        evidence: Vec::new(),
        comments: Vec::new(),
        may_write: false,
        may_read_log: false,
        same: Vec::new(),
        may_merge: false,
        ..show()
    };
    insta::assert_snapshot!(page.render().unwrap());
}

#[test]
fn nothing_in_a_page_needs_inline_script_or_style() {
    let html = show().render().unwrap() + &list().render().unwrap();
    assert!(!html.contains(" style=") && !html.contains("<style") && !html.contains(" onclick="));
    assert!(!html.replace("<script src=", "").contains("<script"));
}
