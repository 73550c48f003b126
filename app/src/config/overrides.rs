//! The flags that win over everything else.

/// Settings given as flags, the same for every command.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Overrides {
    /// The database: sqlite://PATH or postgres://USER:PASSWORD@HOST/NAME
    #[arg(long, global = true, value_name = "URL")]
    pub database_url: Option<String>,
    /// The address and port of the web server
    #[arg(long, global = true, value_name = "ADDRESS:PORT")]
    pub listen: Option<String>,
    /// The address that people use
    #[arg(long, global = true, value_name = "URL")]
    pub base_url: Option<String>,
    /// The organisation's time zone
    #[arg(long, global = true, value_name = "ZONE")]
    pub zone: Option<String>,
    /// What is logged: a level, or target=level with commas between
    #[arg(long, global = true, value_name = "FILTER")]
    pub log: Option<String>,
}

impl Overrides {
    /// Those that were given, by the name of their key.
    pub(crate) fn given(self) -> impl Iterator<Item = (&'static str, String)> {
        [
            ("database_url", self.database_url),
            ("listen", self.listen),
            ("base_url", self.base_url),
            ("zone", self.zone),
            ("log", self.log),
        ]
        .into_iter()
        .filter_map(|(key, value)| value.map(|value| (key, value)))
    }
}
