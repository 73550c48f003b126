//! Rules. Which level a likelihood and an impact make.
//!
//! A risk is scored from 1 to 5 whatever the grid. A smaller grid reads the scores by rank, so that another grid can be
//! put into use, and taken back, without anything being lost.

use std::collections::HashSet;

use abate_entity::level::Level;
use serde::{Deserialize, Serialize};

/// The highest score.
pub const HIGHEST: u8 = 5;
/// The fewest rows and columns of a grid.
const SMALLEST: usize = 3;
/// The most rows and columns of a grid.
const LARGEST: usize = 5;
/// Longest word or title, in characters.
const LONGEST: usize = 60;

/// Which level a likelihood and an impact make. Grids are data with a version: each rating names the one that it was
/// made with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grid {
    /// What people call it.
    pub title: String,
    /// What its cells say, the least first.
    pub words: Vec<Word>,
    /// Rows by likelihood, columns by impact, the least first; each cell is the place of a word.
    pub cells: Vec<Vec<usize>>,
}

/// A word of a grid, and which of our levels it means.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Word {
    /// The word.
    pub word: String,
    /// What it means for due dates, rights and lists.
    pub level: Level,
}

/// Why a grid or a score cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RatingProblem {
    /// A score beyond the scale.
    #[error("{score} is no score: likelihood and impact go from 1 to 5")]
    ScoreOutOfScale {
        /// The score as given.
        score: u8,
    },
    /// A grid without a usable title.
    #[error("give it a title of at most 60 characters")]
    Untitled,
    /// A grid that is not as wide as it is high, or too small, or too large.
    #[error("give it as many rows as columns, 3 to 5")]
    NotSquare,
    /// No words, or too many, or one that is empty or there twice.
    #[error("give it 1 to 10 different words of at most 60 characters, the least first")]
    Words,
    /// A word that means less than the one before it.
    #[error("\"{word}\" means less than the word before it: let the levels stay or rise")]
    WordFalls {
        /// The word.
        word: String,
    },
    /// A cell that names no word.
    #[error("the cell at likelihood {likelihood}, impact {impact} names no word: count them from 0")]
    NoSuchWord {
        /// The row.
        likelihood: usize,
        /// The column.
        impact: usize,
    },
    /// A grid in which more likely or worse means a lower level.
    #[error(
        "the level falls at likelihood {likelihood}, impact {impact}: let it stay or rise along each row and \
         column"
    )]
    GridFalls {
        /// The row.
        likelihood: usize,
        /// The column.
        impact: usize,
    },
}

impl RatingProblem {
    /// The field of a grid that is wrong, and the name of the rule that it breaks.
    #[must_use]
    pub const fn place(&self) -> (&'static str, &'static str) {
        match self {
            Self::ScoreOutOfScale { .. } => ("likelihood", "score_in_scale"),
            Self::Untitled => ("title", "grid_titled"),
            Self::NotSquare => ("cells", "grid_square"),
            Self::Words => ("words", "grid_words"),
            Self::WordFalls { .. } => ("words", "grid_words_rise"),
            Self::NoSuchWord { .. } => ("cells", "grid_cells_known"),
            Self::GridFalls { .. } => ("cells", "grid_rises"),
        }
    }
}

impl Grid {
    /// A grid of words and cells.
    #[must_use]
    pub fn new<const N: usize>(title: &str, words: &[(&str, Level)], cells: [[usize; N]; N]) -> Self {
        Self {
            title: title.to_owned(),
            words: words
                .iter()
                .map(|(word, level)| Word { word: (*word).to_owned(), level: *level })
                .collect(),
            cells: cells.iter().map(|row| row.to_vec()).collect(),
        }
    }

    /// The grid that a new organisation starts with: the product of both scores in four bands, up to 4 low, up to 9
    /// medium, up to 16 high, above that critical.
    #[must_use]
    pub fn standard() -> Self {
        let words =
            [Level::Low, Level::Medium, Level::High, Level::Critical].map(|level| (level.as_str(), level));
        Self::new(
            "5x5 product",
            &words,
            [
                [0, 0, 0, 0, 1], //
                [0, 0, 1, 1, 2],
                [0, 1, 1, 2, 2],
                [0, 1, 2, 2, 3],
                [1, 2, 2, 3, 3],
            ],
        )
    }

    /// The level of two scores.
    ///
    /// # Errors
    ///
    /// A score beyond the scale.
    pub fn level(&self, likelihood: u8, impact: u8) -> Result<Level, RatingProblem> {
        let (row, column) = (self.place(likelihood)?, self.place(impact)?);
        let word =
            self.cells.get(row).and_then(|cells| cells.get(column)).and_then(|word| self.words.get(*word));
        // A grid is checked before it is kept.
        word.map(|word| word.level).ok_or(RatingProblem::NotSquare)
    }

    /// Where a score stands on the grid, counted from 0: its rank, rounded half up.
    fn place(&self, score: u8) -> Result<usize, RatingProblem> {
        if !(1..=HIGHEST).contains(&score) {
            return Err(RatingProblem::ScoreOutOfScale { score });
        }
        let (steps, of) = (self.cells.len().saturating_sub(1), usize::from(HIGHEST) - 1);
        Ok((2 * (usize::from(score) - 1) * steps + of) / (2 * of))
    }

