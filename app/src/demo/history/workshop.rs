//! The workshop twelve days ago: nine of its risks were confirmed since, four wait for the visitor.

use super::story::Story;

/// Risks that have been confirmed, by words of their titles.
const CONFIRMED: [&str; 9] = [
    "One password is enough",
    "Password bots crowd",
    "tells strangers which addresses",
    "Counting up a record number",
    "request decides amount",
    "Extra fields in a request",
    "Outdated libraries",
    "Broad IAM roles",
    "can silence the audit trail",
];

/// Holds the workshop, signs it off, and confirms most of what it found.
pub(super) async fn held(story: &mut Story) -> anyhow::Result<()> {
    story.until_day(12).await?;
    story.import_workshop(story.day(12)).await?;
    story.until_day(11).await?;
    for words in CONFIRMED {
        story.confirm(words, "As rated in the workshop").await?;
    }
    story.until_day(8).await?;
    story.start("Counting up a record number", "Check ownership in the service layer").await?;
    story.start("Extra fields in a request", "Refuse unknown fields").await
}
