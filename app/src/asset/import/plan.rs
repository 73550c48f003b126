//! What each row of a table would change.

use std::collections::{HashMap, HashSet};

use abate_entity::tier::Tier;
use abate_entity::{app_user, asset, asset_matcher, team};
use abate_integrations::register::{CellProblem, Register, RegisterAsset};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use crate::access::actor::Actor;
use crate::access::right::KeepRegister;
use crate::access::team::DEFAULT_KEY;
use crate::asset::definition::Definition;
use crate::asset::matching::{MatcherKind, pattern};
use crate::asset::register as assets;
use crate::platform::problem::Problem;

/// What a table would change.
#[derive(Debug, Default)]
pub struct Planned {
    /// Row by row, those that can be used.
    pub rows: Vec<PlannedRow>,
    /// What is wrong with the others.
    pub problems: Vec<CellProblem>,
    /// What was understood differently than it may have been meant: line and words.
    pub notes: Vec<(u64, String)>,
}

/// What a row would change.
#[derive(Debug)]
pub struct PlannedRow {
    /// Its line in the file.
    pub line: u64,
    /// The key of the asset.
    pub key: String,
    /// The asset as it is, none when it is new.
    pub known: Option<asset::Model>,
    /// The asset as it is to be.
    pub definition: Definition,
    /// Matchers that it is to get.
    pub matchers: Vec<(MatcherKind, String)>,
    /// The fields that change.
    pub changes: Vec<&'static str>,
}

/// Plans a table.
pub(super) async fn plan(
    db: &impl ConnectionTrait,
    actor: Option<&Actor>,
    register: &Register,
) -> Result<Planned, Problem> {
    let mut planner =
        Planner { around: Around::load(db).await?, actor, planned: Planned::default(), met: HashMap::new() };
    for row in &register.assets {
        if let Err(problem) = planner.row(row) {
            planner.planned.problems.push(problem);
        }
    }
    Ok(planner.planned)
}

/// Everything that rows can name.
struct Around {
    assets: HashMap<i64, asset::Model>,
    by_key: HashMap<String, i64>,
    /// By name in small letters; names that several assets have lead nowhere.
    by_name: HashMap<String, Option<i64>>,
    matchers: HashMap<(MatcherKind, String), i64>,
    users: Vec<(i64, String, String)>,
    teams: Vec<(i64, String, String)>,
}

impl Around {
    async fn load(db: &impl ConnectionTrait) -> Result<Self, Problem> {
        let all = asset::Entity::find().all(db).await?;
        let mut by_name: HashMap<String, Option<i64>> = HashMap::new();
        for asset in all.iter().filter(|asset| asset.retired_at.is_none()) {
            by_name.entry(asset.name.to_lowercase()).and_modify(|id| *id = None).or_insert(Some(asset.id));
        }
        let matchers = asset_matcher::Entity::find().all(db).await?;
        let users = app_user::Entity::find().filter(app_user::Column::Active.eq(true)).all(db).await?;
        let teams = team::Entity::find().all(db).await?;
        Ok(Self {
            by_key: all.iter().map(|asset| (asset.key.clone(), asset.id)).collect(),
            by_name,
            assets: all.into_iter().map(|asset| (asset.id, asset)).collect(),
            matchers: matchers
                .into_iter()
                .filter_map(|row| Some(((row.kind.parse().ok()?, row.pattern), row.asset_id)))
                .collect(),
            users: users
                .into_iter()
                .map(|user| (user.id, user.name.to_lowercase(), user.email.to_lowercase()))
                .collect(),
            teams: teams.into_iter().map(|team| (team.id, team.name.to_lowercase(), team.key)).collect(),
        })
    }

    fn asset(&self, key: &str, name: &str) -> Option<&asset::Model> {
        let id = self.by_key.get(key).copied().or_else(|| *self.by_name.get(&name.to_lowercase())?)?;
        let asset = self.assets.get(&id)?;
        Some(asset.merged_into_id.and_then(|into| self.assets.get(&into)).unwrap_or(asset))
    }

    fn user(&self, words: &str) -> Option<i64> {
        let words = words.to_lowercase();
        self.users.iter().find(|(_, name, email)| *name == words || *email == words).map(|(id, ..)| *id)
    }

    fn team(&self, words: &str) -> Option<i64> {
        let words = words.to_lowercase();
        self.teams.iter().find(|(_, name, key)| *name == words || *key == words).map(|(id, ..)| *id)
    }
}

struct Planner<'a> {
    around: Around,
    actor: Option<&'a Actor>,
    planned: Planned,
    /// The keys of earlier rows, with their lines.
    met: HashMap<String, u64>,
}

