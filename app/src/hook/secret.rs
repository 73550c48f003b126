//! The secret of a hook: made from its salt and the installation's key whenever it is needed, and kept nowhere.

use abate_entity::hook;
use actix_web::HttpRequest;
use chrono::{DateTime, Duration, Utc};
use hmac::{Hmac, Mac as _};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;

use crate::platform::problem::{Kind, Problem};
use crate::state::AppState;

/// The header that carries the secret where a sender cannot set `Authorization`.
const SECRET_HEADER: &str = "X-Abate-Secret";
/// The header that carries a signature, `v1=` and hexadecimal digits.
const SIGNATURE_HEADER: &str = "X-Abate-Signature";
/// The header that carries the time of signing, in seconds.
const TIMESTAMP_HEADER: &str = "X-Abate-Timestamp";
/// How far the time of signing may be from ours, either way.
const TOLERANCE: Duration = Duration::minutes(5);

/// The secret that the sender has to know.
pub(super) fn of(state: &AppState, hook: &hook::Model) -> String {
    format!("abh_{}", hex::encode(state.key.sign("hook secret", hook.salt.as_bytes())))
}

/// Looks whether the request carries the secret.
pub(super) fn check_carried(
    state: &AppState,
    hook: &hook::Model,
    request: &HttpRequest,
) -> Result<(), Problem> {
    let bearer = header(request, "Authorization").strip_prefix("Bearer ").unwrap_or_default();
    let carried = if bearer.is_empty() { header(request, SECRET_HEADER) } else { bearer };
    // An empty secret never fits: ours is never empty.
    if bool::from(carried.trim().as_bytes().ct_eq(of(state, hook).as_bytes())) {
        return Ok(());
    }
    Err(refused(hook, "the secret is missing or not right"))
}

/// Looks whether the request is signed with the secret, lately and over this body.
pub(super) fn check_signed(
    state: &AppState,
    hook: &hook::Model,
    request: &HttpRequest,
    body: &[u8],
) -> Result<(), Problem> {
    let (timestamp, signature) = (header(request, TIMESTAMP_HEADER), header(request, SIGNATURE_HEADER));
    if !is_fresh(timestamp, state.clock.now()) {
        return Err(refused(hook, "the time of signing is missing or too far from now"));
    }
    let signed = sign(&of(state, hook), timestamp, body);
    if bool::from(signature.trim().as_bytes().ct_eq(signed.as_bytes())) {
        return Ok(());
    }
    Err(refused(hook, "the signature does not match"))
}

/// Whether the request says that it is signed.
pub(super) fn is_signed(request: &HttpRequest) -> bool {
    !header(request, SIGNATURE_HEADER).is_empty()
}

fn is_fresh(timestamp: &str, now: DateTime<Utc>) -> bool {
    let sent = timestamp.trim().parse().ok().and_then(|seconds| DateTime::from_timestamp(seconds, 0));
    sent.is_some_and(|sent| (now - sent).abs() <= TOLERANCE)
}

/// The signature over a time and a body.
fn sign(secret: &str, timestamp: &str, body: &[u8]) -> String {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else {
        return String::new();
    };
    mac.update(timestamp.trim().as_bytes());
    mac.update(b".");
    mac.update(body);
    format!("v1={}", hex::encode(mac.finalize().into_bytes()))
}

/// The value of a header, empty when it is not there.
pub(super) fn header<'r>(request: &'r HttpRequest, name: &str) -> &'r str {
    request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// The answer to a request that is not believed.
pub(super) fn refused(hook: &hook::Model, why: &str) -> Problem {
    tracing::warn!(hook = hook.id, why, "a delivery to a hook was refused");
    Problem::new(Kind::Unauthenticated, format!("This request is not believed: {why}."))
}
