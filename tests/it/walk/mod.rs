//! The walk through the demo that the README promises, in a real browser: from a new risk to its proven end.

mod visitor;

use crate::harness::database::Kind;

use visitor::Visitor;

/// Words of a risk that the story leaves for the visitor.
const RISK: &str = "A password reset does not end stolen sessions";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_visitor_takes_a_risk_from_new_to_verified() {
    if Kind::of_this_run() == Kind::Postgres {
        // The demo lives on a database of its own, so a second pass would walk the same way.
        return;
    }
    let visitor = Visitor::arrive().await;

    visitor.open("/demo").await;
    visitor.sees("Obligations").await;
    visitor.picture("dashboard.png").await;

    // Ana finds a new risk, assesses it and confirms it with Dev as its owner.
    visitor.open("/risks?state=new").await;
    visitor.click_link(RISK).await;
    let risk = visitor.path().await;
    visitor.step("start_triage", &[]).await;
    visitor.sees_state("Triage").await;
    visitor
        .step("confirm", &[("owner", "dev@cloudvista.example"), ("reason", "Shown in the workshop")])
        .await;
    visitor.sees_state("Open").await;
    visitor.sees("gives 30 days").await;

    // Its ticket appears on the board by itself.
    visitor.open("/sandbox/jira/board").await;
    visitor.refresh_until(RISK).await;
    visitor.picture("jira-board.png").await;

    // Dev takes it and presses its ticket to Done.
    visitor.open(&risk).await;
    visitor.become_("dev").await;
    visitor.press("form.take button").await;
    visitor.sees("Assignee").await;
    visitor.open("/sandbox/jira/board").await;
    visitor.press_on_card(RISK, "Start").await;
    visitor.press_on_card(RISK, "Finish").await;
    visitor.sees_on_card(RISK, "Work on again").await;

    // Done claims the fix, no more.
    visitor.open(&risk).await;
    visitor.refresh_until("Verification").await;
    visitor.sees_state("Verification").await;
    visitor.picture("risk.png").await;

    // Who claimed it may not verify it.
    visitor.cannot_step("verify_pass").await;
    let refused = visitor.post_step(&risk, "verify_pass").await;
    assert_eq!(refused, 403);

    // Vera may.
    visitor.become_("vera").await;
    visitor
        .step(
            "verify_pass",
            &[
                ("reason", "Old sessions end with the reset"),
                ("evidence", "https://git.cloudvista.example/retests/9"),
                ("residual_likelihood", "1"),
                ("residual_impact", "4"),
            ],
        )
        .await;
    visitor.sees_state("Closed").await;

    // Slack has this morning's digest with buttons, and answers a command.
    visitor.open("/sandbox/slack?as=U0DEV").await;
    visitor.click_link("Abate").await;
    visitor.refresh_until("late").await;
    visitor.sees_button("Show").await;
    visitor.say("/risk list").await;
    visitor.sees("Only visible to you").await;
    visitor.picture("slack.png").await;

    // The tour has ticked itself off.
    visitor.open("/").await;
    visitor.all_steps_are_done().await;
    visitor.leave().await;
}
