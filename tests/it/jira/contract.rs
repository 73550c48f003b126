//! The calls one by one, and what the site refuses.

use std::time::Duration;

use abate_integrations::jira::{
    Block, Document, Inline, IssueEdit, JiraError, RemoteLink, StatusCategory, marker_label, next_hop,
};
use chrono::NaiveDate;

use super::site::{PROJECT, Site, TASK, new_issue};

#[actix_web::test]
async fn an_issue_is_created_with_its_marker_and_read_back() {
    let site = Site::start(Duration::ZERO).await;
    let me = site.client.myself().await.expect("an account");
    assert_eq!(me.account_id, "sandbox:abate");

    let wanted = new_issue("r-1");
    let created = site.client.create_issue(&wanted).await.expect("created");
    let read = site.client.issue(&created.id, &["summary", "labels", "status"]).await.expect("an issue");
    assert_eq!((read.id.as_str(), read.key.as_str()), (created.id.as_str(), "SEC-1"));
    assert_eq!(read.marker.as_ref(), Some(&wanted.marker));
    assert_eq!(read.fields.labels, ["abate-k3x9qp-r-1"]);
    assert_eq!(site.client.marker(&created.key).await.expect("a marker"), Some(wanted.marker));
    assert_eq!(site.client.browse_url(&created.key), format!("{}/browse/SEC-1", site.proxy.url()));
}

#[actix_web::test]
async fn many_issues_are_created_at_once_and_found_by_their_markers() {
    let site = Site::start(Duration::ZERO).await;
    let mut wanted: Vec<_> = (0..50).map(|n| new_issue(&format!("r-{n}"))).collect();
    wanted[7].edit.labels = Some(vec!["has a space".to_owned()]);
    let answer = site.client.create_issues(&wanted).await.expect("an answer");
    assert_eq!((answer.created.len(), answer.refused.len()), (49, 1));
    assert_eq!(answer.refused[0].0, 7);
    assert!(answer.refused[0].1.fields["labels"].contains("spaces"));

    let ids: Vec<String> = answer.created.iter().map(|issue| issue.id.clone()).collect();
    let read = site.client.issues(&ids, &["summary"]).await.expect("issues");
    let uuids: std::collections::HashSet<String> =
        read.into_iter().filter_map(|i| i.marker).map(|m| m.uuid).collect();
    assert_eq!(uuids.len(), 49);

    let too_many: Vec<_> = (0..51).map(|n| new_issue(&format!("r-{n}"))).collect();
    let answer = site.client.create_issues(&too_many).await.expect("an answer");
    assert_eq!((answer.created.len(), answer.refused.len()), (0, 51));
}

#[actix_web::test]
async fn what_the_screen_does_not_take_is_refused_by_field() {
    let site = Site::start(Duration::ZERO).await;
    let mut issue = new_issue("r-1");
    issue.edit.priority = Some("99".to_owned());
    issue.edit.assignee = Some(Some("nobody".to_owned()));
    let Err(JiraError::Refused(refusal)) = site.client.create_issue(&issue).await else { panic!("refused") };
    assert_eq!(refusal.fields.keys().collect::<Vec<_>>(), ["assignee", "priority"]);
    assert!(site.sandbox.issue_keys().is_empty());
}

#[actix_web::test]
async fn the_create_screen_says_what_may_be_sent() {
    let site = Site::start(Duration::ZERO).await;
    assert_eq!(site.client.project(PROJECT).await.expect("a project").name, "Security");
    let types = site.client.issue_types(PROJECT).await.expect("types");
    assert_eq!(types[0].id, TASK);
    let fields = site.client.create_fields(PROJECT, TASK).await.expect("fields");
    let priority = fields.iter().find(|field| field.field_id == "priority").expect("a priority");
    assert_eq!(priority.allowed_values[0].name, "Highest");
    assert!(fields.iter().any(|field| field.field_id == "summary" && field.required));
    let rights = site.client.permissions(PROJECT, &["CREATE_ISSUES"]).await.expect("rights");
    assert!(rights[0].granted);
}

#[actix_web::test]
async fn an_edit_touches_only_what_it_names() {
    let site = Site::start(Duration::ZERO).await;
    let id = site.client.create_issue(&new_issue("r-1")).await.expect("created").id;
    let day = NaiveDate::from_ymd_opt(2026, 12, 1);
    let edit = IssueEdit { due_date: Some(day), priority: Some("1".to_owned()), ..IssueEdit::default() };
    site.client.edit_issue(&id, &edit).await.expect("edited");
    let read =
        site.client.issue(&id, &["summary", "duedate", "priority", "description"]).await.expect("an issue");
    assert_eq!(read.fields.due_date, day);
    assert_eq!(read.fields.priority.map(|priority| priority.name), Some("Highest".to_owned()));
    assert_eq!(read.fields.summary.as_deref(), Some("Fix r-1"));
    assert!(read.fields.description.is_some());
}

