//! What an answer of JIRA means: a result, a refusal, a limit, or something from which nothing can be concluded.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, NaiveDateTime, Utc};
use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use serde_json::Value;

use super::client::Effect;
use super::error::{JiraError, Limit, Refusal};

/// The answer is lost: a write has an unknown outcome, a read has simply failed.
pub(crate) fn lost(effect: Effect, detail: String, retry_after: Option<Duration>) -> JiraError {
    match effect {
        Effect::Write => JiraError::UnknownOutcome { detail, retry_after },
        Effect::Read => JiraError::Unavailable { detail, retry_after },
    }
}

/// How long JIRA asks to wait: in seconds, until a moment of its own clock, or until it fills its bucket again.
fn asked_wait(headers: &HeaderMap) -> Option<Duration> {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    let date = |text: &str| DateTime::parse_from_rfc2822(text).ok().map(|at| at.with_timezone(&Utc));
    let until = |at: DateTime<Utc>| (at - date(header("date")?)?).to_std().ok();
    let seconds = |text: &str| text.parse().ok().map(Duration::from_secs).filter(|wait| !wait.is_zero());
    let after = header("retry-after").and_then(|text| seconds(text).or_else(|| date(text).and_then(until)));
    // Data Center fills its bucket once in an interval; one that is never filled says nothing of a wait.
    let is_filled = || header("x-ratelimit-fillrate").is_none_or(|rate| rate != "0");
    after
        .or_else(|| until(reset(header("x-ratelimit-reset")?)?))
        .or_else(|| header("x-ratelimit-interval-seconds").and_then(seconds).filter(|_| is_filled()))
}

/// Reads the moment at which a limit ends; some sites leave the seconds out.
fn reset(text: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(text).map(|at| at.with_timezone(&Utc)).ok().or_else(|| {
        NaiveDateTime::parse_from_str(text.trim_end_matches('Z'), "%Y-%m-%dT%H:%M")
            .ok()
            .map(|at| at.and_utc())
    })
}

/// Whether an answer is a page for people: of another address, of something in between, or of maintenance.
fn is_page(content_type: Option<&str>, body: &[u8]) -> bool {
    content_type.is_some_and(|kind| kind.to_ascii_lowercase().contains("html"))
        || body.trim_ascii_start().starts_with(b"<")
}

/// Whether a 403 is about the credentials and not about a right.
fn is_unreadable_token(body: &[u8]) -> bool {
    serde_json::from_slice::<Value>(body)
        .is_ok_and(|value| value["error"].as_str().is_some_and(|text| text.contains("Session Auth Token")))
}

/// What an answer means, `None` for a success.
pub(crate) fn judge(
    effect: Effect,
    status: StatusCode,
    headers: &HeaderMap,
    body: &[u8],
) -> Option<JiraError> {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let retry_after = asked_wait(headers);
    let login = header("x-seraph-loginreason")
        .filter(|reason| reason.contains("AUTHENTICATED_FAILED") || reason.contains("AUTHENTICATION_DENIED"));
    if let Some(reason) = login {
        // A write that an anonymous visitor was allowed to make has still happened.
        return Some(match effect {
            Effect::Write if status.is_success() => {
                lost(effect, format!("it was carried out without credentials ({reason})"), None)
            }
            _ => JiraError::Unauthenticated(reason.to_owned()),
        });
    }
    let is_page = status.is_redirection() || is_page(header("content-type"), body);
    if status.is_success() && !is_page {
        return None;
    }
    Some(match status {
        StatusCode::TOO_MANY_REQUESTS => {
            let reason = header("ratelimit-reason");
            JiraError::RateLimited {
                retry_after,
                limit: Limit::of_reason(reason.unwrap_or_default()),
                reason: reason.unwrap_or("no reason given").to_owned(),
            }
        }
        StatusCode::UNAUTHORIZED => JiraError::Unauthenticated("status 401".to_owned()),
        // So Cloud says that it cannot read a token.
        StatusCode::FORBIDDEN if is_unreadable_token(body) => {
            JiraError::Unauthenticated("the token cannot be read".to_owned())
        }
        status if is_page && !status.is_server_error() => lost(
            effect,
            format!(
                "the address answers with a page and not with JIRA's interface (status {status}); check the address, \
                 and whether something in between asks people to sign in"
            ),
            retry_after,
        ),
        StatusCode::NOT_FOUND => JiraError::NotFoundOrHidden,
        status if status.is_server_error() || status == StatusCode::REQUEST_TIMEOUT => {
            lost(effect, format!("JIRA answered {status}"), retry_after)
        }
        status => JiraError::Refused(refusal(status.as_u16(), body)),
    })
}

