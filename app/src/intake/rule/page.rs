//! `/intake-rules`: the rules in their order, and a form for one more.

use abate_entity::level::Level;
use abate_entity::tier::Tier;
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use chrono::NaiveDate;
use serde::Deserialize;

use super::model::{Effect, Matcher, Rule};
use super::store::{self, NewVersion, RuleSet};
use crate::access::actor::Actor;
use crate::access::csrf::SignedForm;
use crate::access::require::Require;
use crate::access::right::{KeepIntakeRules, See};
use crate::page::badge::{Badge, Tone, capitalised};
use crate::page::form::{Choice, Field, Kind};
use crate::page::frame::{Frame, Section};
use crate::page::{context, said, shell};
use crate::platform::problem::Problem;
use crate::policy::Policies;
use crate::risk::step::today;
use crate::state::AppState;

/// Where the page is, as its forms lead back to it.
const PATH: &str = "/intake-rules";
/// Versions that the page lists.
const VERSIONS: u64 = 20;

/// Registers the pages.
pub fn pages(config: &mut ServiceConfig) {
    config
        .route("/intake-rules", web::get().to(show))
        .route("/intake-rules", web::post().to(add))
        .route("/intake-rules/remove", web::post().to(remove));
}

#[derive(Template)]
#[template(path = "intake/rules.html")]
struct RulesPage {
    frame: Frame,
    version: i32,
    may_keep: bool,
    rules: Vec<RuleRow>,
    rails: Vec<(String, String, Badge)>,
    versions: Vec<(i32, String, String)>,
    fields: Vec<Field>,
}

struct RuleRow {
    name: String,
    matcher: String,
    effect: &'static str,
    owner: String,
    reason: String,
    ends: Option<Badge>,
}

async fn show(
    request: HttpRequest,
    caller: Require<See>,
    state: web::Data<AppState>,
) -> Result<HttpResponse, Problem> {
    let db = state.database.reader();
    let day = today(state.clock.now(), Policies::load(db).await?.zone);
    let versions = store::versions(db, None, VERSIONS).await?;
    let newest = store::newest(db).await?;
    let set = RuleSet::try_from(&newest)?;
    let may_keep = caller.holds::<KeepIntakeRules>();
    shell::html(&RulesPage {
        frame: context::frame(&request, &caller, "Intake rules", Section::Imports),
        version: set.version,
        may_keep,
        rules: set.rules.into_iter().map(|rule| row(rule, day)).collect(),
        rails: set
            .guard_rails
            .into_iter()
            .map(|rail| {
                let limits = match (rail.threshold, rail.at_least) {
                    (threshold, 0) => format!("threshold {threshold}"),
                    (threshold, least) => format!("threshold {threshold}, at least {least} findings"),
                };
                let (tone, word) = if rail.enabled { (Tone::Good, "On") } else { (Tone::Plain, "Off") };
                (capitalised(rail.check.as_str()), limits, Badge::toned(tone, word, ""))
            })
            .collect(),
        versions: versions
            .into_iter()
            .map(|row| (row.version, row.created_at.format("%Y-%m-%d %H:%M").to_string(), row.note))
            .collect(),
        fields: if may_keep { fields() } else { Vec::new() },
    })
}

fn row(rule: Rule, today: NaiveDate) -> RuleRow {
    let ends = rule.ends_on.map(|last| {
        if rule.holds_on(today) {
            Badge::toned(Tone::Plain, format!("Until {last}"), "")
        } else {
            Badge::toned(Tone::Warn, format!("Ended {last}"), "It does nothing any more.")
        }
    });
    RuleRow {
        matcher: rule.when.words(),
        effect: rule.effect.sentence(),
        name: rule.name,
        owner: rule.owner,
        reason: rule.reason,
        ends,
    }
}

