//! A client of the application: keeps cookies, sends a token, and knows how forms prove where they come from.

use std::collections::BTreeMap;
use std::sync::Mutex;

use reqwest::header::{COOKIE, HeaderMap, ORIGIN, SET_COOKIE};
use reqwest::multipart::Form;
use reqwest::{Method, RequestBuilder};
use serde_json::Value;

use super::install_tls;

/// One visitor: a browser with cookies, or a program with a token.
pub(crate) struct Client {
    base: String,
    inner: reqwest::Client,
    cookies: Mutex<BTreeMap<String, String>>,
    token: Option<String>,
    csrf: Option<String>,
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Client {
    /// Somebody new at the address, as in `http://127.0.0.1:8080`.
    pub(crate) fn new(base: &str) -> Self {
        install_tls();
        let inner = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            // The server closes what is idle, and a request that meets that is lost.
            .pool_max_idle_per_host(0)
            // It speaks plain HTTP, and reading all certificates of the machine is slow.
            .tls_certs_only([])
            .build()
            .expect("a client");
        Self {
            base: base.trim_end_matches('/').to_owned(),
            inner,
            cookies: Mutex::default(),
            token: None,
            csrf: None,
        }
    }

    /// The same address, as the program that holds the token.
    pub(crate) fn with_token(&self, token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..self.another() }
    }

    /// The same address, as a browser in which somebody is signed in.
    pub(crate) fn with_session(&self, cookie: &str, value: &str, csrf: &str) -> Self {
        let cookies = BTreeMap::from([(cookie.to_owned(), value.to_owned())]);
        Self { cookies: Mutex::new(cookies), csrf: Some(csrf.to_owned()), ..self.another() }
    }

    /// Somebody else at the address, over the same connections.
    fn another(&self) -> Self {
        Self {
            base: self.base.clone(),
            inner: self.inner.clone(),
            cookies: Mutex::default(),
            token: None,
            csrf: None,
        }
    }

    /// The address without a path.
    pub(crate) fn base(&self) -> &str {
        &self.base
    }

    /// A request with this visitor's cookies and token; finish it with [`Client::send`].
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let mut request = self.inner.request(method, format!("{}{path}", self.base));
        let cookies = self.cookies.lock().expect("cookies");
        if !cookies.is_empty() {
            let pairs: Vec<_> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            request = request.header(COOKIE, pairs.join("; "));
        }
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        request
    }

    /// Sends a request and keeps the cookies of the answer.
    pub(crate) async fn send(&self, request: RequestBuilder) -> Answer {
        self.try_send(request).await.expect("an answer")
    }

    async fn try_send(&self, request: RequestBuilder) -> Result<Answer, reqwest::Error> {
        let answer = request.send().await?;
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        self.keep_cookies(&headers);
        Ok(Answer { status, headers, text: answer.text().await? })
    }

    /// Gets a path, or nothing when nobody answers.
    pub(crate) async fn try_get(&self, path: &str) -> Option<Answer> {
        self.try_send(self.request(Method::GET, path)).await.ok()
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(self.request(Method::POST, path).json(body)).await
    }

    pub(crate) async fn put(&self, path: &str, body: &Value) -> Answer {
        self.send(self.request(Method::PUT, path).json(body)).await
    }

    pub(crate) async fn patch(&self, path: &str, body: &Value) -> Answer {
        self.send(self.request(Method::PATCH, path).json(body)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.send(self.request(Method::DELETE, path)).await
    }

    /// Sends a form as a page of the application would: with its origin, and the token that its hidden field holds.
    pub(crate) async fn submit(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let mut all = fields.to_vec();
        all.extend(self.csrf.iter().map(|token| ("csrf", token.as_str())));
        self.submit_from(&self.base, path, &all).await
    }

    /// Sends a form that can carry a file, as a page of the application would.
    pub(crate) async fn submit_parts(&self, path: &str, form: Form) -> Answer {
        let form = form.text("csrf", self.csrf().to_owned());
        self.send(self.request(Method::POST, path).header(ORIGIN, &self.base).multipart(form)).await
    }

    /// Sends a form as a page of some site would.
    pub(crate) async fn submit_from(&self, origin: &str, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.send(self.request(Method::POST, path).header(ORIGIN, origin).form(fields)).await
    }

    /// The token that forms of this browser's session carry.
    pub(crate) fn csrf(&self) -> &str {
        self.csrf.as_deref().unwrap_or_default()
    }

    /// The value of a cookie.
    pub(crate) fn cookie(&self, name: &str) -> Option<String> {
        self.cookies.lock().expect("cookies").get(name).cloned()
    }

    fn keep_cookies(&self, headers: &HeaderMap) {
        let mut cookies = self.cookies.lock().expect("cookies");
        for header in headers.get_all(SET_COOKIE) {
            let header = header.to_str().expect("a cookie of ASCII");
            let pair = header.split(';').next().unwrap_or_default();
            let (name, value) = pair.split_once('=').expect("a cookie has a name");
            if value.is_empty() || header.contains("Max-Age=0") {
                cookies.remove(name);
            } else {
                cookies.insert(name.to_owned(), value.to_owned());
            }
        }
    }
}

impl Answer {
    /// The header, or the empty text.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The body of an answer that must have this status.
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text);
        self
    }

    /// The body as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error} in {:?}", self.text))
    }

    /// A problem document (RFC 9457) with this status; checks that it is a whole one.
    #[track_caller]
    pub(crate) fn problem(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        assert_eq!(self.header("content-type"), "application/problem+json");
        let problem = self.json();
        assert_eq!(problem["status"], status);
        for field in ["type", "title", "detail"] {
            assert!(problem[field].as_str().is_some_and(|text| !text.is_empty()), "{field} in {problem}");
        }
        problem
    }
}
