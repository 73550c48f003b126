//! `/gate`: ask it, change its rules, waive for a while.

use abate_entity::gate_rule;
use abate_entity::level::Level;
use abate_entity::tier::Tier;
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use chrono::{DateTime, NaiveDate, Utc};
use serde::Deserialize;

use super::api::{self, GateView, Question};
use super::rule::{self, RuleEdit};
use super::rules::{Check, Unit};
use super::view::{Answer, GatePage, RuleRow, WaiverRow};
use super::waiver::{self, MOST_DAYS, Named, NewWaiver, Wanted};
use crate::access::actor::Actor;
use crate::access::csrf::SignedForm;
use crate::access::require::Require;
use crate::access::right::{KeepGate, See, WaiveGate};
use crate::page::badge::{Badge, Tone, capitalised, counted};
use crate::page::due::day;
use crate::page::form::{Choice, Field, Kind};
use crate::page::frame::Section;
use crate::page::listing::{Pager, address};
use crate::page::refused::problems;
use crate::page::{context, said, shell};
use crate::platform::paging::{Page, PageQuery};
use crate::platform::problem::{self, Problem};
use crate::risk::key::RiskKey;
use crate::risk::step::today;
use crate::state::AppState;

/// Registers the pages.
pub fn pages(config: &mut ServiceConfig) {
    config
        .route("/gate", web::get().to(show))
        .route("/gate/rules", web::post().to(change_rule))
        .route("/gate/waivers", web::post().to(waive))
        .route("/gate/waivers/{id}/withdraw", web::post().to(withdraw));
}

/// What the page is asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    asset: String,
    run: String,
    /// The end of the page before.
    cursor: String,
}

async fn show(
    request: HttpRequest,
    caller: Require<See>,
    state: web::Data<AppState>,
    asked: web::Query<Asked>,
) -> Result<HttpResponse, Problem> {
    shell::html(&page(&request, &caller, &state, &asked, None).await?)
}

/// The form of a rule: a new threshold, or on and off.
#[derive(Debug, Deserialize)]
struct RuleForm {
    tier: String,
    check: String,
    threshold: Option<String>,
    active: Option<bool>,
}

async fn change_rule(
    request: HttpRequest,
    caller: Require<KeepGate>,
    state: web::Data<AppState>,
    form: SignedForm<RuleForm>,
) -> Result<HttpResponse, Problem> {
    let SignedForm(form) = form;
    let now = state.clock.now();
    let changed = async {
        let tier: Tier = form.tier.parse().map_err(|error| Problem::invalid("tier", format!("{error}.")))?;
        let check: Check =
            form.check.parse().map_err(|error| Problem::invalid("check", format!("{error}.")))?;
        let edit = RuleEdit { tier, check, threshold: form.threshold.clone(), active: form.active };
        state
            .database
            .write(async |tx| rule::change(tx, &caller, std::slice::from_ref(&edit), now).await)
            .await
    };
    let changed = changed.await;
    lead_back(&request, &caller, &state, changed, "/gate#rules", "The rule is changed.").await
}

/// The form of a waiver.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WaiverForm {
    asset: String,
    check: Option<String>,
    risk: Option<String>,
    reason: String,
    owner: Option<String>,
    until: Option<NaiveDate>,
}

async fn waive(
    request: HttpRequest,
    caller: Require<WaiveGate>,
    state: web::Data<AppState>,
    form: SignedForm<WaiverForm>,
) -> Result<HttpResponse, Problem> {
    let SignedForm(form) = form;
    let (now, zone) = (state.clock.now(), state.config.organisation.zone);
    let new = NewWaiver {
        asset: form.asset,
        check: form.check,
        risk: form.risk,
        reason: form.reason,
        owner: form.owner,
        until: form.until,
    };
    let made = state.database.write(async |tx| waiver::create(tx, &caller, &new, zone, now).await).await;
    lead_back(&request, &caller, &state, made.map(|_| ()), "/gate#waivers", "The waiver holds.").await
}

/// A form without a field.
#[derive(Debug, Deserialize)]
struct Nothing {}

