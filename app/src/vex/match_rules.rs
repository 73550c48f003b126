//! Rules. Which risks a VEX statement speaks of, and why it speaks of none.

use std::collections::BTreeSet;

/// The asset that the sender names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Named {
    /// Its number.
    pub(super) id: i64,
    /// Matchers say which products it is.
    pub(super) has_products: bool,
}

/// What a statement is about.
#[derive(Clone, Debug, Default)]
pub(super) struct About {
    /// The assets that its products are, by their matchers.
    pub(super) assets: BTreeSet<i64>,
    /// Its products are named in a way in which matchers name them.
    pub(super) tells_product: bool,
    /// The package, without its version; empty for whole products.
    pub(super) package: String,
    /// The version of the package; empty for all of them.
    pub(super) version: String,
    /// It holds for that version alone.
    pub(super) strict: bool,
}

/// A finding of the vulnerability.
#[derive(Clone, Debug)]
pub(super) struct Candidate {
    /// The risk that it supports.
    pub(super) risk_id: i64,
    /// The asset that it is on.
    pub(super) asset_id: i64,
    /// Its package, without its version.
    pub(super) package: String,
    /// How the version of its package is written.
    pub(super) versions: [String; 2],
}

/// The risks that a statement speaks of, or why there is none.
pub(super) fn risks_of(
    about: &About,
    named: Option<Named>,
    candidates: &[Candidate],
) -> Result<BTreeSet<i64>, String> {
    let assets = assets(about, named)?;
    let on_assets: Vec<&Candidate> =
        candidates.iter().filter(|candidate| assets.contains(&candidate.asset_id)).collect();
    if on_assets.is_empty() {
        return Err("No risk there is about this vulnerability.".to_owned());
    }
    let in_package = |candidate: &&&Candidate| about.package.is_empty() || candidate.package == about.package;
    let of_package: Vec<&&Candidate> = on_assets.iter().filter(in_package).collect();
    if of_package.is_empty() {
        let found: BTreeSet<&str> = on_assets.iter().map(|candidate| candidate.package.as_str()).collect();
        let found: Vec<&str> = found.into_iter().take(3).collect();
        return Err(format!(
            "The vulnerability was found in {}, not in {}.",
            found.join(", "),
            about.package
        ));
    }
    let same_version = |candidate: &&&&Candidate| {
        !about.strict
            || about.version.is_empty()
            || candidate.versions.contains(&about.version)
            || candidate.versions.iter().all(String::is_empty)
    };
    let meant: BTreeSet<i64> =
        of_package.iter().filter(same_version).map(|candidate| candidate.risk_id).collect();
    if meant.is_empty() {
        let found: BTreeSet<&str> =
            of_package.iter().map(|candidate| candidate.versions[0].as_str()).collect();
        let found: Vec<&str> = found.into_iter().take(3).collect();
        return Err(format!("It speaks of version {}; found is {}.", about.version, found.join(", ")));
    }
    Ok(meant)
}

/// The assets that a statement may speak of.
fn assets(about: &About, named: Option<Named>) -> Result<BTreeSet<i64>, String> {
    match named {
        None if about.assets.is_empty() => {
            Err("No asset has a matcher for this product. Name the asset, or give it a matcher.".to_owned())
        }
        None => Ok(about.assets.clone()),
        Some(named) => {
            let another = match about.assets.is_empty() {
                true => about.tells_product && named.has_products,
                false => !about.assets.contains(&named.id),
            };
            match another {
                true => Err("It speaks of another product than this asset.".to_owned()),
                false => Ok(BTreeSet::from([named.id])),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(risk_id: i64, asset_id: i64, package: &str, version: &str) -> Candidate {
        let versions = [version.to_owned(), version.to_owned()];
        Candidate { risk_id, asset_id, package: package.to_owned(), versions }
    }

    fn about(package: &str, version: &str) -> About {
        About { package: package.to_owned(), version: version.to_owned(), strict: true, ..About::default() }
    }

    const WEB: Option<Named> = Some(Named { id: 1, has_products: false });
    const IMAGE: Option<Named> = Some(Named { id: 1, has_products: true });

    #[test]
    fn package_and_version_tell_which_risk_is_meant() {
        let found =
            [candidate(7, 1, "fig", "1.0"), candidate(8, 1, "pear", "1.0"), candidate(9, 2, "fig", "1.0")];
        assert_eq!(risks_of(&about("fig", "1.0"), WEB, &found), Ok(BTreeSet::from([7])));
        assert_eq!(risks_of(&about("fig", ""), WEB, &found), Ok(BTreeSet::from([7])));
        assert_eq!(risks_of(&about("", ""), WEB, &found), Ok(BTreeSet::from([7, 8])));
        let other = risks_of(&about("fig", "2.0"), WEB, &found).unwrap_err();
        assert!(other.contains("2.0") && other.contains("1.0"), "{other}");
        let loose = About { strict: false, ..about("fig", "2.0") };
        assert_eq!(risks_of(&loose, WEB, &found), Ok(BTreeSet::from([7])));
        assert!(risks_of(&about("apple", ""), WEB, &found).unwrap_err().contains("fig, pear"));
        assert!(risks_of(&about("fig", ""), WEB, &found[2..]).unwrap_err().contains("No risk"));
    }

    #[test]
    fn a_product_that_is_another_asset_is_not_meant() {
        let found = [candidate(7, 1, "fig", "1.0"), candidate(9, 2, "fig", "1.0")];
        let of = |assets: &[i64], tells_product| About {
            assets: assets.iter().copied().collect(),
            tells_product,
            ..about("fig", "1.0")
        };
        assert_eq!(risks_of(&of(&[1, 2], true), None, &found), Ok(BTreeSet::from([7, 9])));
        assert!(risks_of(&of(&[], true), None, &found).is_err(), "nobody knows where");
        assert_eq!(risks_of(&of(&[1, 2], true), IMAGE, &found), Ok(BTreeSet::from([7])));
        assert!(risks_of(&of(&[2], true), WEB, &found).is_err());
        assert!(risks_of(&of(&[], true), IMAGE, &found).is_err());
        assert!(risks_of(&of(&[], false), IMAGE, &found).is_ok(), "a name that no matcher could know");
        assert!(risks_of(&of(&[], true), WEB, &found).is_ok(), "the sender says where");
    }
}
