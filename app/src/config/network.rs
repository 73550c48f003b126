//! Rules.
//! A range of addresses as in `10.0.0.0/8`; a single address is a range of one.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

/// A range of addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    prefix: u8,
}

impl Network {
    /// Whether the address lies in the range. An IPv4 address that comes mapped into IPv6 counts as the former.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                shifted(u128::from(own.to_bits()), 32 - self.prefix)
                    == shifted(u128::from(other.to_bits()), 32 - self.prefix)
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => {
                shifted(own.to_bits(), 128 - self.prefix) == shifted(other.to_bits(), 128 - self.prefix)
            }
            _ => false,
        }
    }
}

/// The bits that count; all 128 may be left out, which a plain shift would refuse.
fn shifted(bits: u128, left_out: u8) -> u128 {
    bits.checked_shr(u32::from(left_out)).unwrap_or(0)
}

impl FromStr for Network {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (address, prefix) =
            text.split_once('/').map_or((text, None), |(address, prefix)| (address, Some(prefix)));
        let address: IpAddr = address.parse().map_err(drop)?;
        let longest = if address.is_ipv4() { 32 } else { 128 };
        let prefix = prefix.map_or(Ok(longest), |prefix| prefix.parse().map_err(drop))?;
        if prefix <= longest { Ok(Self { address, prefix }) } else { Err(()) }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.address, self.prefix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(text: &str) -> Network {
        text.parse().expect("a network")
    }

    #[test]
    fn a_range_holds_what_shares_its_prefix() {
        for (range, inside, outside) in [
            ("10.0.0.0/8", "10.255.1.2", "11.0.0.0"),
            ("192.168.1.7", "192.168.1.7", "192.168.1.8"),
            ("0.0.0.0/0", "8.8.8.8", "::1"),
            ("fd00::/8", "fd12::1", "fe80::1"),
            ("127.0.0.0/8", "::ffff:127.0.0.1", "::1"),
            ("::/0", "2001:db8::1", "10.0.0.1"),
        ] {
            assert!(network(range).contains(inside.parse().unwrap()), "{inside} in {range}");
            assert!(!network(range).contains(outside.parse().unwrap()), "{outside} not in {range}");
        }
    }

    #[test]
    fn what_is_no_range_is_refused() {
        for text in ["", "10.0.0.0/33", "10.0.0/8", "example.org", "::1/129", "1.2.3.4/"] {
            assert!(text.parse::<Network>().is_err(), "{text}");
        }
    }
}
