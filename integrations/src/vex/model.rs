//! What a VEX document says, whatever its format.

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};

/// What is said about one product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// Who says it.
    pub author: String,
    /// About what.
    pub product: Product,
    /// When the newest of its statements was decided.
    pub at: DateTime<Utc>,
    /// The statements, in any order.
    pub statements: Vec<Statement>,
}

/// What the statements are about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Product {
    /// What people call it.
    pub name: String,
    /// Its package URLs: at least one, the leading one first.
    pub purls: Vec<String>,
}

/// What is said about one vulnerability in some packages of the product.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Statement {
    /// The leading id of the vulnerability.
    pub vulnerability: String,
    /// Its other ids.
    pub aliases: Vec<String>,
    /// What was decided.
    pub status: Status,
    /// The packages in which it was found.
    pub packages: Vec<Package>,
    /// When it was decided.
    pub at: DateTime<Utc>,
}

/// A package of a product.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Package {
    /// Its package URL.
    pub purl: String,
    /// What its ecosystem calls it.
    pub name: String,
    /// Its version; empty where nobody knows it.
    pub version: String,
}

/// What was decided. The later one is, the less it lets pass.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// It does not hurt here.
    NotAffected(Justification),
    /// These packages no longer have it.
    Fixed,
    /// Nobody has judged it yet.
    UnderInvestigation,
    /// It is there, with what to do about it.
    Affected(String),
}

/// Why a vulnerability does not hurt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Justification {
    /// The component is not part of the product.
    ComponentNotPresent,
    /// The component is, its weak code is not.
    VulnerableCodeNotPresent,
    /// The weak code is never run.
    VulnerableCodeNotInExecutePath,
    /// Nobody hostile can steer the weak code.
    VulnerableCodeCannotBeControlledByAdversary,
    /// Something in front of it stops the attack.
    InlineMitigationsAlreadyExist,
}

impl Document {
    /// Its statements in one order, whatever order they came in, and none twice.
    pub(super) fn sorted(&self) -> Vec<Statement> {
        let mut statements = self.statements.clone();
        for statement in &mut statements {
            statement.aliases.sort();
            statement.aliases.dedup();
            statement.packages.sort();
            statement.packages.dedup();
        }
        statements.sort();
        statements.dedup();
        statements
    }

    /// Its id, which follows from what it says: a UUID of version 8.
    pub(super) fn id(&self) -> String {
        let said = format!("{:?}", (&self.author, &self.product, self.at, self.sorted()));
        let hash = hex::encode(Sha256::digest(said));
        let (a, b, c, d, e) = (&hash[..8], &hash[8..12], &hash[13..16], &hash[17..20], &hash[20..32]);
        format!("urn:uuid:{a}-{b}-8{c}-8{d}-{e}")
    }
}
