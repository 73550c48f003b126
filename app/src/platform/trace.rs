//! The request at hand: its number in the log, and where it came from. It goes along with the task, as a span does, so
//! that whatever is written down while a request is answered can name it.

use std::net::IpAddr;
use std::sync::{Arc, OnceLock};

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, web};
use tracing_actix_web::RequestId;

use crate::config::Network;
use crate::state::AppState;

tokio::task_local! {
    static AT_HAND: Trace;
}

/// A request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trace {
    /// Its number, as the log has it.
    pub request_id: String,
    /// The address that sent it.
    pub address: String,
    /// What acts for the person, once that is known.
    agent: Arc<OnceLock<String>>,
}

impl Trace {
    /// The request at hand; empty for what no request asked for.
    #[must_use]
    pub fn at_hand() -> Self {
        AT_HAND.try_with(Clone::clone).unwrap_or_default()
    }

    /// What acts for the person: `token-3`, `slack-U07ABC`; empty when nothing does.
    #[must_use]
    pub fn agent(&self) -> &str {
        self.agent.get().map(String::as_str).unwrap_or_default()
    }
}

/// Says what acts for the person from here on; the first word stands.
pub fn acts_for_person(agent: String) {
    // Outside of a request nobody is acted for.
    drop(AT_HAND.try_with(|trace| trace.agent.set(agent)));
}

/// Does something that no web request asked for with a trace of its own.
pub async fn with_its_own<T>(work: impl Future<Output = T>) -> T {
    AT_HAND.scope(Trace::default(), work).await
}

/// Answers a request with its trace at hand.
pub async fn follow<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let request_id = request.extensions().get::<RequestId>().map(ToString::to_string).unwrap_or_default();
    let trace = Trace { request_id, address: sender(&request), ..Trace::default() };
    AT_HAND.scope(trace, next.call(request)).await
}

/// The address that sent a request. A proxy's word for another one is believed when the proxy is a trusted one.
fn sender(request: &ServiceRequest) -> String {
    let Some(peer) = request.peer_addr() else { return String::new() };
    let trusted = request.app_data::<web::Data<AppState>>();
    let trusted = trusted.map_or(&[][..], |state| &state.config.web.trusted_proxies);
    let forwarded = request.headers().get_all("x-forwarded-for").filter_map(|value| value.to_str().ok());
    let hops: Vec<&str> = forwarded.flat_map(|value| value.split(',')).map(str::trim).collect();
    from(peer.ip(), &hops, trusted).to_string()
}

/// The last hop that no trusted proxy is.
fn from(peer: IpAddr, hops: &[&str], trusted: &[Network]) -> IpAddr {
    let mut sender = peer;
    for hop in hops.iter().rev() {
        if !trusted.iter().any(|network| network.contains(sender)) {
            break;
        }
        let Ok(before) = hop.parse() else { break };
        sender = before;
    }
    sender.to_canonical()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_trusted_proxy_is_believed_and_only_for_the_hop_before_it() {
        let trusted: Vec<Network> = vec!["10.0.0.0/8".parse().unwrap()];
        let sender = |peer: &str, hops: &[&str]| from(peer.parse().unwrap(), hops, &trusted).to_string();
        assert_eq!(sender("192.0.2.1", &["198.51.100.7"]), "192.0.2.1", "anyone can write a header");
        assert_eq!(sender("10.1.2.3", &["203.0.113.9", "198.51.100.7"]), "198.51.100.7");
        assert_eq!(sender("10.1.2.3", &["198.51.100.7", "10.9.9.9"]), "198.51.100.7", "two proxies of ours");
        assert_eq!(sender("10.1.2.3", &[]), "10.1.2.3");
        assert_eq!(sender("10.1.2.3", &["unknown"]), "10.1.2.3");
        assert_eq!(sender("::ffff:10.1.2.3", &["2001:db8::1"]), "2001:db8::1");
    }
}
