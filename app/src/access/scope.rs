//! Rules. What a caller may see: the first argument of every finder.

/// The teams whose things a caller may see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// All of them.
    All,
    /// These only.
    Teams(Vec<i64>),
}

impl Scope {
    /// Whether things of `team` may be seen.
    #[must_use]
    pub fn covers(&self, team: i64) -> bool {
        match self {
            Self::All => true,
            Self::Teams(teams) => teams.contains(&team),
        }
    }

    /// The teams to filter by, none when there is nothing to filter.
    #[must_use]
    pub fn teams(&self) -> Option<&[i64]> {
        match self {
            Self::All => None,
            Self::Teams(teams) => Some(teams),
        }
    }
}
