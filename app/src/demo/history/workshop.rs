//! The workshop twelve days ago. Signing it off confirmed the nine risks whose owner it named; four wait for the
//! visitor.

use super::story::Story;

/// Holds the workshop and begins to work on what it found.
pub(super) async fn held(story: &mut Story) -> anyhow::Result<()> {
    story.until_day(12).await?;
    story.import_workshop(story.day(12)).await?;
    story.until_day(8).await?;
    story.start("Counting up a record number", "Check ownership in the service layer").await?;
    story.start("Extra fields in a request", "Refuse unknown fields").await
}
