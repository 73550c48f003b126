//! What goes to Atlassian with a person and comes back with them: which connection they authorise. It is sealed for that
//! person and for a short time, so that nobody can make somebody else authorise a site of theirs.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};

use crate::platform::problem::{Kind, Problem};
use crate::state::AppState;

/// What it is sealed for.
const PURPOSE: &str = "jira consent";
/// How long a person may take.
const PATIENCE: Duration = Duration::minutes(15);

#[derive(Deserialize, Serialize)]
struct Sealed {
    connection_id: i64,
    ends_at: DateTime<Utc>,
}

/// Seals the connection for a person.
pub(super) fn seal(state: &AppState, connection_id: i64, user_id: i64) -> Result<String, Problem> {
    let sealed = Sealed { connection_id, ends_at: state.clock.now() + PATIENCE };
    let plain = serde_json::to_vec(&sealed).map_err(Problem::internal)?;
    let mut nonce = [0; 12];
    state.ids.fill(&mut nonce);
    let sealed = state.key.seal(PURPOSE, &user_id.to_be_bytes(), nonce, &plain).map_err(Problem::internal)?;
    Ok(URL_SAFE_NO_PAD.encode(sealed))
}

/// The connection that this person went away for.
///
/// # Errors
/// When it was another person, or too long ago, or nobody.
pub(super) fn open(state: &AppState, text: &str, user_id: i64) -> Result<i64, Problem> {
    let strange = || {
        let text = "This consent was not begun here by you, or too long ago. Press Authorise on the connection's page.";
        Problem::new(Kind::Malformed, text)
    };
    let sealed = URL_SAFE_NO_PAD.decode(text).map_err(|_| strange())?;
    let plain = state.key.open_sealed(PURPOSE, &user_id.to_be_bytes(), &sealed).map_err(|_| strange())?;
    let sealed: Sealed = serde_json::from_slice(&plain).map_err(Problem::internal)?;
    if sealed.ends_at < state.clock.now() { Err(strange()) } else { Ok(sealed.connection_id) }
}
