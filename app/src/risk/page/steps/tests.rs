use super::*;
use abate_entity::lifecycle::{Event, State};

fn asks(field: &'static str) -> Missing {
    let facts = lifecycle::Facts::new(State::Triage, abate_entity::level::Level::Low);
    let at = chrono::DateTime::UNIX_EPOCH;
    let request = lifecycle::Request::new(Event::Confirm, at, at.date_naive());
    let triager = lifecycle::Requester::person(1, [lifecycle::Party::Triager], lifecycle::Via::Page);
    let Err(lifecycle::Refusal::Missing(all)) = lifecycle::step(&facts, &request, &triager) else {
        panic!("an empty form confirms nothing");
    };
    all.into_iter().find(|missing| missing.field == field).unwrap()
}

#[test]
fn every_step_of_the_table_has_a_form_with_its_own_fields() {
    for transition in &lifecycle::TRANSITIONS {
        let availability = Availability::Open { asks: Vec::new(), outcome: Outcome::Moved };
        let (open, closed) = forms(vec![(transition, availability)], &Offer::default(), None);
        assert!(closed.is_empty());
        assert_eq!(open.len(), usize::from(transition.is_for_people()), "{}", transition.id);
        for action in open {
            let names: Vec<_> = action.fields.iter().map(|field| field.name.as_str()).collect();
            let expected: Vec<_> = transition.fields.iter().map(|field| field.name()).collect();
            assert_eq!(names, expected, "{}", transition.id);
        }
    }
}

#[test]
fn what_is_asked_for_is_required_and_says_why() {
    let confirm = Transition::find(State::Triage, Event::Confirm).unwrap();
    let availability = Availability::Open { asks: vec![asks("likelihood")], outcome: Outcome::Moved };
    let (open, _) = forms(vec![(confirm, availability)], &Offer::default(), None);
    let required: Vec<_> =
        open[0].fields.iter().filter(|field| field.required).map(|field| field.name.as_str()).collect();
    assert_eq!(required, ["likelihood"]);
    assert!(open[0].fields.iter().all(|field| field.required != field.hint.is_empty()));
}

#[test]
fn a_refused_form_stays_open_with_what_it_said() {
    let confirm = Transition::find(State::Triage, Event::Confirm).unwrap();
    let availability = Availability::Open { asks: Vec::new(), outcome: Outcome::Moved };
    let refused = Refused {
        event: "confirm".into(),
        values: vec![("reason".into(), "because".into()), ("impact".into(), "4".into())],
        errors: vec![("likelihood".into(), "choose one".into())],
        ..Refused::default()
    };
    let (open, _) = forms(vec![(confirm, availability)], &Offer::default(), Some(&refused));
    assert!(open[0].open);
    let field = |name: &str| open[0].fields.iter().find(|field| field.name == name).unwrap();
    assert_eq!(field("reason").value, "because");
    assert_eq!(field("likelihood").error, "choose one");
    assert!(field("impact").choices.iter().any(|choice| choice.selected && choice.value == "4"));
    assert_eq!(refused.problems(&open).items, [("Likelihood (1 to 5)".to_owned(), "choose one".to_owned())]);
}

#[test]
fn a_label_is_the_one_of_the_step_at_hand() {
    let of = |event: &str, name: &str| {
        let refused = Refused {
            event: event.into(),
            errors: vec![(name.into(), "Say why".into())],
            ..Refused::default()
        };
        refused.problems(&[]).items[0].0.clone()
    };
    assert_eq!(of("accept", "justification"), "Why this can be lived with");
    assert_eq!(of("dismiss", "justification"), "Why it does not affect us");
    assert_eq!(of("verify_pass", "evidence[0]"), "Evidence (link or file)");
    assert_eq!(of("due_date", "due_on"), "Due on");
}

#[test]
fn what_was_written_for_a_step_that_is_gone_is_kept() {
    let refused = Refused {
        event: "dismiss".into(),
        values: vec![("event".into(), "dismiss".into()), ("reason".into(), "A long story".into())],
        detail: "Send it again.".into(),
        stale: true,
        ..Refused::default()
    };
    let said = refused.problems(&[]);
    assert!(!said.title.contains("again"), "{}", said.title);
    assert_eq!(said.items, [("Reason".to_owned(), "A long story".to_owned())]);
}

#[test]
fn what_is_attached_can_be_ticked() {
    let verify = Transition::find(State::Verification, Event::VerifyPass).unwrap();
    let availability = Availability::Open { asks: Vec::new(), outcome: Outcome::Moved };
    let offer = Offer { proofs: vec![("evidence:2".into(), "retest.txt".into())], ..Offer::default() };
    let refused = Refused {
        event: "verify_pass".into(),
        values: ["evidence:2", "https://example.com/run"]
            .map(|text| ("evidence".into(), text.into()))
            .to_vec(),
        ..Refused::default()
    };
    let (open, _) = forms(vec![(verify, availability)], &offer, Some(&refused));
    let field = open[0].fields.iter().find(|field| field.name == "evidence").unwrap();
    assert!(field.choices[0].selected && field.choices[0].value == "evidence:2");
    assert_eq!(field.value, "https://example.com/run");
}

#[test]
fn the_second_person_is_asked_for_what_is_taken_and_no_more() {
    let accept = Transition::find(State::Open, Event::Accept).unwrap();
    let forms_of = |outcome: Outcome| {
        let proposal = Proposal {
            event: Event::Accept,
            text: "Ana asked for this.".into(),
            by_person: true,
            until: Some("2026-12-21".parse().unwrap()),
        };
        let offer = Offer { proposals: vec![proposal], ..Offer::default() };
        let availability = Availability::Open { asks: Vec::new(), outcome };
        forms(vec![(accept, availability)], &offer, None).0.remove(0)
    };
    let agrees = forms_of(Outcome::Moved);
    let names: Vec<_> = agrees.fields.iter().map(|field| field.name.as_str()).collect();
    assert_eq!(names, ["expires_on", "reason"]);
    assert_eq!(agrees.fields[0].max, "2026-12-21");
    assert!(!forms_of(Outcome::Proposed).hint.contains("Ana"), "nobody agrees to their own words");
}

#[test]
fn what_is_set_is_shown_as_such_and_not_as_optional() {
    let confirm = Transition::find(State::Triage, Event::Confirm).unwrap();
    let availability = Availability::Open { asks: Vec::new(), outcome: Outcome::Moved };
    let offer = Offer { known: vec![("likelihood".into(), "4".into())], ..Offer::default() };
    let (open, _) = forms(vec![(confirm, availability)], &offer, None);
    let field = |name: &str| open[0].fields.iter().find(|field| field.name == name).unwrap();
    assert!(field("likelihood").required && field("likelihood").hint.starts_with("As it is now"));
    assert!(field("likelihood").choices.iter().any(|choice| choice.selected && choice.value == "4"));
    assert!(!field("impact").required);
}
