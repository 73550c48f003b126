//! Rules. The grids that are there from the beginning.

use abate_entity::level::Level::{self, Critical, High, Low, Medium};

use super::rules::Grid;

/// Each grid with the name under which its versions are kept.
pub fn grids() -> Vec<(&'static str, Grid)> {
    vec![
        ("standard", Grid::standard()),
        (
            "iso27005",
            Grid::new(
                "ISO 27005, 5x5",
                &very("medium"),
                [[0, 0, 1, 1, 1], [0, 1, 1, 2, 2], [1, 1, 2, 3, 3], [1, 2, 3, 3, 4], [2, 3, 3, 4, 4]],
            ),
        ),
        (
            "nist_800_30",
            Grid::new(
                "NIST SP 800-30, table I-2",
                &very("moderate"),
                [[0, 0, 0, 1, 1], [0, 1, 1, 1, 2], [0, 1, 2, 2, 3], [0, 1, 2, 3, 4], [0, 1, 2, 3, 4]],
            ),
        ),
        (
            "owasp",
            Grid::new(
                "OWASP Risk Rating, 3x3",
                &[("note", Low), ("low", Low), ("medium", Medium), ("high", High), ("critical", Critical)],
                [[0, 1, 2], [1, 2, 3], [2, 3, 4]],
            ),
        ),
        (
            "threagile",
            Grid::new(
                "Threagile, 4x4",
                &[
                    ("low", Low),
                    ("medium", Medium),
                    ("elevated", High),
                    ("high", High),
                    ("critical", Critical),
                ],
                [[0, 1, 1, 2], [1, 2, 2, 2], [1, 2, 3, 3], [2, 2, 3, 4]],
            ),
        ),
    ]
}

/// Five words from very low to very high.
fn very(middle: &'static str) -> [(&'static str, Level); 5] {
    [("very low", Low), ("low", Low), (middle, Medium), ("high", High), ("very high", Critical)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_can_be_used() {
        for (name, grid) in grids() {
            assert_eq!(grid.check(), Ok(()), "{name}");
        }
    }

    /// Likelihood and impact of thirteen risks of a workshop, and how many of them are at each level.
    #[test]
    fn the_same_risks_under_each_grid() {
        let scores: [(u8, u8); 13] = [
            (4, 4),
            (3, 5),
            (3, 4),
            (4, 2),
            (4, 2),
            (4, 4),
            (3, 5),
            (3, 4),
            (3, 3),
            (3, 4),
            (3, 5),
            (2, 5),
            (2, 4),
        ];
        let counts = |grid: &Grid| {
            Level::ALL
                .iter()
                .skip(1)
                .map(|level| {
                    scores
                        .iter()
                        .filter(|(likelihood, impact)| grid.level(*likelihood, *impact) == Ok(*level))
                        .count()
                })
                .collect::<Vec<_>>()
        };
        let expected = [
            ("standard", [0, 4, 9, 0]),
            ("iso27005", [0, 5, 8, 0]),
            ("nist_800_30", [3, 5, 5, 0]),
            ("owasp", [0, 1, 10, 2]),
            ("threagile", [0, 0, 13, 0]),
        ];
        for ((name, grid), (known, counted)) in grids().iter().zip(expected) {
            assert_eq!((*name, counts(grid)), (known, counted.to_vec()));
        }
    }
}
