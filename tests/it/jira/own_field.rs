//! Fields of a site's own: what the site says of them, which values it takes, and how people are found.

use std::time::Duration;

use abate::sandbox::jira::{OwnField, OwnFieldKind};
use abate_integrations::jira::{Document, FieldKind, FieldValue, JiraError};
use chrono::NaiveDate;
use serde_json::json;

use super::site::{PROJECT, Site, TASK, new_issue};

fn words(list: &[&str]) -> Vec<String> {
    list.iter().map(|word| (*word).to_owned()).collect()
}

#[actix_web::test]
async fn a_value_that_a_field_does_not_take_is_refused_by_its_name() {
    for site in Site::both(Duration::ZERO).await {
        let kinds = [
            ("customfield_1", OwnFieldKind::Option(words(&["Red", "Blue"]))),
            ("customfield_2", OwnFieldKind::Paragraph),
            ("customfield_3", OwnFieldKind::Number),
            ("customfield_4", OwnFieldKind::Date),
            ("customfield_5", OwnFieldKind::User),
        ];
        for (id, kind) in kinds {
            let name = id.replace("customfield_", "Field ");
            site.sandbox.add_field(OwnField {
                id: id.to_owned(),
                name,
                required: id == "customfield_1",
                kind,
            });
        }
        let fields = site.client.create_fields(PROJECT, TASK).await.expect("fields");
        let option = fields.iter().find(|field| field.field_id == "customfield_1").expect("a field");
        assert_eq!((option.kind, option.required), (FieldKind::Option, true));
        let blue = option.allowed_values.iter().find(|choice| choice.name == "Blue").expect("a choice");

        let mut issue = new_issue("r-1");
        let day = NaiveDate::from_ymd_opt(2026, 12, 31).expect("a day");
        let right = [
            ("customfield_1", FieldValue::Option(blue.id.clone())),
            ("customfield_2", FieldValue::RichText(Document::from_text("One\n\nTwo"))),
            ("customfield_3", FieldValue::Number(1.5)),
            ("customfield_4", FieldValue::Date(day)),
            ("customfield_5", FieldValue::User("sandbox:person".to_owned())),
        ];
        let wrong = [
            ("customfield_1", FieldValue::Option("1".to_owned())),
            ("customfield_2", FieldValue::Number(1.0)),
            ("customfield_3", FieldValue::line("high")),
            ("customfield_4", FieldValue::line("soon")),
            ("customfield_5", FieldValue::User("nobody".to_owned())),
            ("customfield_6", FieldValue::line("unknown")),
        ];
        let set = |values: &[(&str, FieldValue)]| {
            values.iter().map(|(field, value)| ((*field).to_owned(), value.clone())).collect()
        };
        issue.edit.custom = set(&wrong);
        let refused = site.client.create_issue(&issue).await.expect_err("refused");
        let JiraError::Refused(refusal) = refused else { panic!("{refused}") };
        assert_eq!(
            refusal.fields.keys().map(String::as_str).collect::<Vec<_>>(),
            wrong.each_ref().map(|(id, _)| *id)
        );
        issue.edit.custom.clear();
        let refused = site.client.create_issue(&issue).await.expect_err("refused");
        let JiraError::Refused(refusal) = refused else { panic!("{refused}") };
        assert_eq!(refusal.fields["customfield_1"], "Field 1 is required.");
        issue.edit.custom = set(&right);
        let created = site.client.create_issue(&issue).await.expect("created");
        assert_eq!(site.sandbox.shown_field(&created.key, "customfield_1")["value"], "Blue");
        assert_eq!(site.sandbox.shown_field(&created.key, "customfield_4"), json!("2026-12-31"));
        let edit = site.client.edit_fields(&created.id).await.expect("fields");
        assert!(
            edit.iter().any(|field| field.field_id == "customfield_2" && field.kind == FieldKind::RichText)
        );
    }
}

#[actix_web::test]
async fn people_are_found_by_an_address_that_they_show() {
    for site in Site::both(Duration::ZERO).await {
        let found = async |email| {
            let account = site.client.account_of(email).await.expect("an answer");
            account.map(|account| account.account_id)
        };
        assert_eq!(found("dana@example.org").await, None);
        site.sandbox.show_email(Some("dana@example.org"));
        assert_eq!(found("dana@example.org").await.as_deref(), Some("sandbox:person"));
        // An address that only begins like it is somebody else's.
        assert_eq!(found("dana@example").await, None);
        // One that is hidden is believed when it finds one account, and never for a name that says the same.
        site.sandbox.hide_email("dana@example.org");
        assert_eq!(found("dana@example.org").await.as_deref(), Some("sandbox:person"));
        site.sandbox.hide_email("mallory@example.org");
        site.sandbox.rename_person("dana@example.org");
        assert_eq!(found("dana@example.org").await, None);
        site.sandbox.accept_token(false);
        let denied = site.client.account_of("dana@example.org").await;
        assert!(matches!(denied, Err(JiraError::Unauthenticated(_))), "{denied:?}");
    }
}
