//! The calls one by one, and what the site refuses.

use std::time::Duration;

use abate::sandbox::jira::JiraSandboxKind;
use abate_integrations::jira::{
    Block, Document, Inline, IssueEdit, JiraError, RemoteLink, StatusCategory, marker_label, next_hop,
};
use chrono::NaiveDate;
use reqwest::Method;
use serde_json::json;

use super::site::{PROJECT, Site, TASK, client_of, new_issue};

#[actix_web::test]
async fn an_issue_is_created_with_its_marker_and_read_back() {
    for site in Site::both(Duration::ZERO).await {
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
}

#[actix_web::test]
async fn many_issues_are_created_at_once_and_found_by_their_markers() {
    for site in Site::both(Duration::ZERO).await {
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
}

#[actix_web::test]
async fn what_the_screen_does_not_take_is_refused_by_field() {
    for site in Site::both(Duration::ZERO).await {
        let mut issue = new_issue("r-1");
        issue.edit.priority = Some("99".to_owned());
        issue.edit.assignee = Some(Some("nobody".to_owned()));
        let Err(JiraError::Refused(refusal)) = site.client.create_issue(&issue).await else {
            panic!("refused")
        };
        assert_eq!(refusal.fields.keys().collect::<Vec<_>>(), ["assignee", "priority"]);
        assert!(site.sandbox.issue_keys().is_empty());
    }
}

#[actix_web::test]
async fn the_create_screen_says_what_may_be_sent() {
    for site in Site::both(Duration::ZERO).await {
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
}

#[actix_web::test]
async fn an_edit_touches_only_what_it_names() {
    for site in Site::both(Duration::ZERO).await {
        let id = site.client.create_issue(&new_issue("r-1")).await.expect("created").id;
        let day = NaiveDate::from_ymd_opt(2026, 12, 1);
        let edit = IssueEdit { due_date: Some(day), priority: Some("1".to_owned()), ..IssueEdit::default() };
        site.client.edit_issue(&id, &edit).await.expect("edited");
        let read = site
            .client
            .issue(&id, &["summary", "duedate", "priority", "description"])
            .await
            .expect("an issue");
        assert_eq!(read.fields.due_date, day);
        assert_eq!(read.fields.priority.map(|priority| priority.name), Some("Highest".to_owned()));
        assert_eq!(read.fields.summary.as_deref(), Some("Fix r-1"));
        assert!(read.fields.description.is_some());
    }
}

#[actix_web::test]
async fn search_lags_and_pages() {
    for site in Site::both(Duration::from_secs(60)).await {
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
        // The search of Data Center shows no markers, and that is not the same as none.
        let marker = found[0].marker.as_ref().map(|marker| marker.uuid.as_str());
        match site.kind {
            JiraSandboxKind::Cloud => {
                assert_eq!((found[0].marker_asked, marker), (true, Some("uuid-of-r-7")))
            }
            JiraSandboxKind::DataCenter => assert_eq!((found[0].marker_asked, marker), (false, None)),
        }
        assert_eq!(site.client.search_ids(&jql).await.expect("an answer").len(), 150);
    }
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
    for site in Site::both(Duration::ZERO).await {
        let id = site.client.create_issue(&new_issue("r-1")).await.expect("created").id;
        let mut visited = vec!["10000".to_owned()];
        loop {
            let issue =
                site.client.issue_with_history(&id, &["status", "resolution"]).await.expect("an issue");
            let status = issue.fields.status.expect("a status");
            if status.category == StatusCategory::Done {
                assert_eq!(
                    issue.fields.resolution.map(|resolution| resolution.name),
                    Some("Done".to_owned())
                );
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
}

#[actix_web::test]
async fn links_and_comments_are_kept() {
    for site in Site::both(Duration::ZERO).await {
        let id = site.client.create_issue(&new_issue("r-1")).await.expect("created").id;
        let link = RemoteLink {
            global_id: "abate:k3x9qp:r-1".to_owned(),
            url: "https://abate.example/risks/R-1".to_owned(),
            title: "R-1".to_owned(),
            summary: "high".to_owned(),
        };
        site.client.put_remote_link(&id, &link).await.expect("linked");
        site.client.put_remote_link(&id, &link).await.expect("linked again");
        let links =
            site.request(Method::GET, &format!("issue/{id}/remotelink")).send().await.expect("an answer");
        let links: Vec<serde_json::Value> = links.json().await.expect("links");
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
        assert_eq!((&comments[0].id, &comments[0].body), (&added, &site.client.rich_text(&text)));
    }
}

#[actix_web::test]
async fn data_center_has_neither_the_paths_nor_the_shapes_of_cloud() {
    let [_, site] = Site::both(Duration::ZERO).await;
    for path in ["/rest/api/3/myself", "/rest/api/2/search/jql", "/rest/api/2/issue/bulkfetch"] {
        let answer =
            site.http.post(format!("{}{path}", site.url)).bearer_auth("sandbox-token").json(&json!({}));
        assert!(matches!(answer.send().await.expect("an answer").status().as_u16(), 404 | 405), "{path}");
    }
    let id = site.client.create_issue(&new_issue("r-1")).await.expect("created").id;
    let document = json!({ "fields": { "description": { "type": "doc", "version": 1, "content": [] } } });
    let edit = site.request(Method::PUT, &format!("issue/{id}")).json(&document);
    assert_eq!(edit.send().await.expect("an answer").status(), 400);
    let read = site.client.issue(&id, &["description"]).await.expect("an issue");
    assert_eq!(read.fields.description, Some(json!("What it is about.")));
}

#[actix_web::test]
async fn many_are_read_in_few_calls_and_one_that_is_gone_hides_none() {
    for site in Site::both(Duration::ZERO).await {
        let wanted: Vec<_> = (0..20).map(|n| new_issue(&format!("r-{n}"))).collect();
        let created = site.client.create_issues(&wanted).await.expect("created").created;
        let mut ids: Vec<String> = created.iter().map(|issue| issue.id.clone()).collect();
        let before = site.proxy.seen("POST", &site.path("search"));
        let read = site.client.glance(&ids, &["summary"]).await.expect("issues");
        assert_eq!(read.len(), 20);
        let searches = site.proxy.seen("POST", &site.path("search")) - before;
        assert_eq!(searches, usize::from(site.kind == JiraSandboxKind::DataCenter));

        site.sandbox.delete(&created[13].key);
        ids.push("1".to_owned());
        let mut read: Vec<String> =
            site.client.glance(&ids, &["summary"]).await.expect("issues").into_iter().map(|i| i.id).collect();
        read.sort();
        let mut left: Vec<String> =
            ids.iter().filter(|id| **id != created[13].id && *id != "1").cloned().collect();
        left.sort();
        assert_eq!(read, left);
        assert!(site.client.glance(&[], &["summary"]).await.expect("none").is_empty());
    }
}

#[actix_web::test]
async fn a_move_behind_many_newer_changes_is_seen() {
    for site in Site::both(Duration::ZERO).await {
        let id = site.client.create_issue(&new_issue("r-1")).await.expect("created").id;
        site.pass(Duration::from_secs(60));
        site.click("SEC-1", "11").await;
        let day = |n: u64| NaiveDate::from_ymd_opt(2027, 1, 1).map(|day| day + chrono::Days::new(n));
        for n in 0..130 {
            site.pass(Duration::from_secs(1));
            let edit = IssueEdit { due_date: Some(day(n)), ..IssueEdit::default() };
            site.client.edit_issue(&id, &edit).await.expect("edited");
        }
        let issue = site.client.issue_with_history(&id, &["status"]).await.expect("an issue");
        let change = issue.status_change.expect("a change");
        assert_eq!(change.to, "10001");
        assert_eq!(change.by.map(|by| by.account_id), Some("sandbox:person".to_owned()));
    }
}

#[actix_web::test]
async fn the_site_says_what_it_is_and_what_may_be_edited() {
    for site in Site::both(Duration::ZERO).await {
        let server = site.client.server().await.expect("an answer");
        let deployment = if site.kind == JiraSandboxKind::Cloud { "Cloud" } else { "Server" };
        assert_eq!(server.deployment, deployment);
        assert!(!server.version.is_empty() && server.time.is_some(), "{server:?}");
        let id = site.client.create_issue(&new_issue("r-1")).await.expect("created").id;
        let fields = site.client.edit_fields(&id).await.expect("fields");
        assert!(
            fields.iter().any(|field| field.field_id == "duedate")
                && fields.iter().any(|field| field.field_id == "comment")
        );
        assert!(!fields.iter().any(|field| field.field_id == "project"));
    }
}

#[actix_web::test]
async fn fields_and_a_comment_are_written_in_one_call() {
    for site in Site::both(Duration::ZERO).await {
        let id = site.client.create_issue(&new_issue("r-1")).await.expect("created").id;
        let text = site.client.rich_text(&Document::from_text("Set back."));
        let body = json!({ "fields": { "summary": "Other" }, "update": { "comment": [{ "add": { "body": text } }] } });
        let edit = site.request(Method::PUT, &format!("issue/{id}"));
        assert_eq!(edit.json(&body).send().await.expect("an answer").status(), 204);
        let comments = site.client.newest_comments(&id).await.expect("comments");
        assert_eq!(comments.iter().map(|comment| &comment.body).collect::<Vec<_>>(), [&text]);
        let empty = json!({ "fields": { "summary": "Third" }, "update": { "comment": [{ "add": { "body": null } }] } });
        let edit = site.request(Method::PUT, &format!("issue/{id}"));
        assert_eq!(edit.json(&empty).send().await.expect("an answer").status(), 400);
        let read = site.client.issue(&id, &["summary"]).await.expect("an issue");
        assert_eq!(read.fields.summary.as_deref(), Some("Other"));
    }
}

#[actix_web::test]
async fn what_is_too_long_is_cut_to_what_the_site_takes() {
    for site in Site::both(Duration::ZERO).await {
        let mut issue = new_issue("r-1");
        issue.edit.description = Some(Document::from_text(&"{code} *wide* [~all]\n\n".repeat(5_000)));
        let id = site.client.create_issue(&issue).await.expect("created").id;
        let read = site.client.issue(&id, &["description"]).await.expect("an issue");
        let description = read.fields.description.expect("a description");
        assert!(description.to_string().contains('…'));
        assert!(description.as_str().is_none_or(|text| text.encode_utf16().count() <= 32_767));
    }
}

#[actix_web::test]
async fn a_token_of_the_wrong_form_is_a_matter_of_credentials() {
    let [cloud, server] = Site::both(Duration::ZERO).await;
    let patience = Duration::from_secs(5);
    let bearer_at_cloud = client_of(JiraSandboxKind::DataCenter, &cloud.http, &cloud.url, patience);
    let basic_at_server = client_of(JiraSandboxKind::Cloud, &server.http, &server.url, patience);
    // The address tells too: neither has the other's version.
    for client in [bearer_at_cloud, basic_at_server] {
        assert!(client.myself().await.is_err());
    }
    let bearer = cloud.http.get(format!("{}{}", cloud.url, cloud.path("myself"))).bearer_auth("x");
    let answer = bearer.send().await.expect("an answer");
    assert_eq!(answer.status(), 403);
    assert!(answer.text().await.expect("a text").contains("Connect Session Auth Token"));
}