    /// Whether it can be used: square, with words that rise, and never a lower level for what is likelier or worse.
    ///
    /// # Errors
    ///
    /// Names what is wrong first.
    pub fn check(&self) -> Result<(), RatingProblem> {
        let usable =
            |text: &str| !text.trim().is_empty() && text.chars().count() <= LONGEST && !text.contains('\0');
        if !usable(&self.title) {
            return Err(RatingProblem::Untitled);
        }
        let size = self.cells.len();
        if !(SMALLEST..=LARGEST).contains(&size) || self.cells.iter().any(|row| row.len() != size) {
            return Err(RatingProblem::NotSquare);
        }
        let different: HashSet<String> =
            self.words.iter().map(|word| word.word.trim().to_lowercase()).collect();
        let all_usable = self.words.iter().all(|word| usable(&word.word));
        if !(1..=10).contains(&self.words.len()) || different.len() != self.words.len() || !all_usable {
            return Err(RatingProblem::Words);
        }
        if let Some(falls) = self.words.windows(2).find(|pair| pair[0].level > pair[1].level) {
            return Err(RatingProblem::WordFalls { word: falls[1].word.clone() });
        }
        for (row, cells) in self.cells.iter().enumerate() {
            for (column, word) in cells.iter().enumerate() {
                let (likelihood, impact) = (row + 1, column + 1);
                if *word >= self.words.len() {
                    return Err(RatingProblem::NoSuchWord { likelihood, impact });
                }
                let left = column.checked_sub(1).map(|left| cells[left]);
                let above = row.checked_sub(1).map(|above| self.cells[above][column]);
                if left.max(above).is_some_and(|before| before > *word) {
                    return Err(RatingProblem::GridFalls { likelihood, impact });
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_standard_grid_is_the_product_in_four_bands() {
        let grid = Grid::standard();
        assert_eq!(grid.check(), Ok(()));
        for likelihood in 1..=5_u8 {
            for impact in 1..=5_u8 {
                let expected = match likelihood * impact {
                    0..=4 => Level::Low,
                    5..=9 => Level::Medium,
                    10..=16 => Level::High,
                    _ => Level::Critical,
                };
                assert_eq!(grid.level(likelihood, impact), Ok(expected));
            }
        }
        assert_eq!(grid.level(0, 3), Err(RatingProblem::ScoreOutOfScale { score: 0 }));
        assert_eq!(grid.level(3, 6), Err(RatingProblem::ScoreOutOfScale { score: 6 }));
    }

    #[test]
    fn what_is_wrong_with_a_grid_is_named_with_its_place() {
        let with = |change: &dyn Fn(&mut Grid)| {
            let mut grid = Grid::standard();
            change(&mut grid);
            grid.check().unwrap_err()
        };
        assert_eq!(with(&|grid| grid.cells[2][3] = 0), RatingProblem::GridFalls { likelihood: 3, impact: 4 });
        assert_eq!(
            with(&|grid| grid.cells[4][4] = 9),
            RatingProblem::NoSuchWord { likelihood: 5, impact: 5 }
        );
        assert_eq!(with(&|grid| grid.cells[1].truncate(4)), RatingProblem::NotSquare);
        assert_eq!(with(&|grid| grid.cells.truncate(2)), RatingProblem::NotSquare);
        assert_eq!(with(&|grid| grid.words.clear()), RatingProblem::Words);
        assert_eq!(with(&|grid| grid.words[1].word = "LOW".to_owned()), RatingProblem::Words);
        assert_eq!(
            with(&|grid| grid.words[3].level = Level::Low),
            RatingProblem::WordFalls { word: "critical".to_owned() }
        );
        assert_eq!(with(&|grid| grid.title = " ".to_owned()), RatingProblem::Untitled);
    }

    #[test]
    fn a_smaller_grid_reads_scores_by_rank() {
        let words = [("a", Level::Low), ("b", Level::Medium), ("c", Level::High)];
        let grid = Grid::new("three", &words, [[0, 1, 2], [0, 1, 2], [0, 1, 2]]);
        let levels: Vec<Level> = (1..=5).map(|impact| grid.level(1, impact).unwrap()).collect();
        assert_eq!(levels, [Level::Low, Level::Medium, Level::Medium, Level::High, Level::High]);
    }

    proptest! {
        /// Whatever a checked grid looks like, a higher score never means a lower level.
        #[test]
        fn a_higher_score_is_never_a_lower_level(
            size in 3_usize..=5, seed in proptest::collection::vec(0_usize..4, 25), score in (1_u8..5, 1_u8..=5),
        ) {
            let mut cells = vec![vec![0; size]; size];
            for row in 0..size {
                for column in 0..size {
                    let left = if column > 0 { cells[row][column - 1] } else { 0 };
                    let above = if row > 0 { cells[row - 1][column] } else { 0 };
                    cells[row][column] = seed[row * 5 + column].max(left).max(above);
                }
            }
            let grid = Grid { cells, ..Grid::standard() };
            prop_assert_eq!(grid.check(), Ok(()));
            let (low, other) = score;
            prop_assert!(grid.level(low, other).unwrap() <= grid.level(low + 1, other).unwrap());
            prop_assert!(grid.level(other, low).unwrap() <= grid.level(other, low + 1).unwrap());
        }
    }
}
