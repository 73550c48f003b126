//! Tickets in JIRA: one for each risk that needs one, kept in step with it.
//!
//! A ticket is a small machine of its own: wanted → creating → linked, or unknown when the outcome of a create is
//! not known, and then quarantined when it cannot be known. `ticket_rules` decides, `reconcile` creates, `look`
//! finds what may have been created, `sync` makes one ticket true in both directions, `poll`, `full_pass` and
//! `webhook` say which tickets to look at, `later` when to try again, `strangers` keeps the issues that nobody asked for.
//! `connection` keeps the sites, `rule` says which risks get a ticket, `ask` and `wish` queue them. Of one ticket,
//! `follow`, `comment` and `assignee` take in what people did in JIRA; `about` and `wording` say what a ticket has to say,
//! `edit`, `own_fields`, `walk`, `comment` and `evidence_link` tell JIRA what of it is new, `mapping` says what goes into the
//! fields of a site's own, and `drift` says who owns what. `concern` reads what a ticket is about: a risk, or a `group` of risks that
//! one change mends.

mod about;
pub mod api;
mod ask;
mod assignee;
mod bulk_read;
mod comment;
mod concern;
pub mod connection;
mod create;
pub mod drift;
mod edit;
mod edit_screen;
mod evidence_link;
mod failure;
mod finder;
mod follow;
pub mod full_pass;
pub mod group;
mod later;
mod list;
mod look;
pub mod mapping;
mod own_fields;
pub mod page;
pub mod poll;
mod push;
pub mod reconcile;
pub mod resume;
mod row;
pub mod rule;
mod screen;
mod seen;
mod strangers;
mod subject;
mod sync;
pub mod ticket_rules;
mod told;
mod view;
mod walk;
pub mod want;
pub mod webhook;
pub mod wish;
mod wording;

pub(crate) use finder::{group_of, is_linked, of_risks};
pub use view::TicketView;
