//! The buttons of a connection.

use actix_web::{HttpResponse, web};
use serde::Deserialize;

use super::{PAGE, address};
use crate::access::csrf::SignedForm;
use crate::access::require::Require;
use crate::access::right::Configure;
use crate::page::badge::Tone;
use crate::page::said;
use crate::platform::problem::Problem;
use crate::state::AppState;
use crate::ticket::connection::{check, store};

/// What a button asks for.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Wish {
    Test,
    Pause,
    Resume,
    Remove,
}

/// What a button sends.
#[derive(Debug, Deserialize)]
pub(super) struct Pressed {
    wish: Wish,
}

pub(super) async fn act(
    caller: Require<Configure>,
    state: web::Data<AppState>,
    id: web::Path<i64>,
    form: SignedForm<Pressed>,
) -> Result<HttpResponse, Problem> {
    let id = *id;
    let (tone, text) = match form.0.wish {
        Wish::Test => {
            let ill = check::run(&state, id).await?.iter().filter(|finding| !finding.ok).count();
            if ill == 0 {
                (Tone::Good, "All is as it has to be.")
            } else {
                (Tone::Warn, "Something is to be mended.")
            }
        }
        Wish::Pause => {
            store::pause(&state, &caller, id, true).await?;
            (Tone::Good, "Paused: nothing is sent or read.")
        }
        Wish::Resume => {
            store::pause(&state, &caller, id, false).await?;
            (Tone::Good, "It goes on; what waited is done now.")
        }
        Wish::Remove => {
            store::remove(&state, &caller, id).await?;
            return Ok(said::see_other(
                PAGE,
                Tone::Good,
                "The connection is removed; its tickets keep their links.",
            ));
        }
    };
    Ok(said::see_other(&address(id), tone, text))
}