#[actix_web::test]
async fn search_lags_and_pages() {
    let site = Site::start(Duration::from_secs(60)).await;
    let wanted: Vec<_> = (0..50).map(|n| new_issue(&format!("r-{n}"))).collect();
    for _ in 0..3 {
        site.client.create_issues(&wanted).await.expect("created");
    }
    let jql = format!("project = {PROJECT} AND updated >= -60m ORDER BY updated ASC");
    assert!(site.client.search_all(&jql, &["summary"]).await.expect("an answer").is_empty());
    site.pass(Duration::from_secs(61));
    let found = site.client.search_all(&jql, &["summary"]).await.expect("an answer");
    assert_eq!(found.len(), 150);
    let label = format!("labels = \"{}\"", marker_label("k3x9qp", "R-7"));
    let found = site.client.search_all(&label, &["labels"]).await.expect("an answer");
    assert_eq!(found.len(), 3);
    assert_eq!(found[0].marker.as_ref().map(|marker| marker.uuid.as_str()), Some("uuid-of-r-7"));
}

#[actix_web::test]
async fn the_removed_search_and_bad_queries_are_refused() {
    let site = Site::start(Duration::ZERO).await;
    let old = site
        .http
        .get(format!("{}/rest/api/3/search?jql=project=SEC", site.url))
        .send()
        .await
        .expect("an answer");
    assert_eq!(old.status(), 410);
    assert!(matches!(site.client.search("ORDER BY updated", &[], None).await, Err(JiraError::Refused(_))));
    let extra = site
        .http
        .post(format!("{}/rest/api/3/search/jql", site.url))
        .json(&serde_json::json!({ "jql": "project = SEC", "startAt": 0 }));
    assert_eq!(extra.send().await.expect("an answer").status(), 400);
}

#[actix_web::test]
async fn done_is_reached_in_several_hops_with_a_resolution() {
    let site = Site::start(Duration::ZERO).await;
    let id = site.client.create_issue(&new_issue("r-1")).await.expect("created").id;
    let mut visited = vec!["10000".to_owned()];
    loop {
        let issue = site.client.issue_with_history(&id, &["status", "resolution"]).await.expect("an issue");
        let status = issue.fields.status.expect("a status");
        if status.category == StatusCategory::Done {
            assert_eq!(issue.fields.resolution.map(|resolution| resolution.name), Some("Done".to_owned()));
            let change = issue.status_change.expect("a change");
            assert_eq!(change.by.map(|by| by.account_id), Some("sandbox:abate".to_owned()));
            break;
        }
        let offered = site.client.transitions(&id).await.expect("transitions");
        let hop = next_hop(&offered, StatusCategory::Done, &["Done"], &visited).expect("a way");
        visited.push(hop.to.id.clone());
        site.client.do_transition(&id, &hop).await.expect("moved");
    }
    assert_eq!(visited.len(), 3);
}

#[actix_web::test]
async fn links_and_comments_are_kept() {
    let site = Site::start(Duration::ZERO).await;
    let id = site.client.create_issue(&new_issue("r-1")).await.expect("created").id;
    let link = RemoteLink {
        global_id: "abate:k3x9qp:r-1".to_owned(),
        url: "https://abate.example/risks/R-1".to_owned(),
        title: "R-1".to_owned(),
        summary: "high".to_owned(),
    };
    site.client.put_remote_link(&id, &link).await.expect("linked");
    site.client.put_remote_link(&id, &link).await.expect("linked again");
    let url = format!("{}/rest/api/3/issue/{id}/remotelink", site.url);
    let links: Vec<serde_json::Value> = site
        .http
        .get(url)
        .basic_auth("abate@sandbox.example", Some("sandbox-token"))
        .send()
        .await
        .expect("an answer")
        .json()
        .await
        .expect("links");
    assert_eq!(links.len(), 1);

    let text = Document::new()
        .with(Block::Paragraph(vec![Inline::text("See "), Inline::Code("x".to_owned())]))
        .with(Block::BulletList(vec![vec![Inline::text("one")]]))
        .with(Block::Table {
            header: vec!["a".to_owned(), "b".to_owned()],
            rows: vec![vec![vec![Inline::text("1")]]],
        })
        .with(Block::Code { language: Some("rust".to_owned()), text: "let x;".to_owned() })
        .with(Block::Heading { level: 2, text: "End".to_owned() });
    let added = site.client.add_comment(&id, &text).await.expect("commented");
    let comments = site.client.newest_comments(&id).await.expect("comments");
    assert_eq!(comments.len(), 1);
    assert_eq!((&comments[0].id, &comments[0].body), (&added, &text.to_value()));
}
