//! Rules. Which scans of a scope open and close risks: those of its default branch, or of the image that runs. The
//! others are compared and reported.

/// Branches that are taken for the default one wherever nobody has named another.
const USUAL: [&str; 2] = ["main", "master"];

/// What is known of a scope.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Known<'a> {
    /// Its default branch, once one was seen or named.
    pub default_branch: Option<&'a str>,
    /// A person has named that branch.
    pub settled: bool,
    /// The image that runs.
    pub deployed_digest: Option<&'a str>,
    /// Some scan of it was applied before.
    pub scanned_before: bool,
}

/// What a scan says it looked at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Scanned<'a> {
    /// The branch.
    pub branch: Option<&'a str>,
    /// The image.
    pub digest: Option<&'a str>,
}

/// What a scan may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing<'a> {
    /// It opens and closes risks; its branch becomes the default one where one is named here.
    Counts {
        /// The default branch from now on, where it changes.
        becomes_default: Option<&'a str>,
    },
    /// It is compared and reported.
    Compared,
}

/// Judges a scan.
#[must_use]
pub fn judge<'a>(known: Known<'_>, scanned: Scanned<'a>) -> Standing<'a> {
    const COUNTS: Standing<'static> = Standing::Counts { becomes_default: None };
    if let (Some(deployed), Some(digest)) = (known.deployed_digest, scanned.digest) {
        return if deployed.eq_ignore_ascii_case(digest) { COUNTS } else { Standing::Compared };
    }
    // Who says nothing about branches means the one that counts.
    let Some(branch) = scanned.branch.map(short) else { return COUNTS };
    let usual = USUAL.contains(&branch);
    match known.default_branch.map(short) {
        Some(default) if default == branch => COUNTS,
        // The first one seen was a guess.
        Some(default) if usual && !known.settled && !USUAL.contains(&default) => {
            Standing::Counts { becomes_default: Some(branch) }
        }
        Some(_) => Standing::Compared,
        None if usual || !known.scanned_before => Standing::Counts { becomes_default: Some(branch) },
        None => Standing::Compared,
    }
}

/// A branch without the prefix that some pipelines give it.
#[must_use]
pub fn short(branch: &str) -> &str {
    let branch = branch.trim();
    branch.strip_prefix("refs/heads/").unwrap_or(branch)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on(branch: &str) -> Scanned<'_> {
        Scanned { branch: Some(branch), digest: None }
    }

    const COUNTS: Standing<'static> = Standing::Counts { becomes_default: None };

    fn becomes(branch: &str) -> Standing<'_> {
        Standing::Counts { becomes_default: Some(branch) }
    }

    #[test]
    fn the_default_branch_counts_and_others_are_compared() {
        let known = Known { default_branch: Some("main"), scanned_before: true, ..Known::default() };
        assert_eq!(judge(known, on("main")), COUNTS);
        assert_eq!(judge(known, on("refs/heads/main")), COUNTS);
        assert_eq!(judge(known, on("feature/a")), Standing::Compared);
        assert_eq!(judge(known, on("master")), Standing::Compared);
        assert_eq!(judge(known, Scanned::default()), COUNTS);
    }

    #[test]
    fn the_first_branch_seen_is_the_default_until_a_usual_one_comes() {
        assert_eq!(judge(Known::default(), on("develop")), becomes("develop"));
        let guessed = Known { default_branch: Some("develop"), scanned_before: true, ..Known::default() };
        assert_eq!(judge(guessed, on("main")), becomes("main"));
        assert_eq!(judge(Known { settled: true, ..guessed }, on("main")), Standing::Compared);
        let unnamed = Known { scanned_before: true, ..Known::default() };
        assert_eq!(judge(unnamed, on("feature/a")), Standing::Compared);
        assert_eq!(judge(unnamed, on("master")), becomes("master"));
    }

    #[test]
    fn where_the_running_image_is_known_only_its_scans_count() {
        let known = Known {
            default_branch: Some("main"),
            deployed_digest: Some("sha256:aa"),
            scanned_before: true,
            ..Known::default()
        };
        let image = |digest| Scanned { branch: Some("release/2"), digest: Some(digest) };
        assert_eq!(judge(known, image("sha256:AA")), COUNTS);
        assert_eq!(judge(known, image("sha256:bb")), Standing::Compared);
        assert_eq!(judge(known, on("main")), COUNTS);
    }
}
