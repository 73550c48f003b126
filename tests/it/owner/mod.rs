//! People, teams, and who answers for what.

mod bulk;
mod hand_over;
mod ladder;
mod people;
mod thousand;
