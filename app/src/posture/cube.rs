//! Rules. Counts by team, level, state and due day, and what is read off them.

use abate_entity::level::Level;
use abate_entity::lifecycle::State;
use chrono::{DateTime, Duration, NaiveDate, Utc};

use crate::access::scope::Scope;
use crate::page::due::SOON_DAYS;

/// Bounds of the ageing buckets in whole days; the last bucket has none.
pub const AGES: [i64; 5] = [7, 30, 60, 90, 180];
/// Names of the ageing buckets.
pub const AGE_NAMES: [&str; 6] =
    ["0 to 7 days", "8 to 30 days", "31 to 60 days", "61 to 90 days", "91 to 180 days", "over 180 days"];
/// How many levels there are.
const LEVELS: usize = 5;

/// Risks that agree in team, level, state and due day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    /// The team.
    pub team_id: i64,
    /// The level.
    pub level: Level,
    /// The state; never closed.
    pub state: State,
    /// The due day.
    pub due_on: Option<NaiveDate>,
    /// How many.
    pub risks: u64,
    /// Sum of their scores.
    pub exposure: u64,
    /// How many of them should have left triage by now.
    pub triage_late: u64,
    /// How many of them in each ageing bucket.
    pub ages: [u64; 6],
}

/// What stood open or accepted in a team at the end of a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DayOfTeam {
    /// The day.
    pub day: NaiveDate,
    /// The team.
    pub team_id: i64,
    /// Open risks.
    pub open: u64,
    /// Sum of the scores of open and accepted risks.
    pub exposure: u64,
}

/// All that is not closed, counted at one moment, with the days before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cube {
    /// When it was counted.
    pub as_of: DateTime<Utc>,
    /// That day, in the organisation's zone.
    pub today: NaiveDate,
    /// The counts.
    pub cells: Vec<Cell>,
    /// Ends of days gone by, oldest first, today's not among them.
    pub past: Vec<DayOfTeam>,
}

/// Sums over the cells that somebody may see.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Totals {
    /// Open risks: neither accepted nor closed.
    pub open: u64,
    /// Open risks past their due day.
    pub late: u64,
    /// The same by level, info first.
    pub late_by_level: [u64; LEVELS],
    /// Open risks due within the next days.
    pub soon: u64,
    /// The same by level, info first.
    pub soon_by_level: [u64; LEVELS],
    /// Risks that are new or in triage.
    pub to_triage: u64,
    /// Risks that should have left triage.
    pub triage_late: u64,
    /// Risks in verification.
    pub to_verify: u64,
    /// Accepted risks.
    pub accepted: u64,
    /// Sum of the scores of open and accepted risks.
    pub exposure: u64,
}

impl Cube {
    /// The cells of what `scope` covers, of one team if one is named.
    fn seen<'a>(&'a self, scope: &'a Scope, team: Option<i64>) -> impl Iterator<Item = &'a Cell> {
        self.cells.iter().filter(move |cell| covers(scope, team, cell.team_id))
    }

    /// The sums.
    #[must_use]
    pub fn totals(&self, scope: &Scope, team: Option<i64>) -> Totals {
        let mut totals = Totals::default();
        let soon_until = self.today + Duration::days(SOON_DAYS);
        for cell in self.seen(scope, team) {
            totals.exposure += cell.exposure;
            if !cell.state.is_open() {
                totals.accepted += cell.risks;
                continue;
            }
            totals.open += cell.risks;
            totals.triage_late += cell.triage_late;
            match cell.state {
                State::New | State::Triage => totals.to_triage += cell.risks,
                State::Verification => totals.to_verify += cell.risks,
                _ => {}
            }
            let Some(due_on) = cell.due_on else { continue };
            if due_on < self.today {
                totals.late += cell.risks;
                add(&mut totals.late_by_level, cell.level, cell.risks);
            } else if due_on <= soon_until {
                totals.soon += cell.risks;
                add(&mut totals.soon_by_level, cell.level, cell.risks);
            }
        }
        totals
    }

    /// Risks of one state by level, info first.
    #[must_use]
    pub fn of_state(&self, scope: &Scope, team: Option<i64>, state: State) -> [u64; LEVELS] {
        let mut counts = [0; LEVELS];
        for cell in self.seen(scope, team).filter(|cell| cell.state == state) {
            add(&mut counts, cell.level, cell.risks);
        }
        counts
    }

    /// Open risks of one ageing bucket by level, info first.
    #[must_use]
    pub fn of_age(&self, scope: &Scope, team: Option<i64>, bucket: usize) -> [u64; LEVELS] {
        let mut counts = [0; LEVELS];
        for cell in self.seen(scope, team).filter(|cell| cell.state.is_open()) {
            add(&mut counts, cell.level, cell.ages.get(bucket).copied().unwrap_or_default());
        }
        counts
    }

