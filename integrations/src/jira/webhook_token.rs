//! The token that the webhooks of an app carry instead of a signature: a JWT, signed with the app's client secret. It
//! proves who sends and not what is sent, so that what such a webhook says is a hint even more than others.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Duration, Utc};
use hmac::{Hmac, Mac};
use serde::Deserialize;
use sha2::Sha256;

use super::webhook::WebhookError;

/// How far the clocks may be apart.
const CLOCKS_APART: Duration = Duration::minutes(5);

#[derive(Deserialize)]
struct Header {
    alg: String,
}

#[derive(Deserialize)]
struct Claims {
    exp: i64,
}

/// Checks the value of `Authorization`, in constant time: a token of HMAC with SHA-256, under this secret, that is not over.
///
/// # Errors
/// When there is no secret or no such token, or it is another's or is over.
pub fn verify_webhook_token(
    client_secret: &[u8],
    header: Option<&str>,
    now: DateTime<Utc>,
) -> Result<(), WebhookError> {
    if client_secret.is_empty() {
        return Err(WebhookError::NoSecret);
    }
    let token = header.and_then(|header| header.strip_prefix("Bearer ")).map(str::trim);
    let (signed, signature) = token.and_then(|token| token.rsplit_once('.')).ok_or(WebhookError::NoToken)?;
    let (head, claims) = signed.split_once('.').ok_or(WebhookError::NoToken)?;
    let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| WebhookError::NoToken)?;
    let mut mac = Hmac::<Sha256>::new_from_slice(client_secret).map_err(|_| WebhookError::NoSecret)?;
    mac.update(signed.as_bytes());
    mac.verify_slice(&signature).map_err(|_| WebhookError::WrongToken)?;
    let head: Header = read(head)?;
    let claims: Claims = read(claims)?;
    let ends = DateTime::from_timestamp(claims.exp, 0).ok_or(WebhookError::WrongToken)?;
    if head.alg == "HS256" && now <= ends + CLOCKS_APART { Ok(()) } else { Err(WebhookError::WrongToken) }
}

fn read<T: serde::de::DeserializeOwned>(part: &str) -> Result<T, WebhookError> {
    let plain = URL_SAFE_NO_PAD.decode(part).map_err(|_| WebhookError::WrongToken)?;
    serde_json::from_slice(&plain).map_err(|_| WebhookError::WrongToken)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn token(secret: &[u8], alg: &str, exp: i64) -> String {
        let part = |json: serde_json::Value| URL_SAFE_NO_PAD.encode(json.to_string());
        let signed =
            format!("{}.{}", part(serde_json::json!({"alg": alg})), part(serde_json::json!({"exp": exp})));
        let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("a key of any length");
        mac.update(signed.as_bytes());
        format!("Bearer {signed}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
    }

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).expect("a time")
    }

    #[test]
    fn a_token_holds_under_its_own_secret_until_it_is_over() {
        let good = token(b"secret", "HS256", 1_000);
        assert_eq!(verify_webhook_token(b"secret", Some(&good), at(900)), Ok(()));
        assert_eq!(verify_webhook_token(b"other", Some(&good), at(900)), Err(WebhookError::WrongToken));
        assert_eq!(verify_webhook_token(b"", Some(&good), at(900)), Err(WebhookError::NoSecret));
        assert_eq!(verify_webhook_token(b"secret", Some(&good), at(1_301)), Err(WebhookError::WrongToken));
        for other in ["none", "HS512", "RS256"] {
            let token = token(b"secret", other, 1_000);
            assert_eq!(verify_webhook_token(b"secret", Some(&token), at(900)), Err(WebhookError::WrongToken));
        }
    }

    #[test]
    fn what_is_no_token_is_refused() {
        for header in
            [None, Some(""), Some("Bearer "), Some("Bearer a.b"), Some("Bearer a.b.c"), Some("Basic x")]
        {
            assert!(verify_webhook_token(b"secret", header, at(0)).is_err(), "{header:?}");
        }
    }

    proptest! {
        #[test]
        fn a_token_that_was_changed_is_refused(at_byte in 7usize..120, by in 1u8..128) {
            let mut bytes = token(b"secret", "HS256", 1_000).into_bytes();
            let index = 7 + at_byte % (bytes.len() - 8);
            bytes[index] = (bytes[index] ^ by) & 0x7f;
            let original = token(b"secret", "HS256", 1_000);
            if let Ok(changed) = String::from_utf8(bytes)
                && changed != original
            {
                prop_assert!(verify_webhook_token(b"secret", Some(&changed), at(900)).is_err());
            }
        }
    }
}
