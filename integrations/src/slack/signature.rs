//! Checks that a request comes from Slack: HMAC-SHA256 over the raw bytes and their time.

use chrono::{DateTime, Utc};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

/// The header that carries the signature.
pub const SIGNATURE_HEADER: &str = "x-slack-signature";
/// The header that carries the time of signing, in seconds.
pub const TIMESTAMP_HEADER: &str = "x-slack-request-timestamp";

/// How far the time of signing may be from ours, either way.
const LARGEST_SKEW_SECONDS: i64 = 300;

/// Why a request is not believed. Carries nothing of the secret or the signatures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// Anyone can compute a signature with an empty secret, so none is accepted.
    #[error("no signing secret is configured, so no request from Slack can be trusted")]
    NoSecret,
    /// The time is not a number of seconds.
    #[error("the time of signing is missing or is not a number")]
    BadTimestamp,
    /// The time is more than five minutes from ours.
    #[error("the request was signed more than five minutes from now; check this machine's clock")]
    Stale,
    /// The signature belongs to other bytes or another secret.
    #[error("the signature does not match; check the signing secret")]
    Mismatch,
}

/// Believes a request when `signature` is the one of `body` at `timestamp` and that time is near `now`.
pub fn verify(
    secret: &[u8],
    timestamp: &str,
    signature: &str,
    body: &[u8],
    now: DateTime<Utc>,
) -> Result<(), SignatureError> {
    if secret.is_empty() {
        return Err(SignatureError::NoSecret);
    }
    if timestamp.is_empty() || !timestamp.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(SignatureError::BadTimestamp);
    }
    let signed_at: i64 = timestamp.parse().map_err(|_| SignatureError::BadTimestamp)?;
    if now.timestamp().abs_diff(signed_at) > LARGEST_SKEW_SECONDS.unsigned_abs() {
        return Err(SignatureError::Stale);
    }
    let expected = sign(secret, timestamp, body).ok_or(SignatureError::NoSecret)?;
    if bool::from(expected.as_bytes().ct_eq(signature.as_bytes())) {
        Ok(())
    } else {
        Err(SignatureError::Mismatch)
    }
}

fn sign(secret: &[u8], timestamp: &str, body: &[u8]) -> Option<String> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).ok()?;
    mac.update(b"v0:");
    mac.update(timestamp.as_bytes());
    mac.update(b":");
    mac.update(body);
    Some(format!("v0={}", hex::encode(mac.finalize().into_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    // The worked example of Slack's page "Verifying requests from Slack".
    const SECRET: &[u8] = b"8f742231b10e8888abcd99yyyzzz85a5";
    const TIMESTAMP: &str = "1531420618";
    const BODY: &[u8] = b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c";
    const SIGNATURE: &str = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503";

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    #[test]
    fn documented_example_is_believed() {
        assert_eq!(verify(SECRET, TIMESTAMP, SIGNATURE, BODY, at(1_531_420_618)), Ok(()));
    }

    #[test]
    fn five_minutes_count_both_ways() {
        for skew in [-300, 300] {
            assert_eq!(verify(SECRET, TIMESTAMP, SIGNATURE, BODY, at(1_531_420_618 + skew)), Ok(()));
        }
        for skew in [-301, 301] {
            let answer = verify(SECRET, TIMESTAMP, SIGNATURE, BODY, at(1_531_420_618 + skew));
            assert_eq!(answer, Err(SignatureError::Stale));
        }
    }

    #[test]
    fn empty_secret_believes_nothing() {
        let forged = sign(b"", TIMESTAMP, BODY).unwrap();
        let answer = verify(b"", TIMESTAMP, &forged, BODY, at(1_531_420_618));
        assert_eq!(answer, Err(SignatureError::NoSecret));
    }

    #[test]
    fn timestamp_must_be_plain_digits() {
        for odd in ["", "+1531420618", "-5", "soon", "99999999999999999999"] {
            let signature = sign(SECRET, odd, BODY).unwrap();
            let answer = verify(SECRET, odd, &signature, BODY, at(1_531_420_618));
            assert_eq!(answer, Err(SignatureError::BadTimestamp), "{odd}");
        }
    }

    proptest! {
        #[test]
        fn any_changed_byte_is_noticed(place in 0..BODY.len(), flip in 1u8..) {
            let mut body = BODY.to_vec();
            body[place] ^= flip;
            let answer = verify(SECRET, TIMESTAMP, SIGNATURE, &body, at(1_531_420_618));
            prop_assert_eq!(answer, Err(SignatureError::Mismatch));
        }

        #[test]
        fn another_secret_or_signature_is_refused(secret in ".{1,40}", signature in ".{0,80}") {
            prop_assume!(secret.as_bytes() != SECRET && signature != SIGNATURE);
            let now = at(1_531_420_618);
            prop_assert!(verify(secret.as_bytes(), TIMESTAMP, SIGNATURE, BODY, now).is_err());
            prop_assert!(verify(SECRET, TIMESTAMP, &signature, BODY, now).is_err());
        }
    }
}
