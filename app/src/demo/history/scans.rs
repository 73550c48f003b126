//! What scanners found before the workshop, and what became of it.

use abate_entity::tier::Tier;

use super::story::{Story, form};
use crate::access::team;
use crate::asset::register::{self, NewAsset};
use crate::demo::data;
use crate::risk::api::TransitionForm;

/// Key of the asset that images are built for.
const IMAGES: &str = "build-pipeline-and-container-images";
/// Key of the asset that the source belongs to.
const SERVICES: &str = "cloudvista-public-api-api-gateway-and-services";

/// Puts the two assets into the register that scanners report on; the workshop adds the others.
pub(super) async fn register_assets(story: &Story) -> anyhow::Result<()> {
    let now = story.state.clock.now();
    story
        .state
        .database
        .write(async |tx| {
            let team = team::default(tx, now).await?;
            for (key, name, kind, tier, data, open) in [
                (IMAGES, "Build pipeline and container images", "pipeline", Tier::Business, "ip cred", false),
                (
                    SERVICES,
                    "CloudVista public API (API Gateway and services)",
                    "service",
                    Tier::Mission,
                    "pii phi fin",
                    true,
                ),
            ] {
                let new = NewAsset {
                    key: key.to_owned(),
                    name: name.to_owned(),
                    kind: kind.to_owned(),
                    tier,
                    data_classes: data.split(' ').map(str::to_owned).collect(),
                    internet_facing: open,
                    ratings: [None; 3],
                    team_id: team.id,
                    owner_id: Some(story.cast.dev.user_id),
                    reviewed: true,
                };
                register::add(tx, new, now).await?;
            }
            Ok(())
        })
        .await?;
    Ok(())
}

/// The first scan of the images, and the work on it.
pub(super) async fn first_half(story: &mut Story) -> anyhow::Result<()> {
    story.until_day(148).await?;
    image_scan(story, &["libexpat1"]).await?;
    story.until_day(146).await?;
    for package in ["libssl3", "zlib1g", "libc6", "minimist", "braces", "qs"] {
        story.confirm(package, "Reachable in the image that runs in production").await?;
    }
    dismiss_archiver(story).await?;
    story.until_day(141).await?;
    story.start("minimist", "Move to the version that mends it").await?;
    story.start("libssl3", "Rebuild on the current base image").await?;
    story.until_day(137).await?;
    story.claim("minimist", "1043").await?;
    story.claim("libssl3", "1044").await?;
    story.until_day(135).await?;
    story.verify("minimist", "The new image has 1.2.6").await?;
    story.verify("libssl3", "The new image has the mended library").await?;
    story.until_day(128).await?;
    image_scan(story, &["libexpat1", "minimist", "libssl3"]).await?;
    story.until_day(121).await?;
    image_scan(story, &["libexpat1", "minimist", "libssl3"]).await
}

/// The scan of the source, and the work until the workshop.
pub(super) async fn second_half(story: &mut Story) -> anyhow::Result<()> {
    story.until_day(100).await?;
    let report = data::source_scan(story.state.clock.now())?;
    story.import(&report, "codelook.sarif", SERVICES).await?;
    story.until_day(98).await?;
    for words in ["account number", "search word", "file name", "reset code"] {
        story.confirm(words, "Shown with a request against the test system").await?;
    }
    story.until_day(90).await?;
    story.start("braces", "Move to the version that mends it").await?;
    story.until_day(82).await?;
    story.claim("braces", "1102").await?;
    story.until_day(80).await?;
    story.verify("braces", "The lock file has 3.0.3").await?;
    story.start("account number", "Use bound parameters in the report").await?;
    story.until_day(71).await?;
    story.claim("account number", "1131").await?;
    story.until_day(70).await?;
    story.verify("account number", "The same request is refused now").await?;
    story.until_day(40).await?;
    image_scan(story, &["libexpat1", "minimist", "libssl3", "braces"]).await?;
    story.until_day(27).await?;
    accept_download(story).await?;
    story.until_day(20).await?;
    image_scan(story, &["minimist", "libssl3", "braces"]).await?;
    story.confirm("libexpat1", "Reachable through uploads").await?;
    story.start("zlib1g", "Wait for the distribution, keep writing of archives switched off").await?;
    story.start("reset code", "Draw the code from the system's source").await
}

/// What happened after the workshop.
pub(super) async fn last_days(story: &mut Story) -> anyhow::Result<()> {
    story.until_day(9).await?;
    let block = TransitionForm {
        blocker_kind: Some("vendor".to_owned()),
        review_on: Some(story.day(-12)),
        ..form("block", "The distribution has no mended package yet")
    };
    story.step(&story.cast.dev, "zlib1g", block).await?;
    story.until_day(6).await?;
    story.start("search word", "Use bound parameters in the search").await?;
    story.until_day(3).await?;
    image_scan(story, &["minimist", "libssl3", "braces"]).await?;
    story.step(&story.cast.ana, "express:", form("start_triage", "")).await?;
    story.until_day(1).await?;
    story.claim("search word", "1207").await
}

async fn image_scan(story: &Story, mended: &[&str]) -> anyhow::Result<()> {
    let report = data::image_scan(story.state.clock.now(), mended)?;
    story.import(&report, "trivy.json", IMAGES).await
}

/// Ana dismisses what cannot be reached.
async fn dismiss_archiver(story: &Story) -> anyhow::Result<()> {
    story.step(&story.cast.ana, "tar:", form("start_triage", "")).await?;
    let dismiss = TransitionForm {
        resolution: Some("not_affected".to_owned()),
        justification: Some("vulnerable_code_not_in_execute_path".to_owned()),
        evidence: vec!["https://git.cloudvista.example/notes/77".to_owned()],
        ..form("dismiss", "Nothing in the image unpacks archives")
    };
    story.step(&story.cast.ana, "tar:", dismiss).await
}

/// Dev asks to live with a risk for thirty days, Mona agrees.
async fn accept_download(story: &Story) -> anyhow::Result<()> {
    let ask = TransitionForm {
        justification: Some("The export is replaced by the end of the quarter".to_owned()),
        compensating_controls: Some("The gateway refuses paths that lead upwards".to_owned()),
        expires_on: Some(story.day(-3)),
        ..form("accept", "")
    };
    story.step(&story.cast.dev, "file name", ask).await?;
    story.step(&story.cast.mona, "file name", form("accept", "")).await
}
