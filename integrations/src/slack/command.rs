//! A slash command as a plain value.

use super::error::PayloadError;

/// Somebody typed a slash command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlashCommand {
    /// The command with its slash, such as `/risk`.
    pub command: String,
    /// What was typed after it, trimmed.
    pub text: String,
    /// Who typed it, as Slack's id.
    pub user: String,
    /// The workspace.
    pub team: String,
    /// Where it was typed.
    pub channel: String,
    /// Opens a modal once, within three seconds; also tells a replay from a new command.
    pub trigger: String,
    /// Takes answers for half an hour.
    pub response_url: String,
}

/// What a request to the command address can be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CommandRequest {
    /// A command.
    Command(SlashCommand),
    /// Slack asks whether our certificate is valid; any 200 will do.
    CertificateCheck,
}

impl SlashCommand {
    /// Reads the form that Slack posts.
    pub fn parse(body: &[u8]) -> Result<CommandRequest, PayloadError> {
        let fields: Vec<(String, String)> = url::form_urlencoded::parse(body)
            .map(|(name, value)| (name.into_owned(), value.into_owned()))
            .collect();
        let field =
            |wanted: &str| fields.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.clone());
        let needed = |wanted: &'static str| {
            field(wanted).filter(|value| !value.is_empty()).ok_or(PayloadError::Missing(wanted))
        };
        if field("ssl_check").as_deref() == Some("1") {
            return Ok(CommandRequest::CertificateCheck);
        }
        Ok(CommandRequest::Command(Self {
            command: needed("command")?,
            text: field("text").unwrap_or_default().trim().to_owned(),
            user: needed("user_id")?,
            team: field("team_id").unwrap_or_default(),
            channel: field("channel_id").unwrap_or_default(),
            trigger: field("trigger_id").unwrap_or_default(),
            response_url: field("response_url").unwrap_or_default(),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_command_is_read() {
        let body = b"command=%2Frisk&text=+show+R-12+&user_id=U1&team_id=T1&channel_id=C1&trigger_id=1.2.x&response_url=https%3A%2F%2Fhooks.slack.com%2Fa";
        let CommandRequest::Command(command) = SlashCommand::parse(body).unwrap() else {
            panic!("no command")
        };
        assert_eq!((command.command.as_str(), command.text.as_str()), ("/risk", "show R-12"));
        assert_eq!((command.user.as_str(), command.trigger.as_str()), ("U1", "1.2.x"));
        assert_eq!(command.response_url, "https://hooks.slack.com/a");
    }

    #[test]
    fn what_is_missing_is_named() {
        assert_eq!(SlashCommand::parse(b"command=%2Frisk"), Err(PayloadError::Missing("user_id")));
        assert_eq!(SlashCommand::parse(b"user_id=U1"), Err(PayloadError::Missing("command")));
        assert_eq!(SlashCommand::parse(b"ssl_check=1&token=x"), Ok(CommandRequest::CertificateCheck));
    }

    proptest! {
        #[test]
        fn any_bytes_get_an_answer(body in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = SlashCommand::parse(&body);
        }
    }
}
