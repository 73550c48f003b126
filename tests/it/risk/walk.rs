//! A random walk of risks through the lifecycle on a real database: whatever is tried, the stored due date is the one
//! that the events lead to, and the rows of acceptances say what the risk says.

use abate::acceptance::expire::expire;
use abate::policy::Policies;
use abate::risk::clock::moving::{Ground, Wish};
use abate::risk::clock::{Clock, Happening, Judgement};
use abate::risk::difference;
use abate::risk::due_date;
use abate::risk::edit::{self, Edit};
use abate::risk::key::RiskKey;
use abate::risk::pause;
use abate::risk::rated::Rated;
use abate::risk::record::{self, Change, NewEvent, Occasion};
use abate::risk::standing::Standing;
use abate::risk::step::{self, Asked};
use abate_entity::lifecycle::{
    BlockerKind, DuplicateTarget, Given, Party, Proof, Requester, State, Transition, Via,
};
use abate_entity::{acceptance, risk, risk_event, timer};
use chrono::{Days, Duration, Utc};
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _};
use serde_json::json;

use crate::harness::app::{Person, TestApp};

/// Steps that are tried.
const STEPS: u64 = 2_000;
/// Risks that walk.
const RISKS: u64 = 8;

/// Numbers that look random and are the same in each run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }

    fn of<T: Clone>(&mut self, values: &[T]) -> T {
        let at = usize::try_from(self.below(values.len() as u64)).unwrap();
        values[at].clone()
    }
}

fn requester(dice: &mut Dice, line: &Transition) -> Requester {
    let people = [
        (1, vec![Party::Owner, Party::Verifier]),
        (2, vec![Party::Triager]),
        (3, vec![Party::Triager, Party::TeamLead]),
        (4, vec![Party::Verifier, Party::HeadOfSecurity, Party::RiskManager]),
        (5, vec![Party::Executive, Party::Assignee]),
    ];
    let machine = |party: &Party| {
        matches!(party, Party::Rule | Party::Scan | Party::Jira | Party::Timer | Party::Rating)
    };
    match line.by.iter().find(|party| machine(party)) {
        Some(party) if dice.below(3) == 0 => Requester::system(*party, Via::Import),
        _ => {
            let (user, parties) = dice.of(&people);
            Requester::person(user, parties, Via::Api)
        }
    }
}

fn form(dice: &mut Dice, line: &Transition, today: chrono::NaiveDate, other: i64) -> Given {
    let day = |dice: &mut Dice| today.checked_add_days(Days::new(1 + dice.below(29)));
    let rates = line.fields.iter().any(|field| field.name() == "likelihood");
    let mut score = || rates.then(|| u8::try_from(1 + dice.below(5)).unwrap());
    let (likelihood, impact) = (score(), score());
    Given {
        reason: Some("so the dice fell".to_owned()),
        evidence: vec!["https://example.org/dice".to_owned()],
        resolution: line.resolutions.first().map(|_| dice.of(line.resolutions)),
        justification: Some("component_not_present".to_owned()),
        compensating_controls: Some("a fence".to_owned()),
        duplicate_of: Some(DuplicateTarget { id: other, state: State::Open, is_itself: false }),
        blocker_kind: Some(BlockerKind::Vendor),
        expires_on: day(dice),
        review_on: day(dice),
        pause_days: (dice.below(2) == 0).then(|| u32::try_from(1 + dice.below(12)).unwrap()),
        owner: Some(1),
        plan: Some("dig a moat".to_owned()),
        no_more_work: Some(true),
        likelihood,
        impact,
        ..Given::default()
    }
}

async fn check(app: &TestApp, id: i64) {
    let db = app.state.database.reader();
    let risk = risk::Entity::find_by_id(id).one(db).await.unwrap().unwrap();
    let standing = Standing::of(&risk).unwrap();
    let policies = Policies::load(db).await.unwrap();
    let clock = Clock::replay(&record::clock_events(db, id).await.unwrap(), &policies.versions).unwrap();
    let key = RiskKey(id);
    assert_eq!(standing.paused_days, clock.paused_days(), "{key}: days of pause");
    assert!(standing.paused_days <= 90, "{key}: {} days of pause", standing.paused_days);
    assert_eq!(risk.due_on, clock.due.map(|due| due.on), "{key} in {}: due date", risk.state);
    let rows = acceptance::Entity::find().filter(acceptance::Column::RiskId.eq(id)).all(db).await.unwrap();
    let count = |state: &str| rows.iter().filter(|row| row.state == state).count();
    assert_eq!(count("requested"), usize::from(standing.asked.is_some()), "{key}: {rows:?}");
    assert_eq!(count("in_force"), usize::from(risk.acceptance_ends_on.is_some()), "{key}: {rows:?}");
    let held = rows.iter().find(|row| row.state == "in_force");
    assert_eq!(held.map(|row| row.ends_on), risk.acceptance_ends_on, "{key}: {rows:?}");
    assert_eq!(held.and_then(|row| row.decided_by), standing.accepted_by, "{key}: {rows:?}");
    assert!(risk.state != State::Accepted || held.is_some(), "{key} is accepted by nothing");
    assert_eq!(risk.state == State::Closed, risk.resolution.is_some(), "{key}");
    let events = risk_event::Entity::find().filter(risk_event::Column::RiskId.eq(id));
    let events = events.order_by_asc(risk_event::Column::Version).all(db).await.unwrap();
    let told = difference::replay(events.iter().map(|event| &event.data));
    assert_eq!(told, difference::values(&risk), "{key}: what its events say");
}

