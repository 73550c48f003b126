//! Reads what scripts and forms write about a cadence.

use abate_entity::cadence::CadenceKind;
use abate_entity::text_enum::UnknownWord;
use chrono::NaiveTime;
use chrono_tz::Tz;
use sea_orm::ConnectionTrait;

use crate::access::user;
use crate::platform::problem::Problem;

/// The person who does it; nobody for an empty address.
///
/// # Errors
/// 422 when there is nobody of that address.
pub(super) async fn owner(db: &impl ConnectionTrait, email: Option<&str>) -> Result<Option<i64>, Problem> {
    match email.map(str::trim).filter(|email| !email.is_empty()) {
        Some(email) => Ok(Some(user::active_by_email(db, "owner", email).await?.id)),
        None => Ok(None),
    }
}

/// What a cadence is about.
///
/// # Errors
/// 422 with the words that are known.
pub(super) fn kind(word: &str) -> Result<CadenceKind, Problem> {
    word.parse().map_err(|unknown: UnknownWord| Problem::invalid("kind", unknown.to_string()))
}

/// A zone.
///
/// # Errors
/// 422 for an unknown one.
pub(super) fn zone(name: &str) -> Result<Tz, Problem> {
    name.trim().parse().map_err(|_| Problem::invalid("zone", "Use an IANA zone, as Europe/London."))
}

/// A time of day.
///
/// # Errors
/// 422 for anything but hours and minutes.
pub(super) fn time_of_day(text: &str) -> Result<NaiveTime, Problem> {
    NaiveTime::parse_from_str(text.trim(), "%H:%M")
        .map_err(|_| Problem::invalid("time_of_day", "Write hours and minutes, as 09:00."))
}
