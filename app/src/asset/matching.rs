//! Rules. Which asset a report means by a resource: the patterns that people gave the assets, the most specific first.
//!
//! What comes and goes (a task, a pod, a version of a function) belongs to what stays: it is looked for under its own
//! name, then under those of its service, its cluster and its account.

use std::cmp::Reverse;
use std::collections::HashMap;

abate_entity::text_enum! {
    /// What kind of name a pattern is.
    pub enum MatcherKind ("kind of matcher") {
        /// An Amazon resource name, or the number of an account.
        Arn = "arn",
        /// A container image, without its tag or with it.
        Image = "image",
        /// A repository of code.
        Repository = "repository",
        /// A package URL.
        Purl = "purl",
        /// A host name or address.
        Host = "host",
        /// Whatever a report calls it.
        Name = "name",
    }
}

/// Longest pattern, in characters.
const LONGEST: usize = 500;
/// Most stars in a pattern, so that comparing stays quick.
const MOST_STARS: usize = 8;
/// Characters that a pattern with stars has to say, so that none takes everything.
const LEAST_SAID: usize = 3;

/// What is wrong with a pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PatternProblem {
    /// Nothing, or too much.
    #[error("use 1 to {LONGEST} characters")]
    Length,
    /// Something that no name holds.
    #[error("leave out blanks and control characters")]
    Characters,
    /// Too many stars.
    #[error("use at most {MOST_STARS} stars")]
    Stars,
    /// Too little besides stars.
    #[error("say at least {LEAST_SAID} characters besides the stars")]
    TooWide,
}

/// A pattern as it is kept: in lower case, in the form that resources of its kind are compared in.
///
/// # Errors
/// When it is no pattern.
pub fn pattern(kind: MatcherKind, text: &str) -> Result<String, PatternProblem> {
    let text = text.trim().to_lowercase();
    let text = match kind {
        MatcherKind::Host => host_of(&text).unwrap_or(&text).to_owned(),
        MatcherKind::Repository => repository_of(&text),
        _ => text,
    };
    let length = text.chars().count();
    if length == 0 || length > LONGEST {
        return Err(PatternProblem::Length);
    }
    let blank = |character: char| character.is_whitespace() && kind != MatcherKind::Name;
    if text.chars().any(|character| character.is_control() || blank(character)) {
        return Err(PatternProblem::Characters);
    }
    let stars = text.matches('*').count();
    if stars > MOST_STARS {
        return Err(PatternProblem::Stars);
    }
    if stars > 0 && text.chars().filter(|character| character.is_alphanumeric()).count() < LEAST_SAID {
        return Err(PatternProblem::TooWide);
    }
    Ok(text)
}

/// Why an asset was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Match {
    /// The asset.
    pub asset_id: i64,
    /// The kind of the pattern.
    pub kind: MatcherKind,
    /// The pattern.
    pub pattern: String,
}

#[derive(Debug, Clone)]
struct Glob {
    kind: MatcherKind,
    pattern: String,
    asset_id: i64,
}

/// All patterns there are.
#[derive(Debug, Clone, Default)]
pub struct Matchers {
    exact: HashMap<(MatcherKind, String), i64>,
    globs: Vec<Glob>,
}

impl Matchers {
    /// Patterns as they are kept, each with its asset.
    pub fn new(patterns: impl IntoIterator<Item = (MatcherKind, String, i64)>) -> Self {
        let mut all = Self::default();
        for (kind, pattern, asset_id) in patterns {
            if pattern.contains('*') {
                all.globs.push(Glob { kind, pattern, asset_id });
            } else {
                all.exact.insert((kind, pattern), asset_id);
            }
        }
        all
    }

    /// The asset that a report means by `resource`, none when no pattern says so.
    #[must_use]
    pub fn find(&self, resource: &str) -> Option<Match> {
        if self.exact.is_empty() && self.globs.is_empty() {
            return None;
        }
        let mut best = None;
        for name in names(resource) {
            let exact = self.exact.get(&(name.kind, name.value.clone()));
            if let Some(asset_id) = exact {
                let found = Match { asset_id: *asset_id, kind: name.kind, pattern: name.value.clone() };
                keep_better(&mut best, (rank(&name, &found.pattern, true, found.asset_id), found));
            }
            for glob in self.globs.iter().filter(|glob| glob.kind == name.kind) {
                if covers(&glob.pattern, &name.value) {
                    let found =
                        Match { asset_id: glob.asset_id, kind: glob.kind, pattern: glob.pattern.clone() };
                    keep_better(&mut best, (rank(&name, &found.pattern, false, found.asset_id), found));
                }
            }
        }
        best.map(|(_, found)| found)
    }
}