/// Reads `errorMessages` and `errors`, or the title and detail of a problem document.
pub(crate) fn refusal(status: u16, body: &[u8]) -> Refusal {
    let value: Value = serde_json::from_slice(body).unwrap_or(Value::Null);
    refusal_of(status, &value)
}

/// As [`refusal`], of a value that is already parsed.
pub(crate) fn refusal_of(status_of_all: u16, value: &Value) -> Refusal {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let mut messages: Vec<String> =
        value["errorMessages"].as_array().into_iter().flatten().map(text).collect();
    for name in ["detail", "error", "message"] {
        if let Some(message) = value[name].as_str() {
            messages.push(message.to_owned());
        }
    }
    let fields: BTreeMap<String, String> = value["errors"]
        .as_object()
        .into_iter()
        .flatten()
        // The one field that Cloud calls something else in its refusals than in requests.
        .map(|(field, message)| (if field == "parentId" { "parent" } else { field }, message))
        .map(|(field, message)| (field.to_owned(), text(message)))
        .collect();
    // A bulk call that was refused as a whole gives a list instead.
    let elements = value["errors"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|element| {
            let index = usize::try_from(element["failedElementNumber"].as_u64()?).ok()?;
            let status = element["status"].as_u64().and_then(|status| u16::try_from(status).ok());
            Some((index, refusal_of(status.unwrap_or(status_of_all), &element["elementErrors"])))
        })
        .collect();
    Refusal { status: status_of_all, messages, fields, elements }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use reqwest::header::HeaderValue;

    use super::*;

    fn answer(
        effect: Effect,
        status: u16,
        headers: &[(&'static str, &str)],
        body: &str,
    ) -> Option<JiraError> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(*name, HeaderValue::from_str(value).unwrap());
        }
        judge(effect, StatusCode::from_u16(status).unwrap(), &map, body.as_bytes())
    }

    #[test]
    fn an_anonymous_answer_is_never_a_result() {
        for status in [200, 201, 204, 400, 403, 404] {
            let error =
                answer(Effect::Read, status, &[("x-seraph-loginreason", "AUTHENTICATED_FAILED")], "{}");
            assert!(matches!(error, Some(JiraError::Unauthenticated(_))), "{status}: {error:?}");
        }
        let written = answer(Effect::Write, 201, &[("x-seraph-loginreason", "AUTHENTICATED_FAILED")], "{}");
        assert!(matches!(written, Some(JiraError::UnknownOutcome { .. })));
    }

    #[test]
    fn a_limit_carries_its_wait_and_reason() {
        let headers = [("retry-after", "7"), ("ratelimit-reason", "jira-per-issue-on-write")];
        let Some(error) = answer(Effect::Write, 429, &headers, "") else { panic!("a 429 is no success") };
        assert_eq!(error.retry_after(), Some(Duration::from_secs(7)));
        assert!(error.nothing_happened());
        assert!(error.to_string().contains("jira-per-issue-on-write"));
        assert!(error.limits_one_issue());
        let bare = answer(Effect::Write, 429, &[], "<html>");
        assert!(matches!(
            bare,
            Some(JiraError::RateLimited { retry_after: None, limit: Limit::Unnamed, .. })
        ));
    }

    #[test]
    fn a_wait_is_read_from_what_the_site_says_by_its_own_clock() {
        let date = ("date", "Sat, 21 Nov 2026 10:00:00 GMT");
        for (name, value, seconds) in [
            ("retry-after", "7", 7),
            ("retry-after", "Sat, 21 Nov 2026 10:00:30 GMT", 30),
            ("x-ratelimit-reset", "2026-11-21T10:01:00Z", 60),
            ("x-ratelimit-reset", "2026-11-21T10:02Z", 120),
        ] {
            let error = answer(Effect::Write, 429, &[date, (name, value)], "").expect("no success");
            assert_eq!(error.retry_after(), Some(Duration::from_secs(seconds)), "{name}: {value}");
            assert!(!error.limits_one_issue());
        }
        let down = answer(Effect::Write, 503, &[("retry-after", "9")], "").expect("no success");
        assert_eq!(down.retry_after(), Some(Duration::from_secs(9)));
        assert!(!down.nothing_happened());
    }

    #[test]
    fn a_limit_of_data_center_waits_for_the_next_filling() {
        let wait = |headers: &[(&'static str, &str)]| {
            answer(Effect::Read, 429, headers, "").and_then(|error| error.retry_after())
        };
        let interval = ("x-ratelimit-interval-seconds", "30");
        assert_eq!(wait(&[interval, ("x-ratelimit-fillrate", "10")]), Some(Duration::from_secs(30)));
        assert_eq!(wait(&[interval, ("retry-after", "5")]), Some(Duration::from_secs(5)));
        assert_eq!(wait(&[interval, ("retry-after", "0")]), Some(Duration::from_secs(30)));
        assert_eq!(wait(&[interval, ("x-ratelimit-fillrate", "0")]), None);
    }

    #[test]
    fn each_limit_is_known_by_its_name() {
        for (reason, limit) in [
            ("jira-burst-based", Limit::Burst),
            ("jira-per-issue-on-write", Limit::Issue),
            ("jira-quota-global-based", Limit::Quota),
            ("jira-quota-tenant-based", Limit::Quota),
            ("another", Limit::Unnamed),
        ] {
            let error = answer(Effect::Write, 429, &[("ratelimit-reason", reason)], "");
            assert!(
                matches!(error, Some(JiraError::RateLimited { limit: met, .. }) if met == limit),
                "{reason}"
            );
        }
    }

    #[test]
    fn a_page_is_neither_a_result_nor_an_absence() {
        let page = "<html><body>Please sign in</body></html>";
        for (status, headers, body) in [
            (200, &[("content-type", "text/html;charset=UTF-8")][..], page),
            (200, &[], page),
            (302, &[("location", "https://login.example.org/")], ""),
            (403, &[], page),
            (404, &[], page),
        ] {
            let read = answer(Effect::Read, status, headers, body).expect("no success");
            assert!(matches!(read, JiraError::Unavailable { .. }), "{status}: {read:?}");
            assert!(read.to_string().contains("answers with a page"), "{read}");
            let written = answer(Effect::Write, status, headers, body).expect("no success");
            assert!(!written.nothing_happened(), "{status}: {written:?}");
        }
        let denied = answer(Effect::Read, 401, &[("content-type", "text/html")], page);
        assert!(matches!(denied, Some(JiraError::Unauthenticated(_))), "{denied:?}");
    }

    #[test]
    fn a_token_that_cannot_be_read_is_a_matter_of_credentials() {
        let body = r#"{"error": "Failed to parse Connect Session Auth Token"}"#;
        assert!(matches!(answer(Effect::Read, 403, &[], body), Some(JiraError::Unauthenticated(_))));
        let right = answer(Effect::Read, 403, &[], r#"{"errorMessages":["You may not."]}"#);
        assert!(matches!(right, Some(JiraError::Refused(_))), "{right:?}");
    }

    #[test]
    fn a_bulk_that_is_refused_as_a_whole_says_why_for_each() {
        let body = r#"{"issues":[],"errors":[
            {"status":400,"elementErrors":{"errors":{"summary":"Too long."}},"failedElementNumber":0},
            {"status":400,"elementErrors":{"errorMessages":["No."]},"failedElementNumber":1}]}"#;
        let refusal = refusal(400, body.as_bytes());
        assert_eq!(refusal.elements[&0].to_string(), "status 400: summary: Too long.");
        assert_eq!(refusal.elements[&1].to_string(), "status 400: No.");
    }

    #[test]
    fn a_refusal_names_its_fields() {
        let body = r#"{"errorMessages":["No."],"errors":{"summary":"Too long."}}"#;
        let Some(JiraError::Refused(refusal)) = answer(Effect::Write, 400, &[], body) else {
            panic!("a 400 is a refusal")
        };
        assert_eq!(refusal.messages, ["No."]);
        assert_eq!(refusal.fields["summary"], "Too long.");
        assert_eq!(refusal.to_string(), "status 400: No.; summary: Too long.");
    }

    proptest! {
        /// Whatever JIRA answers, a failing write claims that nothing happened only where JIRA itself said no.
        #[test]
        fn only_a_clear_no_means_that_nothing_happened(status in 300_u16..600, body in "[^<\\s].{0,40}") {
            let error = answer(Effect::Write, status, &[], &body).expect("no success");
            prop_assert_eq!(error.nothing_happened(), (400..500).contains(&status) && status != 408);
        }
    }
}
