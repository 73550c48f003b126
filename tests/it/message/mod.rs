//! Messages to people: each once, whatever happens on the way.

mod digest;
mod late;