/// How well a pattern fits: anything before the account, then what says most, then by kind; the rest only keeps the
/// answer the same whatever the order of the patterns.
type Rank = (bool, usize, bool, Reverse<MatcherKind>, Reverse<i64>);

fn rank(name: &Name, pattern: &str, exact: bool, asset_id: i64) -> Rank {
    let said = pattern.chars().filter(|character| *character != '*').count();
    (!name.of_account, said, exact, Reverse(name.kind), Reverse(asset_id))
}

fn keep_better(best: &mut Option<(Rank, Match)>, candidate: (Rank, Match)) {
    if best.as_ref().is_none_or(|(rank, _)| candidate.0 > *rank) {
        *best = Some(candidate);
    }
}

/// A name under which a resource is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Name {
    kind: MatcherKind,
    value: String,
    of_account: bool,
}

impl Name {
    fn new(kind: MatcherKind, value: impl Into<String>) -> Self {
        Self { kind, value: value.into(), of_account: false }
    }
}

/// The names of a resource and of what it belongs to.
fn names(resource: &str) -> Vec<Name> {
    let value = resource.trim().to_lowercase();
    if value.is_empty() {
        return Vec::new();
    }
    let mut names = vec![Name::new(MatcherKind::Name, value.clone())];
    if let Some(rest) = value.strip_prefix("arn:") {
        names_of_arn(&value, rest, &mut names);
    } else if let Some(account) = value.strip_prefix("aws::::account:") {
        names.push(Name::new(MatcherKind::Arn, value.clone()));
        names.extend(names_of_account("aws", account));
    } else if value.starts_with("pkg:") {
        let plain = value.split(['?', '#']).next().unwrap_or_default();
        let without_version = plain.rsplit_once('@').map_or(plain, |(package, _)| package);
        names.extend([&value, plain, without_version].map(|value| Name::new(MatcherKind::Purl, value)));
    } else {
        names.extend(host_of(&value).map(|host| Name::new(MatcherKind::Host, host)));
        names.push(Name::new(MatcherKind::Repository, repository_of(&value)));
        if !value.contains("://") {
            names.extend(names_of_image(&value));
            names_of_workload(&value, &mut names);
        }
    }
    names
}

/// `arn:partition:service:region:account:rest`, and what the rest belongs to.
fn names_of_arn(value: &str, rest: &str, names: &mut Vec<Name>) {
    names.push(Name::new(MatcherKind::Arn, value));
    let parts: Vec<&str> = rest.splitn(5, ':').collect();
    let [partition, service, region, account, resource] = parts[..] else { return };
    let stem = format!("arn:{partition}:{service}:{region}:{account}:");
    let path: Vec<&str> = resource.split('/').collect();
    let owner = match (service, path.as_slice()) {
        ("lambda", [function]) => {
            // function:name:version
            let mut words = function.splitn(3, ':');
            match (words.next(), words.next(), words.next()) {
                (Some(kind), Some(name), Some(_)) => Some(format!("{kind}:{name}")),
                _ => None,
            }
        }
        ("ecs", [kind, cluster, _]) if *kind != "cluster" => Some(format!("cluster/{cluster}")),
        ("ecs", ["task-definition", family]) => {
            Some(format!("task-definition/{}", family.split(':').next().unwrap_or_default()))
        }
        ("eks", [kind, cluster, ..]) if *kind != "cluster" => Some(format!("cluster/{cluster}")),
        ("ecr", ["repository", name @ .., digest]) if digest.starts_with("sha256:") => {
            Some(format!("repository/{}", name.join("/")))
        }
        ("s3", [bucket, _, ..]) => Some((*bucket).to_owned()),
        _ => None,
    };
    names.extend(owner.as_ref().map(|owner| Name::new(MatcherKind::Arn, format!("{stem}{owner}"))));
    if service == "ecr"
        && let Some(name) = owner.as_deref().unwrap_or(resource).strip_prefix("repository/")
    {
        let image = format!("{account}.dkr.ecr.{region}.amazonaws.com/{name}");
        names.push(Name::new(MatcherKind::Image, image));
    }
    if !account.is_empty() {
        names.extend(names_of_account(partition, account));
    }
}

fn names_of_account(partition: &str, account: &str) -> [Name; 3] {
    [format!("arn:{partition}:iam::{account}:root"), format!("aws::::account:{account}"), account.to_owned()]
        .map(|value| Name { kind: MatcherKind::Arn, value, of_account: true })
}

