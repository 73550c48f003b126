//! Passwords: argon2id, two at a time, so that a rush of sign-ins cannot take all memory and all cores.

use std::sync::Arc;

use argon2::password_hash::{PasswordHasher, PasswordVerifier, SaltString};
use argon2::{Argon2, PasswordHash};
use tokio::sync::Semaphore;

use crate::platform::ids::Ids;
use crate::platform::problem::Problem;

/// Shortest password that is taken, in characters.
pub const MIN_LENGTH: usize = 12;

/// Makes and checks password hashes.
#[derive(Clone, Debug)]
pub struct Passwords(Arc<Semaphore>);

impl Default for Passwords {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(2)))
    }
}

impl Passwords {
    /// The hash to keep for `password`.
    ///
    /// # Errors
    /// 422 when it is too short.
    pub async fn hash(&self, ids: &Ids, password: &str) -> Result<String, Problem> {
        if password.chars().count() < MIN_LENGTH {
            return Err(Problem::invalid("password", format!("Use at least {MIN_LENGTH} characters.")));
        }
        let mut salt = [0; 16];
        ids.fill(&mut salt);
        let password = password.to_owned();
        self.run(move || {
            let salt = SaltString::encode_b64(&salt)?;
            Ok(Argon2::default().hash_password(password.as_bytes(), &salt)?.to_string())
        })
        .await
    }

    /// Whether `password` is the one that `hash` was made of. Takes as long when there is no hash, so that the time
    /// tells nobody which addresses have an account.
    ///
    /// # Errors
    /// When the machine cannot.
    pub async fn verify(&self, hash: Option<String>, password: &str) -> Result<bool, Problem> {
        /// Of a password that nobody has: 32 random bytes that were not kept.
        const NOBODY: &str =
            "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5bm9ib2R5bm8$WIXWqkGpTc5V5sKcPQ5Gmi1z8oIHWwkQHwc8Jc0hC0s";
        let password = password.to_owned();
        self.run(move || {
            let known = hash.is_some();
            let hash = hash.unwrap_or_else(|| NOBODY.to_owned());
            let parsed = PasswordHash::new(&hash)?;
            Ok(Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok() && known)
        })
        .await
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, argon2::password_hash::Error> + Send + 'static,
    ) -> Result<T, Problem> {
        let _permit = self.0.acquire().await.map_err(Problem::internal)?;
        tokio::task::spawn_blocking(work)
            .await
            .map_err(Problem::internal)?
            .map_err(|error| Problem::internal(anyhow::anyhow!("argon2: {error}")))
    }
}
