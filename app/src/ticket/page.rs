//! The part of a risk's page that shows its ticket.

use askama::Template;

use super::view::TicketView;
use crate::platform::problem::Problem;
use crate::state::AppState;

/// The ticket of a risk, as a part of its page.
#[derive(Debug, Template)]
#[template(path = "ticket/on_risk.html")]
pub struct TicketPanel {
    /// Its tickets.
    pub tickets: Vec<TicketView>,
    /// Whether a JIRA site is set up at all.
    pub connected: bool,
}

impl TicketPanel {
    /// The panel of a risk.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub async fn of_risk(state: &AppState, risk_id: i64) -> Result<Self, Problem> {
        let tickets = TicketView::of_risk(state.database.reader(), state, risk_id).await?;
        Ok(Self { tickets, connected: state.config.jira.is_some() })
    }
}
