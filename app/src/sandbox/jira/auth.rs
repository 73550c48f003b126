//! Who calls. A wrong token is not a 401 on most reads: the caller becomes anonymous, sees nothing, and a header
//! tells.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header::HeaderMap;
use actix_web::{FromRequest, HttpRequest, HttpResponse, HttpResponseBuilder, web};
use base64::Engine as _;

use super::refusal::Refusal;
use super::world::BOT;
use super::{JiraSandbox, lock};

/// The caller of the REST interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Caller {
    /// The account with the API token.
    Account,
    /// Nobody: without credentials.
    Anonymous,
    /// Nobody: the credentials are wrong.
    Rejected,
}

impl Caller {
    /// Whether the caller sees the project.
    pub(super) fn is_known(self) -> bool {
        self == Self::Account
    }

    /// The builder of an answer, with the headers that tell who the caller is.
    pub(super) fn answer(self, status: u16) -> HttpResponseBuilder {
        let status = actix_web::http::StatusCode::from_u16(status).unwrap_or(actix_web::http::StatusCode::OK);
        let mut builder = HttpResponse::build(status);
        match self {
            Self::Account => builder.insert_header(("X-AACCOUNTID", BOT)),
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

fn credentials(headers: &HeaderMap) -> Option<String> {
    let header = headers.get("authorization")?.to_str().ok()?;
    let pair = base64::engine::general_purpose::STANDARD.decode(header.strip_prefix("Basic ")?).ok()?;
    String::from_utf8(pair).ok()
}

impl FromRequest for Caller {
    type Error = Refusal;
    type Future = Ready<Result<Self, Refusal>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        if request
            .headers()
            .get("authorization")
            .is_some_and(|value| value.as_bytes().starts_with(b"Bearer "))
        {
            return ready(Err(Refusal::message(403, "The bearer token cannot be read.")));
        }
        let Some(sandbox) = request.app_data::<web::Data<JiraSandbox>>() else {
            return ready(Ok(Self::Anonymous));
        };
        let Some(given) = credentials(request.headers()) else { return ready(Ok(Self::Anonymous)) };
        let wanted = lock(&sandbox.token).as_ref().map(|token| format!("{}:{token}", sandbox.options.email));
        ready(Ok(if Some(given) == wanted { Self::Account } else { Self::Rejected }))
    }
}
