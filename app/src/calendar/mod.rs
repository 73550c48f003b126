//! Days: what a day of the organisation is in UTC, and which days it works.

pub mod business_day;
pub mod local_time;
