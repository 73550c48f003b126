//! abate
fn main() {}
