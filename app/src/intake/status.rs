//! Rules. Where an import stands, and what it means to do with a finding.

/// Its file is being read.
pub const RECEIVING: &str = "receiving";
/// It was asked for a plan only; somebody may apply it.
pub const PLANNED: &str = "planned";
/// It would close so much that a person has to agree.
pub const NEEDS_APPROVAL: &str = "needs_approval";
/// Its changes are being written.
pub const APPLYING: &str = "applying";
/// Its changes are written.
pub const APPLIED: &str = "applied";
/// Its branch or image is not the one that counts: what it would change is kept to look at, and nothing is written.
pub const COMPARED: &str = "compared";
/// Its file could not be used.
pub const FAILED: &str = "failed";
/// It was applied, and taken back.
pub const UNDONE: &str = "undone";

/// A finding that nobody has seen on this asset: it makes a risk.
pub const CREATE: &str = "create";
/// A finding that supports a risk which is there already, or none.
pub const ATTACH: &str = "attach";
/// A finding that the rules keep without a risk.
pub const KEEP: &str = "keep";
/// A finding that waits for a person.
pub const WAIT: &str = "wait";
/// A finding that a rule suppresses.
pub const SUPPRESS: &str = "suppress";
/// A finding that says something else than before.
pub const UPDATE: &str = "update";
/// A finding that was missing or whose risk counts as gone.
pub const RETURN: &str = "return";
/// A finding that a full scan no longer sees, for the first time.
pub const MISS: &str = "miss";
/// A finding that a second full scan does not see either, or later ones while its risk waits for verification.
pub const VANISH: &str = "vanish";
/// What a VEX statement proposes for a risk.
pub const PROPOSE: &str = "propose";
/// A record that could not be read; it is named in the plan and changes nothing.
pub const REJECT: &str = "reject";
