//! Rules. The parts of a web address that stay the same from one scan to the next.

/// Host and port of an address, in lower case; credentials, path and query are left out.
pub(crate) fn host(address: &str) -> String {
    let rest = without_scheme(address);
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let host = rest[..end].rsplit('@').next().unwrap_or_default();
    let host = host.strip_suffix(":443").or_else(|| host.strip_suffix(":80")).unwrap_or(host);
    host.to_ascii_lowercase()
}

/// Path of an address, without query and fragment.
pub(crate) fn path(address: &str) -> &str {
    let rest = without_scheme(address);
    let rest = &rest[..rest.find(['?', '#']).unwrap_or(rest.len())];
    rest.find('/').map_or("", |start| &rest[start..])
}

/// Host, port and path: where a weakness is that was seen from outside.
pub(crate) fn place(address: &str) -> String {
    format!("{}{}", host(address), path(address).trim_end_matches('/'))
}

/// The address as it may be shown: without credentials, query and fragment, which hold tokens and change with each scan.
pub(crate) fn shown(address: &str) -> String {
    let address = address.trim();
    let scheme = address.find("://").map_or("", |end| &address[..end + 3]);
    format!("{scheme}{}{}", host(address), path(address))
}

fn without_scheme(address: &str) -> &str {
    let address = address.trim();
    address.find("://").map_or(address, |end| &address[end + 3..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_stable_is_kept() {
        for (full, stable) in [
            ("https://User:pw@Shop.example.com:443/a/b/?token=1#x", "shop.example.com/a/b"),
            ("http://shop.example.com:8080", "shop.example.com:8080"),
            ("shop.example.com:22", "shop.example.com:22"),
            ("shop.example.com?x=1", "shop.example.com"),
            ("/only/path", "/only/path"),
            ("", ""),
        ] {
            assert_eq!(place(full), stable, "{full}");
        }
        assert_eq!(shown("https://u:p@h/a?b=c"), "https://h/a");
    }
}
