//! Who calls. On Cloud a wrong token is not a 401 on most reads: the caller becomes anonymous, sees nothing, and a
//! header tells. On Data Center it is a 401.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header::HeaderMap;
use actix_web::{FromRequest, HttpRequest, HttpResponse, HttpResponseBuilder, web};
use base64::Engine as _;

use super::refusal::Refusal;
use super::world::BOT;
use super::{JiraSandbox, lock};

/// Where the gateway is.
pub(super) const GATEWAY: &str = "/ex/jira";

/// The caller of the REST interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Caller {
    /// The account with the token, whether it is one of Data Center, and whether an app acts for it.
    Account { server: bool, by_app: bool },
    /// Nobody: without credentials.
    Anonymous,
    /// Nobody: the credentials are wrong.
    Rejected,
}

impl Caller {
    /// Whether the caller sees the project.
    pub(super) fn is_known(self) -> bool {
        matches!(self, Self::Account { .. })
    }

    /// The builder of an answer, with the headers that tell who the caller is.
    pub(super) fn answer(self, status: u16) -> HttpResponseBuilder {
        let status = actix_web::http::StatusCode::from_u16(status).unwrap_or(actix_web::http::StatusCode::OK);
        let mut builder = HttpResponse::build(status);
        match self {
            Self::Account { server: false, .. } => builder.insert_header(("X-AACCOUNTID", BOT)),
            Self::Account { server: true, .. } => builder.insert_header(("X-AUSERNAME", BOT)),
            Self::Rejected => builder.insert_header(("X-Seraph-LoginReason", "AUTHENTICATED_FAILED")),
            Self::Anonymous => &mut builder,
        };
        builder
    }

    /// Turns a result into an answer that carries those headers also when it refuses.
    pub(super) fn finish(self, result: Result<HttpResponse, Refusal>) -> HttpResponse {
        result.unwrap_or_else(|refusal| self.answer(refusal.status()).json(refusal.body()))
    }

    /// For what an anonymous visitor never may.
    pub(super) fn known_or_401(self) -> Result<(), Refusal> {
        if self.is_known() {
            return Ok(());
        }
        Err(Refusal::message(401, "You must be authenticated to use this resource."))
    }

    /// For issues, which an anonymous visitor does not see.
    pub(super) fn known_or_404(self) -> Result<(), Refusal> {
        if self.is_known() { Ok(()) } else { Err(Refusal::no_issue()) }
    }
}

/// The name and secret of a request, joined by a colon.
fn pair(headers: &HeaderMap) -> Option<String> {
    let header = headers.get("authorization")?.to_str().ok()?;
    let pair = base64::engine::general_purpose::STANDARD.decode(header.strip_prefix("Basic ")?).ok()?;
    String::from_utf8(pair).ok()
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers.get("authorization")?.to_str().ok()?.strip_prefix("Bearer ")
}

impl JiraSandbox {
    /// The gateway takes the tokens of apps, and nothing else.
    fn gateway_caller(&self, headers: &HeaderMap) -> Result<Caller, Refusal> {
        match bearer(headers) {
            Some(token) if self.takes(token) => Ok(Caller::Account { server: false, by_app: true }),
            _ => Err(Refusal::message(401, "Unauthorized")),
        }
    }

    fn cloud_caller(&self, headers: &HeaderMap) -> Result<Caller, Refusal> {
        if bearer(headers).is_some() {
            return Err(Refusal::error(403, "Failed to parse Connect Session Auth Token"));
        }
        let Some(given) = pair(headers) else { return Ok(Caller::Anonymous) };
        let wanted = lock(&self.token).as_ref().map(|token| format!("{}:{token}", self.options.email));
        Ok(if Some(given) == wanted {
            Caller::Account { server: false, by_app: false }
        } else {
            Caller::Rejected
        })
    }

    fn server_caller(&self, headers: &HeaderMap) -> Result<Caller, Refusal> {
        if !headers.contains_key("authorization") {
            return Ok(Caller::Anonymous);
        }
        if bearer(headers).is_some_and(|given| lock(&self.token).as_deref() == Some(given)) {
            return Ok(Caller::Account { server: true, by_app: false });
        }
        Err(Refusal::message(401, "The access token is not valid."))
    }
}

impl FromRequest for Caller {
    type Error = Refusal;
    type Future = Ready<Result<Self, Refusal>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let Some(sandbox) = request.app_data::<web::Data<JiraSandbox>>() else {
            return ready(Ok(Self::Anonymous));
        };
        ready(if sandbox.is_server() {
            sandbox.server_caller(request.headers())
        } else if request.path().contains(GATEWAY) {
            sandbox.gateway_caller(request.headers())
        } else {
            sandbox.cloud_caller(request.headers())
        })
    }
}
