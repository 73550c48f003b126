//! Calls to addresses that somebody entered: they reach public hosts only, so that nobody who may set up a webhook
//! or a connection can make the server look around inside its own network.
//!
//! The check is made on the addresses that a name resolves to, in the same step that connects, so that a name cannot
//! answer differently the second time. Redirects are not followed. The operator's `outgoing_allow`, and hosts that
//! stand in the settings themselves, are exceptions.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

use crate::config::{Allowed, OutgoingConfig};

const CONNECT_PATIENCE: Duration = Duration::from_secs(10);
/// Shorter than the shortest lease of a job, so that a call never outlives the right to make it.
const PATIENCE: Duration = Duration::from_secs(20);

/// The way out for everything whose address is a setting.
#[derive(Debug, Clone)]
pub struct Outgoing {
    allow: Arc<[Allowed]>,
    client: reqwest::Client,
}

/// Why an address is not called.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OutgoingError {
    /// Neither http nor https, or no host.
    #[error("the address must begin with https:// or http:// and name a host")]
    NotWeb,
    /// The host is, or resolves to, an internal address.
    #[error("{host} is an internal address; the operator can allow it with outgoing_allow")]
    Internal {
        /// The host as it was given.
        host: String,
    },
    /// The host has no address.
    #[error("the host {host} cannot be found")]
    Unknown {
        /// The host as it was given.
        host: String,
    },
}

