//! Rules. Scores of CVSS vectors, version 2.0 to 4.0.

use super::finding::CvssRating;

/// The score of a vector, 0 to 10; none where it is not one.
pub(crate) fn score(vector: &str) -> Option<f64> {
    let vector = vector.trim().trim_start_matches('(').trim_end_matches(')');
    let vector = vector.strip_prefix("CVSS2#").unwrap_or(vector);
    vector.parse::<cvss::Cvss>().ok().map(|parsed| parsed.score())
}

/// A rating of a vector, with its score worked out.
pub(crate) fn rating(source: &str, vector: &str) -> Option<CvssRating> {
    score(vector).map(|score| CvssRating {
        source: source.to_owned(),
        vector: vector.trim().to_owned(),
        score: Some(score),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_version_has_a_score() {
        for (vector, expected) in [
            ("AV:N/AC:L/Au:N/C:P/I:P/A:P", 7.5),
            ("(AV:N/AC:L/Au:N/C:P/I:P/A:P)", 7.5),
            ("CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", 9.8),
            ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H", 7.5),
            ("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N", 9.3),
        ] {
            assert_eq!(score(vector), Some(expected), "{vector}");
        }
        assert_eq!(score("banana"), None);
    }
}