async fn withdraw(
    request: HttpRequest,
    caller: Require<WaiveGate>,
    state: web::Data<AppState>,
    id: web::Path<i64>,
    _form: SignedForm<Nothing>,
) -> Result<HttpResponse, Problem> {
    let now = state.clock.now();
    let ended = state.database.write(async |tx| waiver::withdraw(tx, &caller, *id, now).await).await;
    lead_back(&request, &caller, &state, ended.map(|_| ()), "/gate#waivers", "The waiver has ended.").await
}

/// Back to the page, or the page with what was wrong.
async fn lead_back(
    request: &HttpRequest,
    caller: &Actor,
    state: &AppState,
    outcome: Result<(), Problem>,
    location: &str,
    text: &str,
) -> Result<HttpResponse, Problem> {
    match outcome {
        Ok(()) => Ok(said::see_other(location, Tone::Good, text)),
        Err(problem) if matches!(problem.kind(), problem::Kind::Invalid | problem::Kind::Conflict) => {
            let page = page(request, caller, state, &Asked::default(), Some(&problem)).await?;
            shell::html_with_problem(&page, &problem)
        }
        Err(problem) => Err(problem),
    }
}

async fn page(
    request: &HttpRequest,
    caller: &Actor,
    state: &AppState,
    asked: &Asked,
    refused: Option<&Problem>,
) -> Result<GatePage, Problem> {
    let (db, now, scope) = (state.database.reader(), state.clock.now(), caller.scope());
    let answer = if asked.asset.is_empty() {
        None
    } else {
        let run = (!asked.run.is_empty()).then(|| asked.run.clone());
        let question = Question { asset: asked.asset.clone(), import: None, run };
        Some(words(api::answer(db, &scope, &question, now).await?))
    };
    let paging = PageQuery { limit: None, cursor: Some(asked.cursor.clone()) };
    let limit = paging.limit()?;
    let wanted = Wanted { before: paging.after::<i64>()?, ..Wanted::default() };
    let waivers = Page::cut(waiver::list(db, &scope, &wanted, limit + 1).await?, limit, |named| named.row.id);
    let may_waive = caller.holds::<WaiveGate>();
    Ok(GatePage {
        frame: context::frame(request, caller, "Gate", Section::Elsewhere),
        question: vec![
            Field::new("asset", "Asset", Kind::Text)
                .required()
                .value(&asked.asset)
                .hint("Its key, as in web"),
            Field::new("run", "Run", Kind::Text).value(&asked.run).hint("The newest scans when left out"),
        ],
        answer,
        problems: refused.map(problems),
        rules: rule::all(db).await?.into_iter().filter_map(rule_row).collect(),
        may_keep: caller.holds::<KeepGate>(),
        pager: pager(asked, waivers.next_cursor.as_deref()),
        waivers: waivers.items.into_iter().map(|named| waiver_row(named, may_waive, now)).collect(),
        new_waiver: if may_waive {
            new_waiver(caller, asked, today(now, state.config.organisation.zone))
        } else {
            Vec::new()
        },
    })
}

fn pager(asked: &Asked, next: Option<&str>) -> Pager {
    let first = if asked.cursor.is_empty() { String::new() } else { "/gate#waivers".to_owned() };
    let next = next.map(|cursor| address("/gate", &[("cursor", cursor)])).unwrap_or_default();
    let summary = if first.is_empty() && next.is_empty() { "" } else { "More than fits on one page" };
    Pager { summary: summary.to_owned(), first, next }
}

fn words(view: GateView) -> Answer {
    let reasons = view.reasons.len() as u64;
    let (standing, sentence) = if view.passed {
        (Badge::toned(Tone::Good, "Open", ""), format!("{} may go on.", view.asset))
    } else {
        let sentence = format!("{} may not go on: {}.", view.asset, counted(reasons, "reason", "reasons"));
        (Badge::toned(Tone::Bad, "Closed", ""), sentence)
    };
    let href = |risk: Option<String>| risk.map(|key| format!("/risks/{key}")).unwrap_or_default();
    Answer {
        standing,
        sentence,
        reasons: view
            .reasons
            .into_iter()
            .map(|reason| (capitalised(reason.check.as_str()), reason.text, href(reason.risk)))
            .collect(),
        waived: view
            .waived
            .into_iter()
            .map(|waived| {
                let waiver = waived.waiver;
                (
                    waived.reason.text,
                    format!("{} until {}: {}", waiver.owner, day(waiver.until), waiver.reason),
                )
            })
            .collect(),
    }
}

