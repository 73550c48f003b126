//! Package URLs, by which scanners recognise what a statement is about.

use std::fmt::Write as _;

use crate::scanner::{percent_decoded, purl_without_version};

/// Where images without a registry in their name come from.
const DEFAULT_REGISTRY: &str = "index.docker.io";

/// An image's package URLs: with its repository, and with the repository's folder, since tools write either. A digest
/// is kept, a tag is not: a decision is about the packages, whatever the tag is called. None for a pattern.
#[must_use]
pub fn of_image(image: &str) -> Vec<String> {
    let image = image.trim();
    if image.contains('*') {
        return Vec::new();
    }
    let (name, digest) = image.split_once('@').map_or((image, None), |(name, digest)| (name, Some(digest)));
    let last = name.rfind('/').map_or(0, |slash| slash + 1);
    let name = name[last..].find(':').map_or(name, |colon| &name[..last + colon]);
    let repository = with_registry(name);
    let Some((folder, leaf)) = repository.rsplit_once('/').filter(|(_, leaf)| !leaf.is_empty()) else {
        return Vec::new();
    };
    let version = digest.map(|digest| format!("@{}", encoded(digest))).unwrap_or_default();
    [repository.as_str(), folder]
        .iter()
        .map(|place| format!("pkg:oci/{}{version}?repository_url={}", encoded(leaf), encoded(place)))
        .collect()
}

fn with_registry(name: &str) -> String {
    let registry = |part: &str| part.contains(['.', ':']) || part == "localhost";
    match name.split_once('/') {
        Some(("docker.io", rest)) if rest.contains('/') => format!("{DEFAULT_REGISTRY}/{rest}"),
        Some(("docker.io", rest)) => format!("{DEFAULT_REGISTRY}/library/{rest}"),
        Some((first, _)) if registry(first) => name.to_owned(),
        Some(_) => format!("{DEFAULT_REGISTRY}/{name}"),
        None => format!("{DEFAULT_REGISTRY}/library/{name}"),
    }
}

/// The package URL of a repository such as `github.com/orchard/api`; none for a pattern.
#[must_use]
pub fn of_repository(repository: &str) -> Option<String> {
    let repository = repository.trim().trim_end_matches('/');
    if repository.contains('*') {
        return None;
    }
    let leaf = repository.rsplit('/').next().filter(|leaf| !leaf.is_empty())?;
    let path = |rest: &str| rest.split('/').map(encoded).collect::<Vec<_>>().join("/");
    Some(match repository.split_once('/') {
        Some(("github.com", rest)) => format!("pkg:github/{}", path(rest)),
        Some(("bitbucket.org", rest)) => format!("pkg:bitbucket/{}", path(rest)),
        _ => {
            let address = encoded(&format!("https://{repository}"));
            format!("pkg:generic/{}?vcs_url={address}", encoded(leaf))
        }
    })
}

/// The package URL of something that has no other name than ours.
#[must_use]
pub fn of_key(key: &str) -> String {
    format!("pkg:generic/{}", encoded(key))
}

/// A package's URL with its own version, or this one where it says none, and without what tools describe in different
/// words (its distribution, its architecture). None where there is no URL or no version: such a statement would say
/// more than was decided.
#[must_use]
pub fn of_package(purl: &str, version: &str) -> Option<String> {
    let (bare, own, epoch) = parts(purl)?;
    let version = own.map_or_else(|| encoded(version.trim()), str::to_owned);
    (!version.is_empty()).then(|| format!("{bare}@{version}{epoch}"))
}

/// A package's URL with another version than its own.
#[must_use]
pub fn of_package_in(purl: &str, version: &str) -> Option<String> {
    let (bare, ..) = parts(purl)?;
    let version = version.trim();
    (!version.is_empty()).then(|| format!("{bare}@{}", encoded(version)))
}

