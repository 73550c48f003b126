//! Rows that are written set by set fall into shares, by what rules the risks on their assets.

use std::collections::BTreeMap;

use sea_orm::{ConnectionTrait, DatabaseTransaction, FromQueryResult, Statement, Value};

use crate::platform::database::placeholders;
use crate::platform::problem::Problem;
use crate::policy::Policies;
use crate::policy::ruling::Ruling;
use crate::risk::affected::Affected;

/// The rows that one ruling holds for. The shares of a set are apart from each other, and are all of it.
pub(super) struct Share {
    pub(super) ruling: Ruling,
    /// SQL that holds for these rows and no others.
    pub(super) condition: String,
}

#[derive(FromQueryResult)]
struct OnAsset {
    id: i64,
    tier: abate_entity::tier::Tier,
    internet_facing: bool,
    data_classes: String,
    team_id: i64,
}

/// The shares of the rows whose assets `from` joins as `a`; `column` is the rows' number of the asset.
pub(super) async fn shares(
    tx: &DatabaseTransaction,
    policies: &Policies,
    from: &str,
    values: Vec<Value>,
    column: &str,
) -> Result<Vec<Share>, Problem> {
    let backend = tx.get_database_backend();
    let sql = format!("SELECT DISTINCT a.id, a.tier, a.internet_facing, a.data_classes, a.team_id {from}");
    let asked = Statement::from_sql_and_values(backend, placeholders(backend, &sql), values);
    let mut by_ruling: BTreeMap<Ruling, Vec<String>> = BTreeMap::new();
    for found in OnAsset::find_by_statement(asked).all(tx).await? {
        // What a report finds is on one asset.
        let affected = Affected::default().and(found.tier, found.internet_facing, &found.data_classes);
        let ruling = policies.ruling(&affected, found.team_id);
        by_ruling.entry(ruling).or_default().push(found.id.to_string());
    }
    // The largest share is what the others are not, so that no row is left out and the lists stay short.
    let Some((largest, _)) = by_ruling.iter().max_by_key(|(_, assets)| assets.len()) else {
        return Ok(Vec::new());
    };
    let largest = largest.clone();
    by_ruling.remove(&largest);
    let others: Vec<&str> = by_ruling.values().flatten().map(String::as_str).collect();
    let rest = match others.as_slice() {
        [] => "1 = 1".to_owned(),
        others => format!("{column} NOT IN ({})", others.join(", ")),
    };
    let listed = by_ruling
        .into_iter()
        .map(|(ruling, assets)| Share { ruling, condition: format!("{column} IN ({})", assets.join(", ")) });
    Ok(listed.chain([Share { ruling: largest.clone(), condition: rest }]).collect())
}

/// The shares of the risks that staged rows with numbers from one to another are going to make.
pub(super) async fn of_new_risks(
    tx: &DatabaseTransaction,
    policies: &Policies,
    import_id: i64,
    (first, last): (i64, i64),
) -> Result<Vec<Share>, Problem> {
    let from = "FROM staged_change s JOIN asset a ON a.id = s.asset_id \
                WHERE s.import_id = ? AND s.action = 'create' AND s.ordinal BETWEEN ? AND ?";
    shares(tx, policies, from, vec![import_id.into(), first.into(), last.into()], "s.asset_id").await
}