fn rule_row(row: gate_rule::Model) -> Option<RuleRow> {
    let check: Check = row.check_kind.parse().ok()?;
    let shown = rule::shown(check, row.threshold).unwrap_or_default();
    let threshold = match check.unit() {
        Unit::Level => Some(
            Field::new("threshold", "From level", Kind::Choice).required().choices(
                Level::ALL
                    .iter()
                    .map(|level| Choice::new(level.as_str(), capitalised(level.as_str()), &shown))
                    .collect(),
            ),
        ),
        Unit::Days => Some(Field::new("threshold", "Days", Kind::Number).required().between("1", "365")),
        Unit::Nothing => None,
    };
    Some(RuleRow {
        tier: row.tier.to_string(),
        prefix: format!("{}-{check}-", row.tier),
        check: row.check_kind,
        what: looks_at(check).to_owned(),
        threshold: threshold.map(|field| field.value(shown)),
        active: if row.active {
            Badge::toned(Tone::Good, "On", "")
        } else {
            Badge::toned(Tone::Plain, "Off", "")
        },
        switch: if row.active { "false" } else { "true" },
    })
}

fn looks_at(check: Check) -> &'static str {
    match check {
        Check::Late => "Risks past their due date",
        Check::Kev => "Open risks that are known to be exploited",
        Check::Introduced => "Risks with a fix that the run brought in",
        Check::FullScan => "How old the last full scan is",
        Check::Reviewed => "Whether somebody has reviewed the asset",
        Check::Data => "Whether there is anything to judge by",
    }
}

fn waiver_row(named: Named, may_end: bool, now: DateTime<Utc>) -> WaiverRow {
    let in_force = named.in_force(now);
    let check = named.row.check_kind.as_deref().map(capitalised);
    let risk = named.row.risk_id.map(|id| RiskKey(id).to_string());
    let standing = match (in_force, named.row.withdrawn_at) {
        (true, _) => Badge::toned(Tone::Warn, "In force", ""),
        (false, Some(_)) => Badge::toned(Tone::Plain, "Withdrawn", ""),
        (false, None) => Badge::toned(Tone::Plain, "Ended", ""),
    };
    WaiverRow {
        id: named.row.id,
        asset: named.asset,
        about: [check, risk].into_iter().flatten().collect::<Vec<_>>().join(", "),
        reason: named.row.reason,
        owner: named.owner,
        until: day(named.row.ends_on),
        standing,
        may_end: may_end && in_force,
    }
}

fn new_waiver(caller: &Actor, asked: &Asked, today: NaiveDate) -> Vec<Field> {
    let mut checks = vec![Choice::new("", "All that look at the risk", "")];
    let can_be_waived = Check::ALL.iter().filter(|check| check.can_be_waived());
    checks.extend(can_be_waived.map(|check| Choice::new(check.as_str(), looks_at(*check), "")));
    let latest = today + chrono::Duration::days(MOST_DAYS);
    vec![
        Field::new("asset", "Asset", Kind::Text).required().value(&asked.asset),
        Field::new("check", "Check", Kind::Choice).choices(checks),
        Field::new("risk", "Risk", Kind::Text).hint("Its key, as in R-12; all of the check when left out"),
        Field::new("reason", "Why", Kind::Lines).required(),
        Field::new("owner", "Owner", Kind::Text).value(&caller.email).hint("Address of who answers for it"),
        Field::new("until", "Until", Kind::Date)
            .required()
            .between(today.to_string(), latest.to_string())
            .hint(format!("At most {MOST_DAYS} days")),
    ]
}
