//! A right in a handler's signature: `Require<See>` runs the handler for those who may see, and for nobody else.

use std::future::Future;
use std::marker::PhantomData;
use std::ops::Deref;
use std::pin::Pin;

use actix_web::body::MessageBody;
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{AUTHORIZATION, HeaderMap};
use actix_web::middleware::Next;
use actix_web::{Error, FromRequest, HttpMessage, HttpRequest, web};

use super::actor::{Actor, Via, lacking};
use super::csrf;
use super::right::Right;
use super::session::{self, CurrentSession};
use super::token;
use crate::platform::problem::{Kind, Problem};
use crate::platform::trace;
use crate::state::AppState;

/// The caller, who holds the right `R` in at least one team.
#[derive(Debug)]
pub struct Require<R> {
    actor: Actor,
    right: PhantomData<R>,
}

impl<R> Require<R> {
    /// The caller.
    pub fn into_actor(self) -> Actor {
        self.actor
    }
}

impl<R> Deref for Require<R> {
    type Target = Actor;

    fn deref(&self) -> &Actor {
        &self.actor
    }
}

impl<R: Right + 'static> FromRequest for Require<R> {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let known = request.extensions_mut().remove::<Identity>();
        let request = request.clone();
        Box::pin(async move {
            let actor = match known {
                Some(Identity(known)) => known?,
                None => authenticate(&request).await?,
            };
            if actor.holds::<R>() { Ok(Self { actor, right: PhantomData }) } else { Err(lacking::<R>()) }
        })
    }
}

/// What `identify` found out about the sender, until the handler asks.
struct Identity(Result<Actor, Problem>);

/// Whether `identify` knows the sender.
pub(crate) fn is_known(request: &ServiceRequest) -> bool {
    request.extensions().get::<Identity>().is_some_and(|identity| identity.0.is_ok())
}

/// Finds out who sends a request before its handler's arguments are read, all at once: otherwise a stranger would be
/// told what is wrong with the body, and a form would be compared with a session that is not known yet.
pub async fn identify<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    if request.headers().contains_key(AUTHORIZATION) || session::carried(request.request()).is_some() {
        let identity = authenticate(request.request()).await;
        request.extensions_mut().insert(Identity(identity));
    }
    next.call(request).await
}

/// The number of the user who sends this request, where that is known.
pub(super) fn user_of(request: &ServiceRequest) -> Option<i64> {
    request.extensions().get::<Identity>().and_then(|identity| Some(identity.0.as_ref().ok()?.id))
}

/// Who sends this request: the owner of its bearer token or of its session.
async fn authenticate(request: &HttpRequest) -> Result<Actor, Problem> {
    let state = request
        .app_data::<web::Data<AppState>>()
        .ok_or_else(|| Problem::internal(anyhow::anyhow!("no application state")))?;
    let now = state.clock.now();
    let db = state.database.reader();
    if let Some(bearer) = bearer(request.headers()) {
        let valid = token::find(db, bearer, now).await?.ok_or_else(|| {
            Problem::new(Kind::Unauthenticated, "This token is not valid (any more); make a new one.")
        })?;
        if !valid.scope.allows(request.method(), request.path()) {
            return Err(Problem::new(
                Kind::Forbidden,
                format!("This token's scope is {}, which does not allow this request.", valid.scope),
            ));
        }
        trace::acts_for_person(format!("token-{}", valid.id));
        return Actor::load(db, valid.user_id, Via::Api).await;
    }
    let session = session::find(db, request, now).await?.ok_or_else(|| {
        Problem::new(Kind::Unauthenticated, "Sign in, or send a token as `Authorization: Bearer abt_…`.")
    })?;
    let of_api = request.path().starts_with("/api/");
    if !is_safe(request.method()) {
        csrf::check_origin(request, &state.config)?;
        // Forms of pages carry the token in their body, where `csrf::SignedForm` checks it.
        if of_api {
            csrf::check_header(request, &session)?;
        }
    }
    let actor = Actor::load(db, session.user_id, if of_api { Via::Api } else { Via::Page }).await?;
    request.extensions_mut().insert(CurrentSession(session));
    Ok(actor)
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers.get(AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ").map(str::trim)
}

fn is_safe(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}
