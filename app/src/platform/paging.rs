//! Keyset paging: a page ends with a cursor that says where the next one begins.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::problem::Problem;

/// Rows on a page when the caller does not say.
const DEFAULT_LIMIT: u64 = 25;
/// Rows on a page at most.
const MAX_LIMIT: u64 = 200;

/// Where a page begins and how long it is.
#[derive(Clone, Debug, Default, Deserialize, utoipa::IntoParams)]
pub struct PageQuery {
    /// Rows on the page, 1 to 200; 25 unless told.
    pub limit: Option<u64>,
    /// The `next_cursor` of the page before.
    pub cursor: Option<String>,
}

impl PageQuery {
    /// Rows on the page.
    ///
    /// # Errors
    /// 422 when the caller asks for none or for too many.
    pub fn limit(&self) -> Result<u64, Problem> {
        match self.limit.unwrap_or(DEFAULT_LIMIT) {
            limit @ 1..=MAX_LIMIT => Ok(limit),
            _ => Err(Problem::invalid("limit", format!("Ask for 1 to {MAX_LIMIT} rows."))),
        }
    }

    /// The place the page begins after.
    ///
    /// # Errors
    /// 422 when the cursor is not one of ours.
    pub fn after<C: DeserializeOwned>(&self) -> Result<Option<C>, Problem> {
        let Some(cursor) = self.cursor.as_deref().filter(|cursor| !cursor.is_empty()) else {
            return Ok(None);
        };
        URL_SAFE_NO_PAD
            .decode(cursor)
            .ok()
            .and_then(|bytes| serde_json::from_slice(&bytes).ok())
            .map(Some)
            .ok_or_else(|| Problem::invalid("cursor", "Use the next_cursor of the page before, unchanged."))
    }
}

/// One page of a list.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct Page<T> {
    /// The rows.
    pub items: Vec<T>,
    /// Where the next page begins, none after the last.
    pub next_cursor: Option<String>,
}

impl<T> Page<T> {
    /// Cuts `rows`, of which one more than `limit` was asked for, into a page.
    pub fn cut<C: Serialize>(mut rows: Vec<T>, limit: u64, place: impl Fn(&T) -> C) -> Self {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let next_cursor = (rows.len() > limit)
            .then(|| {
                rows.truncate(limit);
                rows.last().and_then(|row| serde_json::to_vec(&place(row)).ok())
            })
            .flatten()
            .map(|bytes| URL_SAFE_NO_PAD.encode(bytes));
        Self { items: rows, next_cursor }
    }

    /// The same page with other rows.
    pub fn map<U>(self, f: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(f).collect(), next_cursor: self.next_cursor }
    }
}
