//! Comments that travel between a risk and its ticket, each once. What goes out is known by JIRA's number of it, so that
//! it never comes back in, and what came in never goes out.

pub(super) mod comment_rules;
pub(super) mod inward;
pub(super) mod outward;
