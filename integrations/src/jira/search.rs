//! Searches issues. The index lags behind by seconds to minutes: an empty answer proves nothing by itself.

use serde::Deserialize;
use serde_json::{Value, json};

use super::client::{Call, JiraClient};
use super::dialect::Dialect;
use super::error::JiraError;
use super::marker::PROPERTY_KEY;
use super::model::Issue;

/// How many issues to ask Cloud for at once; JIRA may give fewer.
const PAGE: usize = 100;

/// How many issues to ask Cloud for at once where their ids are enough.
const ID_PAGE: usize = 5_000;

/// How many issues to ask Data Center for at once, which gives no more unless somebody allows it.
const SERVER_PAGE: usize = 1_000;

/// Of how few ids, where the search refuses them together, each is better read by itself.
const FEW: usize = 4;

/// A page of a search.
#[derive(Debug, Clone, PartialEq)]
pub struct SearchPage {
    /// The issues, with their markers where the site shows them in a search ([`Issue::marker_asked`]).
    pub issues: Vec<Issue>,
    /// Asks for the next page; a short page is not the last one.
    pub next_page: Option<String>,
}

/// What is searched for and what of it is to be shown.
struct Question<'a> {
    jql: &'a str,
    fields: &'a [&'a str],
    /// Whether the ids are all that is wanted.
    ids_only: bool,
    /// Whether a value that does not exist leaves the rest of the query standing, as far as JIRA lets it.
    lenient: bool,
}

impl JiraClient {
    /// One page of a search, with the given fields.
    pub async fn search(
        &self,
        jql: &str,
        fields: &[&str],
        page: Option<&str>,
    ) -> Result<SearchPage, JiraError> {
        self.page(&Question { jql, fields, ids_only: false, lenient: false }, page).await
    }

    /// All pages of a search.
    pub async fn search_all(&self, jql: &str, fields: &[&str]) -> Result<Vec<Issue>, JiraError> {
        self.pages(&Question { jql, fields, ids_only: false, lenient: false }).await
    }

    /// The ids of all issues that a search finds, in few calls.
    pub async fn search_ids(&self, jql: &str) -> Result<Vec<String>, JiraError> {
        let issues = self.pages(&Question { jql, fields: &["id"], ids_only: true, lenient: false }).await?;
        Ok(issues.into_iter().map(|issue| issue.id).collect())
    }

    /// Those of the issues with these ids that the search of Data Center shows. One id that does not exist may refuse
    /// the question as a whole, so it is put again in halves; what is refused in the end is left out.
    pub(crate) async fn find(&self, ids: &[String], fields: &[&str]) -> Result<Vec<Issue>, JiraError> {
        let numbers: Vec<&str> = ids.iter().map(String::as_str).filter(|id| is_number(id)).collect();
        let mut found = Vec::new();
        let mut parts = vec![numbers.as_slice()];
        while let Some(part) = parts.pop() {
            if part.is_empty() {
                continue;
            }
            let jql = format!("id in ({}) ORDER BY created ASC", part.join(", "));
            match self.pages(&Question { jql: &jql, fields, ids_only: false, lenient: true }).await {
                Ok(issues) => found.extend(issues),
                Err(JiraError::Refused(refusal)) if refusal.status == 400 => {
                    if part.len() > FEW {
                        let (first, second) = part.split_at(part.len() / 2);
                        parts.extend([second, first]);
                    }
                }
                Err(error) => return Err(error),
            }
        }
        Ok(found)
    }

    async fn pages(&self, question: &Question<'_>) -> Result<Vec<Issue>, JiraError> {
        let mut all = Vec::new();
        let mut next: Option<String> = None;
        loop {
            let page = self.page(question, next.as_deref()).await?;
            all.extend(page.issues);
            match page.next_page {
                Some(page) if next.as_ref() != Some(&page) => next = Some(page),
                _ => return Ok(all),
            }
        }
    }

    async fn page(&self, question: &Question<'_>, page: Option<&str>) -> Result<SearchPage, JiraError> {
        match self.dialect() {
            Dialect::Cloud => self.page_by_token(question, page).await,
            Dialect::DataCenter => self.page_by_number(question, page).await,
        }
    }

    async fn page_by_token(
        &self,
        question: &Question<'_>,
        token: Option<&str>,
    ) -> Result<SearchPage, JiraError> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Answer {
            #[serde(default)]
            issues: Vec<Value>,
            #[serde(default)]
            next_page_token: Option<String>,
            #[serde(default)]
            is_last: Option<bool>,
        }
        let size = if question.ids_only { ID_PAGE } else { PAGE };
        let mut body = json!({ "jql": question.jql, "fields": question.fields, "maxResults": size });
        let with_markers = !question.ids_only;
        if with_markers {
            body["properties"] = json!([PROPERTY_KEY]);
        }
        if let Some(token) = token {
            body["nextPageToken"] = json!(token);
        }
        let answer: Answer = self.send(Call::ask(self.path("search/jql"), body)).await?;
        let more = !answer.is_last.unwrap_or(answer.next_page_token.is_none());
        Ok(SearchPage {
            issues: read(&answer.issues, with_markers),
            next_page: answer.next_page_token.filter(|_| more),
        })
    }

    async fn page_by_number(
        &self,
        question: &Question<'_>,
        start: Option<&str>,
    ) -> Result<SearchPage, JiraError> {
        #[derive(Deserialize)]
        struct Answer {
            #[serde(default)]
            issues: Vec<Value>,
            #[serde(default)]
            total: usize,
        }
        let start: usize = start.and_then(|start| start.parse().ok()).unwrap_or_default();
        let mut body = json!({
            "jql": question.jql, "fields": question.fields, "startAt": start, "maxResults": SERVER_PAGE,
        });
        if question.lenient {
            body["validateQuery"] = json!(false);
        }
        let answer: Answer = self.send(Call::ask(self.path("search"), body)).await?;
        // The site may give fewer than it was asked for, so the next page begins behind what it gave.
        let next = start + answer.issues.len();
        let more = !answer.issues.is_empty() && next < answer.total;
        Ok(SearchPage { issues: read(&answer.issues, false), next_page: more.then(|| next.to_string()) })
    }
}

fn is_number(id: &str) -> bool {
    !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit())
}

fn read(issues: &[Value], with_markers: bool) -> Vec<Issue> {
    issues.iter().filter_map(|value| Issue::from_value(value, with_markers)).collect()
}

/// `text` as a string of the query language.
pub fn quote_jql(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_cannot_be_left() {
        assert_eq!(quote_jql(r#"a" OR project = "B\"#), r#""a\" OR project = \"B\\""#);
    }
}
