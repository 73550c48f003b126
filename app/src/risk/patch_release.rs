//! The day on which the patch of a risk came out, as far as reports say.

use abate_entity::finding;
use chrono::NaiveDate;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};
use serde_json::Value;

use crate::platform::problem::Problem;

/// Findings of one risk that are looked at.
const LOOKED_AT: u64 = 200;

/// The newest day on which a weakness of the risk that has a fixed version was made known: that is when its patch
/// came out. None where no report says so.
pub(super) async fn released_on(
    db: &impl ConnectionTrait,
    risk_id: i64,
) -> Result<Option<NaiveDate>, Problem> {
    let found: Vec<Value> = finding::Entity::find()
        .select_only()
        .column(finding::Column::Data)
        .filter(finding::Column::RiskId.eq(risk_id))
        .filter(finding::Column::FixedVersion.ne(""))
        .limit(LOOKED_AT)
        .into_tuple()
        .all(db)
        .await?;
    Ok(found.iter().filter_map(published).max())
}

fn published(data: &Value) -> Option<NaiveDate> {
    data.pointer("/details/published")?.as_str()?.get(..10)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_moment_is_read_as_its_day_and_anything_else_as_none() {
        let read = |text: &str| published(&json!({"details": {"published": text}}));
        assert_eq!(read("2026-01-20T11:15:07.123Z"), "2026-01-20".parse().ok());
        assert_eq!(read("2026-01-20"), "2026-01-20".parse().ok());
        assert_eq!((read("last week"), read(""), published(&json!({}))), (None, None, None));
    }
}
