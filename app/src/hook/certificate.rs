//! Certificates of SNS, fetched once: Amazon signs thousands of messages with one, and names it by its address.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use url::Url;

use crate::platform::problem::{Kind, Problem};
use crate::state::AppState;

/// SNS waits fifteen seconds for an answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// Longer than any certificate.
const BYTES: usize = 64 * 1024;
/// Certificates that are remembered: a few regions, and the next one of each.
const REMEMBERED: usize = 16;

/// A certificate and where it was.
type Known = (Url, Arc<[u8]>);

/// The certificates that a message was believed by, newest last. Cloning shares them.
#[derive(Clone, Debug, Default)]
pub struct Certificates(Arc<Mutex<VecDeque<Known>>>);

impl Certificates {
    fn known(&self, address: &Url) -> Option<Arc<[u8]>> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.iter().find(|(of, _)| of == address).map(|(_, bytes)| bytes.clone())
    }

    /// Remembers a certificate by which a message was believed; others could be anything.
    pub(super) fn remember(&self, address: Url, bytes: Arc<[u8]>) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.iter().any(|(of, _)| *of == address) {
            return;
        }
        if known.len() == REMEMBERED {
            known.pop_front();
        }
        known.push_back((address, bytes));
    }
}

/// The certificate at an address that was judged.
pub(super) async fn fetch(state: &AppState, address: &Url) -> Result<Arc<[u8]>, Problem> {
    if let Some(known) = state.certificates.known(address) {
        return Ok(known);
    }
    state.outgoing.check(address).map_err(Problem::internal)?;
    let answer = state.http.get(address.clone()).timeout(PATIENCE).send().await;
    let mut answer = answer.and_then(|answer| answer.error_for_status()).map_err(|error| {
        let error = error.without_url();
        tracing::warn!(%error, "the certificate of SNS could not be fetched");
        Problem::unavailable(30)
    })?;
    let mut bytes = Vec::new();
    while let Some(part) = answer.chunk().await.map_err(|error| Problem::internal(error.without_url()))? {
        bytes.extend_from_slice(&part);
        if bytes.len() > BYTES {
            return Err(Problem::new(Kind::Unauthenticated, "The certificate is too long to be one."));
        }
    }
    Ok(bytes.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_are_remembered_and_the_oldest_goes_first() {
        let certificates = Certificates::default();
        let address = |number: usize| -> Url { format!("https://example.org/{number}.pem").parse().unwrap() };
        for number in 0..=REMEMBERED {
            certificates.remember(address(number), vec![0].into());
            certificates.remember(address(number), vec![1].into());
        }
        assert!(certificates.known(&address(0)).is_none());
        assert_eq!(certificates.known(&address(REMEMBERED)).unwrap().as_ref(), [0]);
        assert_eq!(certificates.0.lock().unwrap().len(), REMEMBERED);
    }
}