impl Outgoing {
    /// Makes the client that all guarded calls share.
    pub fn new(config: &OutgoingConfig) -> Result<Self, reqwest::Error> {
        let allow: Arc<[Allowed]> = config.allow.clone().into();
        let client = reqwest::Client::builder()
            .dns_resolver(Guard { allow: allow.clone() })
            .redirect(reqwest::redirect::Policy::none())
            // Whether a request may be sent again is for its caller to say, who knows what it does.
            .retry(reqwest::retry::never())
            // A proxy would resolve the name in our place, and past the guard.
            .no_proxy()
            .connect_timeout(CONNECT_PATIENCE)
            .timeout(PATIENCE)
            .user_agent(concat!("abate/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(Self { allow, client })
    }

    /// The guarded client. It judges names when it resolves them; an address made of digits is not resolved, so ask
    /// [`Outgoing::check`] about every address that a person entered.
    #[must_use]
    pub fn guarded(&self) -> reqwest::Client {
        self.client.clone()
    }

    /// Says at once what is wrong with an address, without resolving its name.
    pub fn check(&self, address: &Url) -> Result<(), OutgoingError> {
        if !matches!(address.scheme(), "http" | "https") {
            return Err(OutgoingError::NotWeb);
        }
        let ip = match address.host().ok_or(OutgoingError::NotWeb)? {
            Host::Domain(_) => return Ok(()),
            Host::Ipv4(ip) => IpAddr::V4(ip),
            Host::Ipv6(ip) => IpAddr::V6(ip),
        };
        if may_reach(&self.allow, "", ip) { Ok(()) } else { Err(internal(&ip.to_string())) }
    }

    /// Says what is wrong with an address that somebody is about to save: resolves its name too.
    pub async fn check_resolved(&self, address: &Url) -> Result<(), OutgoingError> {
        self.check(address)?;
        match address.host() {
            Some(Host::Domain(host)) => resolve(&self.allow, host).await.map(drop),
            _ => Ok(()),
        }
    }
}

/// Resolves names for the client, and leaves out what may not be reached.
struct Guard {
    allow: Arc<[Allowed]>,
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let allow = self.allow.clone();
        Box::pin(async move {
            let reachable = resolve(&allow, name.as_str()).await?;
            Ok(Box::new(reachable.into_iter()) as Addrs)
        })
    }
}

async fn resolve(allow: &[Allowed], host: &str) -> Result<Vec<SocketAddr>, OutgoingError> {
    let found = tokio::net::lookup_host((host, 0)).await;
    let all: Vec<_> = found.map_err(|_| OutgoingError::Unknown { host: host.to_owned() })?.collect();
    // One internal address among public ones is no accident.
    if all.is_empty() || !all.iter().all(|address| may_reach(allow, host, address.ip())) {
        return Err(internal(host));
    }
    Ok(all)
}

fn internal(host: &str) -> OutgoingError {
    OutgoingError::Internal { host: host.to_owned() }
}

fn may_reach(allow: &[Allowed], host: &str, ip: IpAddr) -> bool {
    let host = host.trim_end_matches('.');
    let allows = |allowed: &Allowed| match allowed {
        Allowed::Host(name) => name.eq_ignore_ascii_case(host),
        Allowed::Network(network) => network.contains(ip),
    };
    is_public(ip) || allow.iter().any(allows)
}

/// Whether the address belongs to the public internet: neither to this host, nor to its network, nor to a cloud's
/// metadata service, nor to a range that is set aside for something else.
fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => is_public_v6(ip),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    let set_aside = matches!(
        (a, b, c),
        (0 | 10 | 127 | 224.., ..)
            | (100, 64..=127, _)
            | (169, 254, _)
            | (172, 16..=31, _)
            | (192, 168, _)
            | (192, 0, 0 | 2)
            | (192, 88, 99)
            | (198, 18 | 19, _)
            | (198, 51, 100)
            | (203, 0, 113)
    );
    !set_aside
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    if let Some(inner) = ip.to_ipv4_mapped() {
        return is_public_v4(inner);
    }
    let [a, b, c, d, e, f, g, h] = ip.segments();
    let tail = Ipv4Addr::from_bits(u32::from(g) << 16 | u32::from(h));
    match (a, b) {
        // Translated to IPv4 on the way.
        (0x64, 0xff9b) => [c, d, e, f] == [0; 4] && is_public_v4(tail),
        (0x2002, _) => is_public_v4(Ipv4Addr::from_bits(u32::from(b) << 16 | u32::from(c))),
        // Teredo and other protocol assignments; documentation.
        (0x2001, 0..=0x1ff | 0xdb8) => false,
        (0x3fff, 0..=0xfff) => false,
        // What is in use of the global range.
        (0x2000..=0x3fff, _) => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn outgoing(allow: &[&str]) -> Outgoing {
        drop(rustls::crypto::ring::default_provider().install_default());
        let allow = allow.iter().map(|text| text.parse().unwrap()).collect();
        Outgoing::new(&OutgoingConfig { allow }).unwrap()
    }

    fn address(text: &str) -> Url {
        text.parse().unwrap()
    }

    #[test]
    fn internal_addresses_are_refused_in_every_spelling() {
        for text in [
            "http://127.0.0.1/",
            "http://2130706433/",
            "http://0x7f.1/",
            "http://0/",
            "http://10.1.2.3/",
            "http://172.31.255.255/",
            "http://192.168.0.1/",
            "http://169.254.169.254/latest/meta-data/",
            "http://100.100.100.200/",
            "http://255.255.255.255/",
            "http://[::]/",
            "http://[::1]/",
            "http://[::ffff:169.254.169.254]/",
            "http://[::ffff:a9fe:a9fe]/",
            "http://[64:ff9b::a9fe:a9fe]/",
            "http://[2002:7f00:1::]/",
            "http://[fd00:ec2::254]/",
            "http://[fe80::1]/",
            "http://[ff02::1]/",
            "http://[::127.0.0.1]/",
        ] {
            let refused = outgoing(&[]).check(&address(text));
            assert!(matches!(refused, Err(OutgoingError::Internal { .. })), "{text}: {refused:?}");
        }
    }

    #[test]
    fn public_addresses_pass_and_other_schemes_do_not() {
        for text in
            ["https://8.8.8.8/", "http://172.32.0.1/", "https://[2606:4700::1111]/", "https://example.org/"]
        {
            assert_eq!(outgoing(&[]).check(&address(text)), Ok(()), "{text}");
        }
        for text in
            ["file:///etc/passwd", "ftp://example.org/", "gopher://example.org/", "mailto:a@example.org"]
        {
            assert_eq!(outgoing(&[]).check(&address(text)), Err(OutgoingError::NotWeb), "{text}");
        }
    }

    #[tokio::test]
    async fn a_name_is_judged_by_what_it_resolves_to() {
        let named = address("http://localhost:9/");
        let refused = outgoing(&[]).check_resolved(&named).await;
        assert_eq!(refused, Err(OutgoingError::Internal { host: "localhost".to_owned() }));
        assert_eq!(outgoing(&["LOCALHOST"]).check_resolved(&named).await, Ok(()));
        assert_eq!(outgoing(&["127.0.0.0/8", "::1"]).check_resolved(&named).await, Ok(()));
    }

    #[tokio::test]
    async fn the_client_itself_refuses_a_name_that_leads_inside() {
        let guarded = outgoing(&[]);
        let url = address("http://localhost:9/");
        let error = guarded.guarded().get(url).send().await.unwrap_err();
        let mut chain = vec![error.to_string()];
        let mut source = std::error::Error::source(&error);
        while let Some(cause) = source {
            chain.push(cause.to_string());
            source = cause.source();
        }
        assert!(chain.join(": ").contains("outgoing_allow"), "{chain:?}");
    }

    proptest! {
        /// An IPv4 address is judged alike however it is wrapped into IPv6.
        #[test]
        fn wrapping_changes_nothing(bits in any::<u32>()) {
            let ip = Ipv4Addr::from_bits(bits);
            let public = is_public(ip.into());
            prop_assert_eq!(public, is_public(ip.to_ipv6_mapped().into()));
            let [a, b, c, d] = ip.octets();
            let text = format!("64:ff9b::{a:02x}{b:02x}:{c:02x}{d:02x}");
            prop_assert_eq!(public, is_public(text.parse::<Ipv6Addr>().unwrap().into()));
            prop_assert!(!(public && (ip.is_private() || ip.is_loopback() || ip.is_link_local() || ip.is_multicast())));
        }
    }
}
