//! Stylesheet, script and icon, inside the binary. Their addresses carry their digest, so browsers may keep them.

use sha2::{Digest, Sha256};
use std::sync::LazyLock;

/// The parts of the stylesheet, in the order in which later ones may overrule earlier ones.
const STYLE: &str = concat!(
    include_str!("../../static/style/tokens.css"),
    include_str!("../../static/style/element.css"),
    include_str!("../../static/style/frame.css"),
    include_str!("../../static/style/page.css"),
    include_str!("../../static/style/form.css"),
    include_str!("../../static/style/badge.css"),
    include_str!("../../static/style/table.css"),
    include_str!("../../static/style/risk.css"),
    include_str!("../../static/style/dashboard.css"),
    include_str!("../../static/style/chart.css"),
    include_str!("../../static/style/sign_in.css"),
    include_str!("../../static/style/narrow_and_print.css"),
);
const SCRIPT: &str = include_str!("../../static/abate.js");
const ICON: &str = include_str!("../../static/favicon.svg");

/// One file as it is served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaticFile {
    /// Its name, the last part of its address.
    pub name: &'static str,
    /// Its media type.
    pub media_type: &'static str,
    /// What is in it.
    pub text: &'static str,
    /// The part of its digest that its address carries.
    pub digest: String,
}

impl StaticFile {
    fn new(name: &'static str, media_type: &'static str, text: &'static str) -> Self {
        let digest = hex::encode(Sha256::digest(text)).chars().take(12).collect();
        Self { name, media_type, text, digest }
    }

    /// Its address: `/static/<digest>/<name>`.
    pub fn address(&self) -> String {
        format!("/static/{}/{}", self.digest, self.name)
    }
}

static FILES: LazyLock<[StaticFile; 3]> = LazyLock::new(|| {
    [
        StaticFile::new("abate.css", "text/css; charset=utf-8", STYLE),
        StaticFile::new("abate.js", "text/javascript; charset=utf-8", SCRIPT),
        StaticFile::new("favicon.svg", "image/svg+xml", ICON),
    ]
});

/// The file of that name, if there is one.
pub fn find(name: &str) -> Option<&'static StaticFile> {
    FILES.iter().find(|file| file.name == name)
}

/// Addresses of the files that the frame needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaticFiles {
    /// The stylesheet.
    pub style: String,
    /// The script.
    pub script: String,
    /// The icon.
    pub icon: String,
}

impl StaticFiles {
    /// The addresses in this build.
    pub fn addresses() -> Self {
        let [style, script, icon] = &*FILES;
        Self { style: style.address(), script: script.address(), icon: icon.address() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_found_by_name_only() {
        for name in ["abate.css", "abate.js", "favicon.svg"] {
            assert_eq!(find(name).unwrap().name, name);
        }
        assert_eq!(find("../Cargo.toml"), None);
    }

    #[test]
    fn nothing_is_fetched_from_elsewhere() {
        for file in &FILES[..2] {
            let outside =
                ["http:", "https:", "@import", "url("].into_iter().find(|word| file.text.contains(word));
            assert_eq!(outside, None, "{}", file.name);
        }
    }
}