    /// Exposure at the end of each day that is known, today as it stands now, oldest first.
    #[must_use]
    pub fn exposure(&self, scope: &Scope, team: Option<i64>) -> Vec<(NaiveDate, u64)> {
        let mut days: Vec<(NaiveDate, u64)> = Vec::new();
        for past in self.past.iter().filter(|past| covers(scope, team, past.team_id) && past.day < self.today)
        {
            match days.last_mut() {
                Some((day, exposure)) if *day == past.day => *exposure += past.exposure,
                _ => days.push((past.day, past.exposure)),
            }
        }
        days.push((self.today, self.totals(scope, team).exposure));
        days
    }

    /// Open risks at the end of the last known day that is a week back or more, if any is known.
    #[must_use]
    pub fn open_a_week_ago(&self, scope: &Scope, team: Option<i64>) -> Option<u64> {
        let limit = self.today - Duration::days(7);
        let day = self.past.iter().map(|past| past.day).filter(|day| *day <= limit).max()?;
        let of_day = self.past.iter().filter(|past| past.day == day && covers(scope, team, past.team_id));
        Some(of_day.map(|past| past.open).sum())
    }
}

fn covers(scope: &Scope, team: Option<i64>, of: i64) -> bool {
    team.is_none_or(|team| team == of) && scope.covers(of)
}

fn add(counts: &mut [u64; LEVELS], level: Level, risks: u64) {
    if let Some(count) = counts.get_mut(level.index()) {
        *count += risks;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn day(offset: i64) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 11, 21).unwrap() + Duration::days(offset)
    }

    fn cells() -> impl Strategy<Value = Vec<Cell>> {
        let cell = (
            1i64..4,
            0usize..5,
            0usize..7,
            prop::option::of(-30i64..60),
            prop::array::uniform6(0u64..50),
            0u64..900,
        );
        let cell = cell.prop_map(|(team_id, level, state, due, ages, exposure)| Cell {
            team_id,
            level: Level::ALL[level],
            state: State::ALL[state],
            due_on: due.map(day),
            risks: ages.iter().sum(),
            exposure,
            triage_late: 0,
            ages,
        });
        prop::collection::vec(cell, 0..60)
    }

    fn cube(cells: Vec<Cell>) -> Cube {
        Cube { as_of: DateTime::UNIX_EPOCH, today: day(0), cells, past: Vec::new() }
    }

    proptest! {
        #[test]
        fn states_and_ages_both_sum_to_open(cells in cells()) {
            let cube = cube(cells);
            let open = cube.totals(&Scope::All, None).open;
            let states = State::ALL.iter().filter(|state| state.is_open());
            let by_state: u64 = states.flat_map(|state| cube.of_state(&Scope::All, None, *state)).sum();
            let by_age: u64 = (0..AGE_NAMES.len()).flat_map(|bucket| cube.of_age(&Scope::All, None, bucket)).sum();
            prop_assert_eq!(by_state, open);
            prop_assert_eq!(by_age, open);
        }

        #[test]
        fn teams_add_up_and_nobody_sees_more(cells in cells()) {
            let cube = cube(cells);
            let all = cube.totals(&Scope::All, None);
            let sum: u64 = (1..4).map(|team| cube.totals(&Scope::Teams(vec![team]), None).late).sum();
            prop_assert_eq!(sum, all.late);
            prop_assert_eq!(cube.totals(&Scope::Teams(vec![1]), Some(2)), Totals::default());
            prop_assert_eq!(cube.totals(&Scope::All, Some(2)), cube.totals(&Scope::Teams(vec![2]), None));
            prop_assert_eq!(all.late, all.late_by_level.iter().sum::<u64>());
        }
    }

    #[test]
    fn today_is_not_late_and_the_last_soon_day_counts() {
        let cell = |offset| Cell {
            team_id: 1,
            level: Level::High,
            state: State::Open,
            due_on: Some(day(offset)),
            risks: 1,
            exposure: 9,
            triage_late: 0,
            ages: [1, 0, 0, 0, 0, 0],
        };
        let cube = cube([-1, 0, SOON_DAYS, SOON_DAYS + 1].map(cell).to_vec());
        let totals = cube.totals(&Scope::All, None);
        assert_eq!((totals.late, totals.soon, totals.open), (1, 2, 4));
        assert_eq!(totals.late_by_level[Level::High.index()], 1);
    }

    #[test]
    fn a_week_ago_is_the_newest_day_that_is_old_enough() {
        let past = |offset, team_id, open| DayOfTeam { day: day(offset), team_id, open, exposure: open * 2 };
        let cube = Cube {
            past: vec![past(-20, 1, 9), past(-9, 1, 5), past(-9, 2, 6), past(-2, 1, 1)],
            ..cube(Vec::new())
        };
        assert_eq!(cube.open_a_week_ago(&Scope::All, None), Some(11));
        assert_eq!(cube.open_a_week_ago(&Scope::Teams(vec![2]), None), Some(6));
        let days = cube.exposure(&Scope::All, None);
        assert_eq!(days, [(day(-20), 18), (day(-9), 22), (day(-2), 2), (day(0), 0)]);
    }
}
