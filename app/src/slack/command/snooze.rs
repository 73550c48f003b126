//! `/risk snooze`: puts off what the asker is told of a risk.

use abate_integrations::slack::Message;

use super::{Answering, Command, key};
use crate::access::right::MoveRisks;
use crate::owner::snooze::{self, Until};
use crate::platform::problem::Problem;
use crate::risk::finder;
use crate::slack::arguments::readable;
use crate::slack::context::Context;

/// The command.
pub(crate) static COMMAND: Command = Command {
    word: "snooze",
    arguments: "R-12 3d words",
    summary: "hear nothing of a risk for some days: at most three times, and not beyond its due date",
    run,
};

fn run<'a>(context: &'a Context, rest: &'a str) -> Answering<'a> {
    Box::pin(async move {
        let (key, rest) = key(&COMMAND, rest)?;
        let (length, reason) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
        let days = days(length)?;
        context
            .change::<MoveRisks>(async |tx, occasion| {
                let risk = finder::one(tx, &context.actor.scope(), key).await?;
                let reason = readable(reason);
                snooze::snooze(tx, occasion, &context.actor, risk, Until::Days(days), &reason).await?;
                let unit = if days == 1 { "day" } else { "days" };
                Ok(Message::plain(format!("You are told nothing of {key} for {days} {unit}.")))
            })
            .await
    })
}

/// A number of days, as `3d`, or of weeks, as `1w`.
fn days(text: &str) -> Result<u32, Problem> {
    let text = text.trim().to_lowercase();
    let (number, unit) = match (text.strip_suffix('d'), text.strip_suffix('w')) {
        (Some(number), _) => (number, 1),
        (_, Some(number)) => (number, 7),
        _ => (text.as_str(), 1),
    };
    let days = number.parse::<u32>().ok().and_then(|number| number.checked_mul(unit));
    days.ok_or_else(|| Problem::invalid("until", "Say for how long: /risk snooze R-12 3d"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_weeks_are_read() {
        for (text, expected) in [("3d", 3), ("2w", 14), ("5", 5), (" 1D ", 1)] {
            assert_eq!(days(text).unwrap(), expected, "{text}");
        }
        for wrong in ["", "soon", "d", "-1d", "99999999999d", "4294967295w"] {
            assert!(days(wrong).is_err(), "{wrong}");
        }
    }
}