impl Planner<'_> {
    fn row(&mut self, row: &RegisterAsset) -> Result<(), CellProblem> {
        let wrong =
            |column: &str, reason: String| CellProblem { line: row.line, column: column.to_owned(), reason };
        let asked = row.key.clone().unwrap_or_else(|| assets::key_from(&row.name));
        // A name says less than a key, so that a key that nobody has makes a new asset.
        let name = if row.key.is_some() { "" } else { row.name.as_str() };
        let known = self.around.asset(&asked, name).cloned();
        let key = known.as_ref().map_or(asked, |asset| asset.key.clone());
        if known.is_none() {
            assets::check_key(&key).map_err(|problem| wrong("Key", problem.detail().to_owned()))?;
        }
        if let Some(earlier) = self.met.insert(key.clone(), row.line) {
            return Err(wrong("Name", format!("Line {earlier} is about the same asset, {key}.")));
        }
        if known.as_ref().is_some_and(|asset| asset.retired_at.is_some()) {
            self.note(row, format!("{key} is out of service and stays so."));
            return Ok(());
        }
        let definition = self.definition(row, known.as_ref())?;
        if let Some(field) = definition.wrong().into_iter().next() {
            return Err(wrong(&field.field, field.detail));
        }
        let before = known.as_ref().map(|asset| asset.team_id);
        let teams = before.into_iter().chain([definition.team_id]);
        if let Some(actor) = self.actor
            && !teams.clone().all(|team| actor.holds_in::<KeepRegister>(team))
        {
            return Err(wrong("Team", format!("You may not change the register for the team of {key}.")));
        }
        let matchers = self.matchers(row, known.as_ref())?;
        let mut changes = match &known {
            Some(asset) => Definition::of(asset).differences(&definition),
            None => Vec::new(),
        };
        if !matchers.is_empty() {
            changes.push("matchers");
        }
        if known.as_ref().is_some_and(|asset| asset.review_state != assets::REVIEWED) {
            changes.push("review_state");
        }
        self.planned.rows.push(PlannedRow { line: row.line, key, known, definition, matchers, changes });
        Ok(())
    }

    /// The asset as the row wants it: what the row does not say stays.
    fn definition(
        &mut self,
        row: &RegisterAsset,
        known: Option<&asset::Model>,
    ) -> Result<Definition, CellProblem> {
        let was = match known {
            Some(asset) => Definition::of(asset),
            // Of what nobody has said the tier yet, more depends than on nothing.
            None => Definition {
                tier: Tier::Important,
                ..Definition::new(self.around.team(DEFAULT_KEY).unwrap_or_default())
            },
        };
        let mut team_id = None;
        if let Some(words) = &row.team {
            team_id = Some(self.around.team(words).ok_or_else(|| CellProblem {
                line: row.line,
                column: "Team".to_owned(),
                reason: format!("There is no team {words:?}; `abate team create` makes one."),
            })?);
        }
        let mut owner_id = None;
        if let Some(words) = &row.owner {
            owner_id = self.around.user(words);
            let as_team = self.around.team(words);
            if owner_id.is_none() && as_team.is_none() {
                self.note(row, format!("Nobody is known as {words:?}, so the owner stays as it is."));
            }
            if owner_id.is_none() {
                team_id = team_id.or(as_team);
            }
        }
        let tier = row.tier.and_then(|word| word.parse().ok());
        let ratings = [0, 1, 2].map(|place| row.ratings[place].or(was.ratings[place]));
        Ok(Definition {
            name: if row.key.is_some() || known.is_none() { row.name.clone() } else { was.name },
            description: row.description.clone().unwrap_or(was.description),
            kind: row.kind.clone().unwrap_or(was.kind),
            tier: tier.unwrap_or(was.tier),
            data_classes: row.data_classes.clone().unwrap_or(was.data_classes),
            internet_facing: row.internet_facing.unwrap_or(was.internet_facing),
            environment: row.environment.map_or(was.environment, str::to_owned),
            ratings,
            team_id: team_id.unwrap_or(was.team_id),
            owner_id: owner_id.or(was.owner_id),
            responsible_party: row.responsible_party.map_or(was.responsible_party, str::to_owned),
            tags: row.tags.clone().unwrap_or(was.tags),
            lifetime_days: row.lifetime_days.or(was.lifetime_days),
        })
    }

    /// The matchers of a row that its asset does not have yet.
    fn matchers(
        &mut self,
        row: &RegisterAsset,
        known: Option<&asset::Model>,
    ) -> Result<Vec<(MatcherKind, String)>, CellProblem> {
        let own = known.map(|asset| asset.id);
        let mut new = Vec::new();
        let mut seen = HashSet::new();
        for (word, text) in &row.matchers {
            let wrong = |reason: String| CellProblem { line: row.line, column: capital(word), reason };
            let kind: MatcherKind =
                word.parse().map_err(|_| wrong(format!("{word} is no kind of matcher.")))?;
            let pattern = pattern(kind, text).map_err(|problem| wrong(format!("{text:?}: {problem}.")))?;
            if !seen.insert((kind, pattern.clone())) {
                continue;
            }
            match self.around.matchers.get(&(kind, pattern.clone())) {
                Some(id) if Some(*id) == own => {}
                Some(id) => {
                    let other = self.around.assets.get(id).map_or("another row", |asset| asset.key.as_str());
                    return Err(wrong(format!("{pattern} leads to {other} already.")));
                }
                None => new.push((kind, pattern)),
            }
        }
        for matcher in &new {
            // No asset has the number 0, so that a later row is told.
            self.around.matchers.insert(matcher.clone(), own.unwrap_or(0));
        }
        Ok(new)
    }

    fn note(&mut self, row: &RegisterAsset, text: String) {
        self.planned.notes.push((row.line, text));
    }
}

fn capital(word: &str) -> String {
    crate::page::badge::capitalised(word)
}
