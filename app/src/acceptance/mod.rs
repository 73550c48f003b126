//! Acceptances: living with a risk until the end of a day.

pub mod expire;