/// An image as it is named, without its digest, and without its tag.
fn names_of_image(value: &str) -> Vec<Name> {
    let without_digest = value.split_once('@').map_or(value, |(image, _)| image);
    let without_tag = match without_digest.rsplit_once(':') {
        // A colon before a slash is the port of the registry.
        Some((image, tag)) if !tag.contains('/') => image,
        _ => without_digest,
    };
    let mut values = vec![value, without_digest, without_tag];
    values.dedup();
    values.into_iter().map(|value| Name::new(MatcherKind::Image, value)).collect()
}

/// `namespace/pod/name` of Kubernetes: what made the pod, and the namespace.
fn names_of_workload(value: &str, names: &mut Vec<Name>) {
    /// Kinds of Kubernetes that are on their own in a namespace.
    const WORKLOADS: [&str; 8] =
        ["pod", "deployment", "replicaset", "statefulset", "daemonset", "job", "cronjob", "service"];
    let parts: Vec<&str> = value.split('/').collect();
    let [namespace, kind, name] = parts[..] else { return };
    if !WORKLOADS.contains(&kind) {
        return;
    }
    let mut add = |value: String| names.push(Name::new(MatcherKind::Name, value));
    match kind {
        "pod" => {
            if let Some((owner, _)) = name.rsplit_once('-') {
                for made_by in ["replicaset", "statefulset", "daemonset", "job"] {
                    add(format!("{namespace}/{made_by}/{owner}"));
                }
                if let Some((deployment, _)) = owner.rsplit_once('-') {
                    add(format!("{namespace}/deployment/{deployment}"));
                }
            }
        }
        "replicaset" => {
            if let Some((deployment, _)) = name.rsplit_once('-') {
                add(format!("{namespace}/deployment/{deployment}"));
            }
        }
        "job" => {
            if let Some((cron, _)) = name.rsplit_once('-') {
                add(format!("{namespace}/cronjob/{cron}"));
            }
        }
        _ => {}
    }
    add(namespace.to_owned());
}

/// The host of an address, or of `host:port`; none for what is neither.
fn host_of(value: &str) -> Option<&str> {
    let (rest, is_address) = match value.split_once("://") {
        Some((_, rest)) => (rest.split(['/', '?', '#']).next().unwrap_or_default(), true),
        None => (value, false),
    };
    let rest = if is_address { rest.rsplit_once('@').map_or(rest, |(_, host)| host) } else { rest };
    if rest.is_empty() || rest.contains(['/', '@']) || rest.contains(char::is_whitespace) {
        return None;
    }
    if let Some(inside) = rest.strip_prefix('[') {
        return inside.split_once(']').map(|(host, _)| host);
    }
    match rest.split_once(':') {
        None => Some(rest),
        Some((host, port)) if !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) => {
            Some(host)
        }
        // More than one colon is an address of IPv6; anything else is no host.
        Some((_, port)) => port.contains(':').then_some(rest),
    }
}

/// A repository without scheme, user and `.git`: `git@host:team/app.git` and `https://host/team/app` are one.
fn repository_of(value: &str) -> String {
    let plain = value.split_once("://").map_or(value, |(_, rest)| rest);
    let plain = match plain.split_once('@') {
        Some((user, rest)) if !user.contains('/') && !rest.starts_with("sha256:") => {
            if value.contains("://") { rest.to_owned() } else { rest.replacen(':', "/", 1) }
        }
        _ => plain.to_owned(),
    };
    let plain = plain.trim_end_matches('/');
    plain.strip_suffix(".git").unwrap_or(plain).to_owned()
}

/// Whether a pattern, in which `*` stands for any run of characters, covers all of a value.
fn covers(pattern: &str, value: &str) -> bool {
    let (pattern, value) = (pattern.as_bytes(), value.as_bytes());
    let (mut at, mut from) = (0, 0);
    // Where the last star was, and what it has taken so far.
    let mut star: Option<(usize, usize)> = None;
    while from < value.len() {
        if at < pattern.len() && pattern[at] == b'*' {
            star = Some((at, from));
            at += 1;
        } else if at < pattern.len() && pattern[at] == value[from] {
            at += 1;
            from += 1;
        } else if let Some((after, taken)) = star {
            star = Some((after, taken + 1));
            at = after + 1;
            from = taken + 1;
        } else {
            return false;
        }
    }
    pattern[at..].iter().all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests;
