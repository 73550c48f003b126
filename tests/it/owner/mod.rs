//! People, teams, and who answers for what.

mod people;
