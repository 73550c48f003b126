//! What the client concludes when the network or JIRA misbehaves.

use std::time::Duration;

use abate_integrations::jira::{IssueEdit, JiraError};

use super::site::{Site, client_of, new_issue};
use crate::fault_proxy::{Fault, Rule};

#[actix_web::test]
async fn a_lost_answer_is_an_unknown_outcome_and_the_issue_is_there() {
    for site in Site::both(Duration::ZERO).await {
        for fault in [Fault::LoseAnswer, Fault::AnswerAfter { status: 502 }] {
            let before = site.sandbox.issue_keys().len();
            site.proxy.add(Rule::once("POST", "/issue", fault));
            let outcome = site.client.create_issue(&new_issue("r-1")).await;
            assert!(matches!(outcome, Err(JiraError::UnknownOutcome { .. })), "{outcome:?}");
            assert_eq!(site.sandbox.issue_keys().len(), before + 1);
        }
        site.proxy.add(Rule::once("GET", "/myself", Fault::LoseAnswer));
        assert!(matches!(site.client.myself().await, Err(JiraError::Unavailable { .. })));
    }
}

#[actix_web::test]
async fn a_refused_connection_means_that_nothing_happened() {
    for site in Site::both(Duration::ZERO).await {
        let closed = std::net::TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
        let url = format!("http://{}", closed.expect("an address"));
        let client = client_of(site.kind, &site.http, &url, Duration::from_secs(5));
        let outcome = client.create_issue(&new_issue("r-1")).await;
        assert!(
            matches!(&outcome, Err(error @ JiraError::Unreachable(_)) if error.nothing_happened()),
            "{outcome:?}"
        );
    }
}

#[actix_web::test]
async fn a_connection_that_closes_early_is_still_unknown() {
    for site in Site::both(Duration::ZERO).await {
        site.proxy.add(Rule::once("POST", "/issue", Fault::CloseBefore));
        let outcome = site.client.create_issue(&new_issue("r-1")).await;
        assert!(matches!(outcome, Err(JiraError::UnknownOutcome { .. })), "{outcome:?}");
        assert!(site.sandbox.issue_keys().is_empty());
    }
}

#[actix_web::test]
async fn an_answer_that_comes_too_late_is_unknown() {
    for site in Site::both(Duration::ZERO).await {
        let client = site.impatient_client();
        for fault in [Fault::DelayAnswer, Fault::DelayBefore] {
            site.proxy.add(Rule::always("POST", "/issue", fault(Duration::from_secs(1))));
            let outcome = client.create_issue(&new_issue("r-1")).await;
            assert!(matches!(outcome, Err(JiraError::UnknownOutcome { .. })), "{outcome:?}");
            site.proxy.clear();
        }
        assert_eq!(site.proxy.seen("POST", &site.path("issue")), 2);
    }
}

#[actix_web::test]
async fn a_limit_says_how_long_to_wait() {
    for site in Site::both(Duration::ZERO).await {
        let headers =
            vec![("Retry-After", "7".to_owned()), ("RateLimit-Reason", "jira-burst-based".to_owned())];
        site.proxy.add(Rule::once("PUT", "*/issue/*", Fault::Answer { status: 429, headers }));
        let Err(error) = site.client.edit_issue("1", &IssueEdit::default()).await else { panic!("limited") };
        assert_eq!(error.retry_after(), Some(Duration::from_secs(7)));
        assert!(error.nothing_happened() && error.is_passing());
    }
}

#[actix_web::test]
async fn a_revoked_token_is_never_an_empty_result() {
    for site in Site::both(Duration::ZERO).await {
        let id = site.client.create_issue(&new_issue("r-1")).await.expect("created").id;
        site.sandbox.accept_token(false);
        let denied = |error: JiraError| assert!(matches!(error, JiraError::Unauthenticated(_)), "{error:?}");
        denied(site.client.myself().await.expect_err("denied"));
        denied(site.client.issue(&id, &["summary"]).await.expect_err("denied"));
        denied(site.client.search("project = SEC", &["summary"], None).await.expect_err("denied"));
        denied(site.client.issues(std::slice::from_ref(&id), &["summary"]).await.expect_err("denied"));
        denied(site.client.marker(&id).await.expect_err("denied"));
        denied(site.client.create_issue(&new_issue("r-2")).await.expect_err("denied"));
        site.sandbox.accept_token(true);
        assert!(matches!(site.client.issue("SEC-99", &[]).await, Err(JiraError::NotFoundOrHidden)));
        assert_eq!(site.client.marker("SEC-99").await.expect("an answer"), None);
    }
}
