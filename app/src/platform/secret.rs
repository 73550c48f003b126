//! The key of this installation: signs what must not be forged, and is never in the database.
//!
//! It comes from the settings; on SQLite it may come from a file beside the database, made at the first start. The
//! database remembers a check value, so that a wrong key stops the start and not, much later, a signature.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::Path;

use aes_gcm::Aes256Gcm;
use aes_gcm::aead::{Aead as _, KeyInit as _, Payload};
use anyhow::{Context, bail};
use hmac::{Hmac, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

use super::database::Database;
use super::ids::Ids;
use super::setting;
use crate::config::Config;

/// Where the check value is kept.
const CHECK: &str = "secret_key_check";

/// Bytes of a nonce.
const NONCE: usize = 12;

/// The key. Cloning is cheap; nothing prints it.
#[derive(Clone)]
pub struct SecretKey([u8; 32]);

impl std::fmt::Debug for SecretKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("SecretKey")
    }
}

impl SecretKey {
    /// Takes the key of the settings or of the key file, and compares it with what the database remembers.
    ///
    /// # Errors
    /// When the key is not the one this database was made with, or the key file cannot be read or made.
    pub async fn open(config: &Config, database: &Database, ids: &Ids) -> anyhow::Result<Self> {
        let text = match (&config.secret_key, config.database.sqlite_path()) {
            (Some(text), _) => text.clone(),
            (None, Some(path)) => of_file(&path.with_extension("key"), ids)?,
            (None, None) => bail!("ABATE_SECRET_KEY is missing"),
        };
        let key = Self::from_text(&text);
        let check = hex::encode(key.sign(CHECK, b""));
        let kept = database
            .write(async |tx| {
                setting::write_once(tx, CHECK, &check).await?;
                Ok(setting::read(tx, CHECK).await?)
            })
            .await?;
        if kept.as_deref() != Some(&check) {
            bail!(
                "the secret key is not the one that this database was made with; set ABATE_SECRET_KEY, or put the \
                 database's key file back"
            );
        }
        Ok(key)
    }

    fn from_text(text: &SecretString) -> Self {
        Self(Sha256::digest(text.expose_secret().as_bytes()).into())
    }

    /// Signs `message` for one `purpose`: a signature made for another purpose never fits.
    #[must_use]
    pub fn sign(&self, purpose: &str, message: &[u8]) -> [u8; 32] {
        let own = hmac(&self.0, purpose.as_bytes());
        hmac(&own, message)
    }
}

/// What was sealed cannot be opened: it was changed, or sealed for another place or under another key.
#[derive(Debug, thiserror::Error)]
#[error("what was sealed cannot be opened: it was changed, or sealed elsewhere or under another key")]
pub struct CannotOpen;

impl SecretKey {
    /// Encrypts `plain` for one `purpose` and one `place`. The nonce has to be new each time; it is kept in front.
    ///
    /// # Errors
    /// When the text is larger than the cipher takes.
    pub fn seal(
        &self,
        purpose: &str,
        place: &[u8],
        nonce: [u8; NONCE],
        plain: &[u8],
    ) -> Result<Vec<u8>, CannotOpen> {
        let payload = Payload { msg: plain, aad: place };
        let sealed = self.cipher(purpose).encrypt(&nonce.into(), payload).map_err(|_| CannotOpen)?;
        Ok([&nonce[..], &sealed].concat())
    }

    /// Decrypts what was sealed for the same purpose and place.
    ///
    /// # Errors
    /// When it was not, or was changed since.
    pub fn open_sealed(&self, purpose: &str, place: &[u8], sealed: &[u8]) -> Result<Vec<u8>, CannotOpen> {
        let (nonce, text) = sealed.split_first_chunk::<NONCE>().ok_or(CannotOpen)?;
        let payload = Payload { msg: text, aad: place };
        self.cipher(purpose).decrypt(&(*nonce).into(), payload).map_err(|_| CannotOpen)
    }

    fn cipher(&self, purpose: &str) -> Aes256Gcm {
        Aes256Gcm::new(&self.sign(&format!("seal:{purpose}"), b"").into())
    }
}

fn hmac(key: &[u8; 32], message: &[u8]) -> [u8; 32] {
    // A key of 32 bytes is shorter than the block, and is used as it is.
    let mut block = [0; 64];
    block[..32].copy_from_slice(key);
    let mut mac = Hmac::<Sha256>::new(&block.into());
    mac.update(message);
    mac.finalize().into_bytes().into()
}

/// Reads the key file, or makes it, readable by its owner only.
fn of_file(path: &Path, ids: &Ids) -> anyhow::Result<SecretString> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(mut file) => {
            let text = ids.secret::<32>();
            file.write_all(text.as_bytes())
                .and_then(|()| file.sync_all())
                .with_context(|| format!("cannot write the key file {}", path.display()))?;
            Ok(SecretString::from(text))
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            let text = std::fs::read_to_string(path)
                .with_context(|| format!("cannot read the key file {}", path.display()))?;
            Ok(SecretString::from(text.trim_end()))
        }
        Err(error) => Err(error).with_context(|| format!("cannot make the key file {}", path.display())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_fits_one_key_one_purpose_and_one_message() {
        let key = SecretKey::from_text(&"a key of the tests, which is long enough".into());
        let other = SecretKey::from_text(&"another key of the tests, long enough too".into());
        let signed = key.sign("checkpoint", b"12");
        assert_eq!(signed, key.sign("checkpoint", b"12"));
        assert_ne!(signed, key.sign("checkpoint", b"13"));
        assert_ne!(signed, key.sign("calendar", b"12"));
        assert_ne!(signed, other.sign("checkpoint", b"12"));
    }

    #[test]
    fn what_is_sealed_opens_at_its_place_and_unchanged_only() {
        let key = SecretKey::from_text(&"a key of the tests, which is long enough".into());
        let other = SecretKey::from_text(&"another key of the tests, long enough too".into());
        let mut sealed = key.seal("file", b"1/0", [7; NONCE], b"in plain words").unwrap();
        assert!(!sealed.windows(5).any(|window| window == b"plain"));
        assert_eq!(key.open_sealed("file", b"1/0", &sealed).unwrap(), b"in plain words");
        assert!(key.open_sealed("file", b"1/1", &sealed).is_err());
        assert!(key.open_sealed("mail", b"1/0", &sealed).is_err());
        assert!(other.open_sealed("file", b"1/0", &sealed).is_err());
        assert!(key.open_sealed("file", b"1/0", &sealed[..5]).is_err());
        sealed[20] ^= 1;
        assert!(key.open_sealed("file", b"1/0", &sealed).is_err());
    }

    /// Test case 1 of RFC 4231, whose key is shorter than ours and padded in the same way.
    #[test]
    fn it_is_the_standard_construction() {
        let mut key = [0; 32];
        key[..20].fill(0x0b);
        let expected = "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7";
        assert_eq!(hex::encode(hmac(&key, b"Hi There")), expected);
    }

    #[test]
    fn the_key_file_is_made_once_and_for_its_owner_only() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("abate.key");
        let made = of_file(&path, &Ids::seeded(1)).unwrap();
        let read = of_file(&path, &Ids::seeded(2)).unwrap();
        assert_eq!(made.expose_secret(), read.expose_secret());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }
}