fn fields() -> Vec<Field> {
    let choices = |first: &str, words: Vec<(&'static str, String)>| {
        let mut all = vec![Choice::new("", first, "")];
        all.extend(words.into_iter().map(|(value, label)| Choice::new(value, label, "")));
        all
    };
    let mut severities: Vec<_> =
        Level::ALL.iter().map(|level| (level.as_str(), format!("{level} or higher"))).collect();
    severities.push(("unknown", "unknown".to_owned()));
    let tiers = Tier::ALL.iter().map(|tier| (tier.as_str(), format!("{tier} or higher"))).collect();
    let effects = Effect::ALL
        .iter()
        .map(|effect| Choice::new(effect.as_str(), capitalised(effect.sentence()), ""))
        .collect();
    let pattern = "A pattern: * within a folder, ** across folders.";
    vec![
        Field::new("name", "Name", Kind::Text).required(),
        Field::new("effect", "Findings that fit", Kind::Choice).choices(effects).required(),
        Field::new("severity", "Severity", Kind::Choice).choices(choices("any", severities)),
        Field::new("tier", "Tier of the asset", Kind::Choice).choices(choices("any", tiers)),
        Field::new("kind", "Kind", Kind::Text)
            .hint("vulnerability, misconfiguration, secret, licence, code, dynamic or detection."),
        Field::new("path", "Path", Kind::Text).hint(pattern),
        Field::new("rule", "Rule or vulnerability", Kind::Text).hint("As CVE-2026-* or java/sql-*."),
        Field::new("package", "Package", Kind::Text),
        Field::new("asset", "Asset", Kind::Text).hint("A key, or a pattern for keys."),
        Field::new("source", "Source", Kind::Text),
        Field::new("has_fix", "Fix", Kind::Choice).choices(choices(
            "does not matter",
            vec![("true", "a fix is known".to_owned()), ("false", "no fix is known".to_owned())],
        )),
        Field::new("reason", "Reason", Kind::Lines).required(),
        Field::new("ends_on", "Last day", Kind::Date).hint("A suppression needs one."),
    ]
}

/// The form of one rule.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Sent {
    version: i32,
    name: String,
    effect: String,
    severity: String,
    tier: String,
    kind: Option<String>,
    path: Option<String>,
    rule: Option<String>,
    package: Option<String>,
    asset: Option<String>,
    source: Option<String>,
    has_fix: Option<bool>,
    reason: String,
    ends_on: Option<NaiveDate>,
}

impl Sent {
    fn rule(self, owner: &str) -> Result<Rule, Problem> {
        let unknown = self.severity == "unknown";
        let level = match self.severity.as_str() {
            "" | "unknown" => None,
            word => {
                Some(word.parse::<Level>().map_err(|error| Problem::invalid("severity", error.to_string()))?)
            }
        };
        let tier = match self.tier.as_str() {
            "" => None,
            word => Some(word.parse::<Tier>().map_err(|error| Problem::invalid("tier", error.to_string()))?),
        };
        Ok(Rule {
            name: self.name.trim().to_owned(),
            effect: self
                .effect
                .parse::<Effect>()
                .map_err(|error| Problem::invalid("effect", error.to_string()))?,
            when: Matcher {
                severity_at_least: level,
                severity_unknown: unknown.then_some(true),
                kind: self.kind,
                path: self.path,
                rule: self.rule,
                package: self.package,
                asset: self.asset,
                tier_at_least: tier,
                source: self.source,
                has_fix: self.has_fix,
            },
            owner: owner.to_owned(),
            reason: self.reason.trim().to_owned(),
            ends_on: self.ends_on,
        })
    }
}

/// Puts a rule before the others, so that it decides first; its author answers for it.
async fn add(
    caller: Require<KeepIntakeRules>,
    state: web::Data<AppState>,
    form: SignedForm<Sent>,
) -> Result<HttpResponse, Problem> {
    let base = form.0.version;
    let rule = form.0.rule(&caller.email)?;
    let note = format!("Added \"{}\".", rule.name);
    change(&state, &caller, base, &note, |rules| rules.insert(0, rule.clone())).await?;
    Ok(said::see_other(PATH, Tone::Good, &format!("{note} It holds from the next import on.")))
}

/// Which rule to take out.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Removed {
    version: i32,
    name: String,
}

/// Takes a rule out.
async fn remove(
    caller: Require<KeepIntakeRules>,
    state: web::Data<AppState>,
    form: SignedForm<Removed>,
) -> Result<HttpResponse, Problem> {
    let Removed { version, name } = form.0;
    let note = format!("Took out \"{name}\".");
    change(&state, &caller, version, &note, |rules| rules.retain(|rule| rule.name != name)).await?;
    Ok(said::see_other(PATH, Tone::Good, &format!("{note} It holds from the next import on.")))
}

async fn change(
    state: &AppState,
    actor: &Actor,
    base: i32,
    note: &str,
    edit: impl Fn(&mut Vec<Rule>),
) -> Result<(), Problem> {
    actor.require_in::<KeepIntakeRules>(0)?;
    let now = state.clock.now();
    state
        .database
        .write(async |tx| {
            let mut rules = store::in_force(tx).await?.rules;
            edit(&mut rules);
            let new = NewVersion { base, rules, guard_rails: None, note: note.to_owned() };
            store::add(tx, actor, new, now).await?;
            Ok(())
        })
        .await
}
