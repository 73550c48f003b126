//! Rules. Which risks get a ticket by themselves, and where it is made.

use abate_entity::level::Level;
use abate_entity::lifecycle::State;
use serde::{Deserialize, Serialize};

/// Most rules of a version.
pub const MOST_RULES: usize = 100;
/// Most teams or assets of a rule.
pub const MOST_NAMED: usize = 200;

/// One rule; it fits a risk when everything that it says fits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TicketRule {
    /// Risks of at least this level; of any where it is left out.
    #[serde(default)]
    pub level: Option<Level>,
    /// Numbers of the teams whose risks it is for; of any where there are none.
    #[serde(default)]
    pub teams: Vec<i64>,
    /// Numbers of the assets whose risks it is for; of any where there are none.
    #[serde(default)]
    pub assets: Vec<i64>,
    /// Whether a risk that fits gets a ticket by itself.
    pub ticket: bool,
    /// The connection that its ticket is made at; the first one in use where it is left out.
    #[serde(default)]
    pub connection: Option<i64>,
}

/// What the rules ask of a risk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Where it stands.
    pub state: State,
    /// How bad it is.
    pub level: Level,
    /// Whose it is.
    pub team: i64,
    /// What it is about.
    pub asset: i64,
    /// Whether a person asked for a ticket.
    pub asked_for: bool,
    /// Whether it came in with a backlog.
    pub onboarding: bool,
}

/// Which risks get a ticket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TicketRules {
    /// The rules; the first one that fits decides, and a risk that none fits gets no ticket by itself.
    pub rules: Vec<TicketRule>,
    /// Most tickets that a team gets in a day; none for any number. What a person asks for is over and above.
    pub daily_cap: Option<i32>,
}

impl Default for TicketRules {
    /// High and critical risks get a ticket.
    fn default() -> Self {
        let rule = TicketRule {
            level: Some(Level::High),
            teams: Vec::new(),
            assets: Vec::new(),
            ticket: true,
            connection: None,
        };
        Self { rules: vec![rule], daily_cap: None }
    }
}

impl TicketRule {
    fn fits(&self, facts: &Facts) -> bool {
        let named = |list: &[i64], one: i64| list.is_empty() || list.contains(&one);
        self.level.is_none_or(|level| facts.level >= level)
            && named(&self.teams, facts.team)
            && named(&self.assets, facts.asset)
    }
}

impl TicketRules {
    fn deciding(&self, facts: &Facts) -> Option<&TicketRule> {
        self.rules.iter().find(|rule| rule.fits(facts))
    }

    /// Whether a risk is to have a ticket: confirmed and named by a rule, unless it came in with a backlog; or asked
    /// for, unless it is closed.
    #[must_use]
    pub fn wants(&self, facts: &Facts) -> bool {
        if facts.asked_for {
            return facts.state != State::Closed;
        }
        is_confirmed(facts.state) && !facts.onboarding && self.deciding(facts).is_some_and(|rule| rule.ticket)
    }

    /// The connection that the ticket of a risk is made at, where a rule says so.
    #[must_use]
    pub fn connection(&self, facts: &Facts) -> Option<i64> {
        self.deciding(facts).filter(|rule| rule.ticket).and_then(|rule| rule.connection)
    }

    /// The lowest level that a rule gives a ticket to; `None` where none does.
    #[must_use]
    pub fn lowest(&self) -> Option<Level> {
        self.rules.iter().filter(|rule| rule.ticket).map(|rule| rule.level.unwrap_or(Level::Info)).min()
    }
}

/// Whether somebody has agreed that it is a risk to be worked on.
#[must_use]
pub fn is_confirmed(state: State) -> bool {
    matches!(state, State::Open | State::InProgress | State::Blocked | State::Verification)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn facts(state: State, level: Level) -> Facts {
        Facts { state, level, team: 1, asset: 2, asked_for: false, onboarding: false }
    }

    #[test]
    fn confirmed_high_risks_and_wishes_get_a_ticket() {
        let rules = TicketRules::default();
        for state in State::ALL.iter().copied() {
            for level in Level::ALL.iter().copied() {
                let plain = facts(state, level);
                assert_eq!(rules.wants(&plain), is_confirmed(state) && level >= Level::High);
                assert!(!rules.wants(&Facts { onboarding: true, ..plain }));
                let asked = Facts { asked_for: true, onboarding: true, ..plain };
                assert_eq!(rules.wants(&asked), state != State::Closed);
            }
        }
    }

    #[test]
    fn the_first_rule_that_fits_decides() {
        let rule = |team: &[i64], ticket, connection| TicketRule {
            level: Some(Level::Medium),
            teams: team.to_vec(),
            assets: Vec::new(),
            ticket,
            connection,
        };
        let rules =
            TicketRules { rules: vec![rule(&[1], false, None), rule(&[], true, Some(7))], daily_cap: None };
        let first = facts(State::Open, Level::Critical);
        let other = Facts { team: 3, ..first };
        assert!(!rules.wants(&first) && rules.wants(&other));
        assert_eq!((rules.connection(&first), rules.connection(&other)), (None, Some(7)));
        assert!(!rules.wants(&Facts { level: Level::Low, ..other }));
        assert_eq!(rules.lowest(), Some(Level::Medium));
    }

    proptest! {
        /// What is looked up by the lowest level leaves out no risk that is to have a ticket.
        #[test]
        fn nothing_below_the_lowest_level_is_wanted(levels in prop::collection::vec((0_i16..5, any::<bool>()), 0..4), level in 0_i16..5) {
            let rules = levels.into_iter().map(|(level, ticket)| TicketRule {
                level: Level::try_from(level).ok(), teams: Vec::new(), assets: Vec::new(), ticket, connection: None,
            });
            let rules = TicketRules { rules: rules.collect(), daily_cap: None };
            let facts = facts(State::Open, Level::try_from(level).expect("a level"));
            prop_assert!(!rules.wants(&facts) || rules.lowest().is_some_and(|lowest| facts.level >= lowest));
        }
    }
}