/// A package URL as packages are compared: without version and qualifiers, in one spelling.
#[must_use]
pub fn bare(purl: &str) -> String {
    purl_without_version(purl)
}

/// The version in a package URL; empty where it says none.
#[must_use]
pub fn version_of(purl: &str) -> String {
    parts(purl).and_then(|(_, version, _)| version).map(percent_decoded).unwrap_or_default()
}

/// Whether a name is that of a package that is part of products, and not of a product such as an image.
#[must_use]
pub fn is_package(name: &str) -> bool {
    let kind = name.trim().strip_prefix("pkg:").and_then(|rest| rest.split('/').next());
    kind.is_some_and(|kind| !["oci", "docker", "github", "gitlab", "bitbucket", "generic"].contains(&kind))
}

/// The names under which a register may know what a document calls a product: itself, and the image or repository
/// that its package URL means.
#[must_use]
pub fn resources(product: &str) -> Vec<String> {
    let product = product.trim();
    let mut names = vec![product.to_owned()];
    let Some((bare, ..)) = parts(product) else { return names };
    let qualifier = |key: &str| {
        let qualifiers =
            product.split_once('?').map_or("", |(_, rest)| rest).split('#').next().unwrap_or_default();
        let found = qualifiers.split('&').find_map(|one| one.strip_prefix(key)?.strip_prefix('='));
        found.map(percent_decoded)
    };
    let Some((kind, rest)) = bare.strip_prefix("pkg:").and_then(|bare| bare.split_once('/')) else {
        return names;
    };
    let rest = percent_decoded(rest);
    match kind {
        "oci" | "docker" => {
            let place = qualifier("repository_url").unwrap_or_default();
            let place =
                place.split_once("://").map_or(place.as_str(), |(_, place)| place).trim_end_matches('/');
            // Some tools write the repository there, others the folder that it is in.
            match place {
                "" => names.push(rest),
                _ if place.rsplit('/').next() == Some(rest.as_str()) => {
                    names.extend([place.to_owned(), format!("{place}/{rest}")]);
                }
                _ => names.push(format!("{place}/{rest}")),
            }
            let short = |name: &String| name.strip_prefix("index.docker.io/").map(str::to_owned);
            names.extend(names.iter().filter_map(short).collect::<Vec<_>>());
            let library = |name: &String| name.strip_prefix("library/").map(str::to_owned);
            names.extend(names.iter().filter_map(library).collect::<Vec<_>>());
        }
        "github" => names.push(format!("github.com/{rest}")),
        "gitlab" => names.push(format!("gitlab.com/{rest}")),
        "bitbucket" => names.push(format!("bitbucket.org/{rest}")),
        "generic" => names.extend(qualifier("vcs_url").into_iter().chain([rest])),
        _ => {}
    }
    names
}

/// A package URL without version, its version, and what has to stay of its qualifiers.
fn parts(purl: &str) -> Option<(&str, Option<&str>, String)> {
    let purl = purl.trim();
    let (bare, rest) = purl.split_at(purl.find(['?', '#']).unwrap_or(purl.len()));
    if !bare.starts_with("pkg:") {
        return None;
    }
    let leaf = bare.rfind('/').map_or(0, |slash| slash + 1);
    // An `@` at the beginning of a name belongs to it.
    let (bare, version) = match bare[leaf..].rfind('@').filter(|at| *at > 0) {
        Some(at) => (&bare[..leaf + at], Some(&bare[leaf + at + 1..])),
        None => (bare, None),
    };
    let qualifiers = rest.strip_prefix('?').unwrap_or_default().split('#').next().unwrap_or_default();
    let epoch = qualifiers.split('&').find(|qualifier| qualifier.starts_with("epoch="));
    let epoch = epoch.map(|epoch| format!("?{epoch}")).unwrap_or_default();
    Some((bare, version.filter(|version| !version.is_empty()), epoch))
}

/// A text as a part of a package URL.
fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~:".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a text cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}
