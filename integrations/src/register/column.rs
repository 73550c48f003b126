//! What a column is, by the words of its header, and how its cells are read.

use super::RegisterAsset;
use super::words;

/// Longest text of a cell, in characters.
const LONGEST: usize = 10_000;

/// What a column says of an asset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Column {
    /// The file's own number of the row; says nothing.
    Reference,
    Key,
    Name,
    Description,
    Kind,
    Tier,
    DataClasses,
    InternetFacing,
    Environment,
    /// Confidentiality, integrity or availability.
    Rating(usize),
    Owner,
    Team,
    ResponsibleParty,
    Tags,
    LifetimeDays,
    Matcher(&'static str),
}

/// Words of headers in small letters and without blanks, and what they stand for.
const HEADERS: &[(Column, &[&str])] = &[
    (Column::Reference, &["id", "no", "nr", "number", "#", "ref", "reference", "assetid"]),
    (Column::Key, &["key", "assetkey", "shortname", "slug"]),
    (Column::Name, &["name", "asset", "assetname", "criticalasset", "system", "application", "title"]),
    (Column::Description, &["description", "purpose", "details", "notes", "comment", "comments"]),
    (Column::Kind, &["type", "kind", "category", "assettype", "assetkind"]),
    (
        Column::Tier,
        &[
            "tier",
            "criticality",
            "importance",
            "businesscriticality",
            "criticalitytier",
            "assettier",
            "priority",
        ],
    ),
    (
        Column::DataClasses,
        &[
            "data",
            "dataclass",
            "dataclasses",
            "datatype",
            "datatypes",
            "dataclassification",
            "classification",
        ],
    ),
    (
        Column::InternetFacing,
        &["internetfacing", "internet", "exposure", "exposed", "public", "publicfacing", "internetexposed"],
    ),
    (Column::Environment, &["environment", "env", "stage"]),
    (Column::Rating(0), &["c", "conf", "confidentiality"]),
    (Column::Rating(1), &["i", "integrity"]),
    (Column::Rating(2), &["a", "avail", "availability"]),
    (
        Column::Owner,
        &["owner", "assetowner", "responsible", "responsibleperson", "accountable", "custodian", "contact"],
    ),
    (Column::Team, &["team", "ownerteam", "owningteam", "department", "unit", "businessunit"]),
    (
        Column::ResponsibleParty,
        &["responsibleparty", "responsibility", "sharedresponsibility", "managedby", "operatedby"],
    ),
    (Column::Tags, &["tags", "tag", "labels", "keywords"]),
    (
        Column::LifetimeDays,
        &["lifetime", "lifetimedays", "ttl", "ttldays", "expiresafter", "expiresafterdays"],
    ),
    (Column::Matcher("arn"), &["arn", "arns", "awsarn", "account", "awsaccount"]),
    (Column::Matcher("image"), &["image", "images", "containerimage", "imagedigest"]),
    (Column::Matcher("repository"), &["repository", "repositories", "repo", "repos", "git", "repositoryurl"]),
    (Column::Matcher("purl"), &["purl", "purls", "packageurl"]),
    (
        Column::Matcher("host"),
        &[
            "host",
            "hosts",
            "hostname",
            "hostnames",
            "fqdn",
            "domain",
            "domains",
            "url",
            "ip",
            "ipaddress",
            "address",
        ],
    ),
    (Column::Matcher("name"), &["alias", "aliases", "alsoknownas"]),
];

/// What each header stands for; of several that stand for the same the first counts.
pub(super) fn guess(headers: &[String]) -> Vec<Option<Column>> {
    let mut guessed: Vec<Option<Column>> = Vec::with_capacity(headers.len());
    for header in headers {
        let word = plain(header);
        let column =
            HEADERS.iter().find(|(_, words)| words.contains(&word.as_str())).map(|(column, _)| *column);
        let is_new = column
            .is_some_and(|column| matches!(column, Column::Matcher(_)) || !guessed.contains(&Some(column)));
        guessed.push(column.filter(|_| is_new));
    }
    guessed
}

/// A header in small letters, without what stands in brackets, blanks and marks.
fn plain(header: &str) -> String {
    let header = header.split(['(', '[']).next().unwrap_or_default();
    header
        .to_lowercase()
        .chars()
        .filter(|character| character.is_alphanumeric() || *character == '#')
        .collect()
}

impl Column {
    /// The field that it fills, as the API calls it.
    pub(super) fn field(self) -> &'static str {
        match self {
            Self::Reference => "not used",
            Self::Key => "key",
            Self::Name => "name",
            Self::Description => "description",
            Self::Kind => "kind",
            Self::Tier => "tier",
            Self::DataClasses => "data_classes",
            Self::InternetFacing => "internet_facing",
            Self::Environment => "environment",
            Self::Rating(0) => "confidentiality",
            Self::Rating(1) => "integrity",
            Self::Rating(_) => "availability",
            Self::Owner => "owner",
            Self::Team => "team",
            Self::ResponsibleParty => "responsible_party",
            Self::Tags => "tags",
            Self::LifetimeDays => "lifetime_days",
            Self::Matcher("arn") => "matchers: arn",
            Self::Matcher("image") => "matchers: image",
            Self::Matcher("repository") => "matchers: repository",
            Self::Matcher("purl") => "matchers: purl",
            Self::Matcher("host") => "matchers: host",
            Self::Matcher(_) => "matchers: name",
        }
    }

    /// Whether only a table of assets has it: one of risks names assets, owners and descriptions too.
    pub(super) fn is_of_assets(self) -> bool {
        !matches!(self, Self::Reference | Self::Name | Self::Description | Self::Owner | Self::Tags)
    }

    /// Reads a cell that says something.
    pub(super) fn take(self, cell: &str, asset: &mut RegisterAsset) -> Result<(), String> {
        if cell.chars().count() > LONGEST {
            return Err(format!("Use at most {LONGEST} characters."));
        }
        if cell.contains('\0') {
            return Err("Leave out the character NUL.".to_owned());
        }
        match self {
            Self::Reference => {}
            Self::Key => asset.key = Some(cell.to_lowercase()),
            Self::Name => asset.name = one_line(cell),
            Self::Description => asset.description = Some(cell.to_owned()),
            Self::Kind => asset.kind = Some(words::kind(cell)),
            Self::Tier => asset.tier = Some(words::tier(cell)?),
            Self::DataClasses => asset.data_classes = Some(words::list(cell)),
            Self::InternetFacing => asset.internet_facing = Some(words::internet_facing(cell)?),
            Self::Environment => asset.environment = Some(words::environment(cell)?),
            Self::Rating(which) => asset.ratings[which] = Some(words::rating(cell)?),
            Self::Owner => asset.owner = Some(one_line(cell)),
            Self::Team => asset.team = Some(one_line(cell)),
            Self::ResponsibleParty => asset.responsible_party = Some(words::responsible_party(cell)?),
            Self::Tags => asset.tags = Some(words::list(cell)),
            Self::LifetimeDays => asset.lifetime_days = Some(words::days(cell)?),
            Self::Matcher(kind) => {
                let patterns = cell.split([',', ';', '\n']).map(str::trim).filter(|text| !text.is_empty());
                asset.matchers.extend(patterns.map(|pattern| (kind, pattern.to_owned())));
            }
        }
        Ok(())
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