/// Other days for some levels, as a person publishes them, and all open risks worked out again.
async fn publish(app: &TestApp, keeper: &Person, dice: &mut Dice) {
    let mut term = |least: u64| least + dice.below(60);
    let bases = ["calendar_days", "business_days"];
    let data = json!({
        "title": "Of the dice", "remediation": {"low": term(40), "medium": term(20), "high": term(5), "critical": term(1)},
        "basis": bases[usize::try_from(term(0) % 2).unwrap()], "triage_hours": {"high": term(1)},
    });
    let form = json!({"name": "standard", "data": data});
    let preview = keeper.api.post("/api/v1/sla-policies/preview", &form).await.expect(200).json();
    let form = json!({"data": data, "digest": preview["digest"], "reason": "so the dice fell"});
    keeper.api.post("/api/v1/sla-policies/standard/publish", &form).await.expect(200);
    app.settle().await;
    for item in preview["items"].as_array().unwrap() {
        let path = format!("/api/v1/risks/{}", item["key"].as_str().unwrap());
        let risk = keeper.api.get(&path).await.expect(200).json();
        if item["clock"] == "remediation" {
            assert_eq!(risk["due_on"], item["new_due_on"], "the preview said so: {item}");
        }
    }
}

#[tokio::test]
async fn whatever_happens_the_stored_dates_and_rows_are_those_of_the_events() {
    let app = TestApp::spawn().await;
    app.asset("shop", None).await;
    for number in 0..RISKS {
        app.risk("shop", &format!("Hole {number}")).await;
    }
    // Dates are looked at between the steps only, so that what is checked stands still meanwhile.
    app.pass(Duration::hours(1)).await;
    let never = app.state.clock.now() + Duration::days(10_000);
    let asleep = timer::ActiveModel { ran_at: Set(never), ..Default::default() };
    let halted = app.state.database.write(async |tx| {
        timer::Entity::update_many().set(asleep.clone()).filter(timer::Column::Name.ne("")).exec(tx).await?;
        Ok(())
    });
    halted.await.unwrap();
    let mut dice = Dice(0x9E37_79B9_7F4A_7C15);
    let keeper = app.first().await;
    let mut moved = 0;
    for _ in 0..STEPS {
        let id = i64::try_from(1 + dice.below(RISKS)).unwrap();
        app.time.advance(Duration::minutes(i64::try_from(dice.below(600)).unwrap()));
        let now = app.state.clock.now();
        if dice.below(100) == 0 {
            publish(&app, &keeper, &mut dice).await;
        }
        if dice.below(5) == 0 {
            expire(&app.state).await.unwrap();
        }
        let seen = risk::Entity::find_by_id(id).one(app.state.database.reader()).await.unwrap().unwrap();
        let lines: Vec<_> = Transition::out_of(seen.state).collect();
        let line = dice.of(&lines);
        let who = requester(&mut dice, line);
        let today = now.with_timezone(&Utc).date_naive();
        let given = form(&mut dice, line, today, 1 + id % i64::try_from(RISKS).unwrap());
        let agrees = dice.below(2) == 0;
        let given = if agrees { Given { reason: given.reason, ..Given::default() } } else { given };
        let proofs = match dice.below(3) {
            0 => vec![Proof::Redetected { at: now }, Proof::MaterialChange, Proof::ConfirmRule],
            1 => vec![
                Proof::CleanScan { scan: 7, at: now },
                Proof::Absence { scan: 7 },
                Proof::JiraChange { at: now },
            ],
            _ => Vec::new(),
        };
        let rates = dice.below(12) == 0;
        let other = dice.below(12);
        let moves = Wish {
            to: today.checked_add_days(Days::new(dice.below(200))).unwrap(),
            ground: (dice.below(2) == 0).then_some(Ground::CalendarError),
        };
        let listed = Judgement {
            cve: format!("CVE-2026-{}", dice.below(3)),
            kev_added: today.checked_sub_days(Days::new(dice.below(30))),
            days: Some(3 + u32::try_from(dice.below(57)).unwrap()),
            forensics: false,
            row: "in KEV".to_owned(),
        };
        let manager = Requester::person(4, [Party::RiskManager], Via::Api);
        let rating = (u8::try_from(1 + dice.below(5)).unwrap(), u8::try_from(1 + dice.below(5)).unwrap());
        let taken = app.state.database.write(async |tx| {
            let policies = Policies::load(tx).await?;
            let occasion =
                Occasion { actor_id: who.user, via: who.via, now, policies: &policies, audit_each: true };
            let Some(risk) = risk::Entity::find_by_id(id).one(tx).await? else { return Ok(()) };
            if rates && risk.state != State::Closed {
                let edit = Edit { rated: Rated::inherent(rating), ..Edit::default() };
                edit::edit(tx, &occasion, risk, edit).await?;
            } else if other == 0 && risk.state != State::Closed {
                let mut change = Change::of(risk, NewEvent::plain("judged", now))?;
                change.event.clock = vec![(now, Happening::Judged(listed.clone()))];
                record::record(tx, &occasion, vec![change]).await?;
            } else if other == 1 {
                due_date::move_to(tx, &occasion, risk, &manager, moves, "so the dice fell").await?;
            } else if risk.state == State::Blocked && other < 6 {
                pause::approve(tx, &occasion, risk, &manager, "").await?;
            } else {
                let asked =
                    Asked { event: line.event, given: given.clone(), proofs: proofs.clone(), at: None };
                step::take(tx, &occasion, risk, &who, asked).await?;
            }
            Ok(())
        });
        match taken.await {
            Ok(()) => moved += 1,
            Err(problem) => {
                assert_ne!(problem.kind(), abate::platform::problem::Kind::Internal, "{}: {problem}", line.id)
            }
        }
        check(&app, id).await;
    }
    assert!(moved > STEPS / 10, "only {moved} of {STEPS} steps were taken");
}
