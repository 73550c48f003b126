//! `/api/v1/me`, `/users`, `/teams` and `/tokens`: one file each.

mod me;
mod passwords;
mod teams;
mod tokens;
mod users;

use utoipa_actix_web::service_config::ServiceConfig;

/// Registers the endpoints.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(me::me)
        .service(me::change_me)
        .service(users::list_users)
        .service(users::create_user)
        .service(users::change_user)
        .service(passwords::set_password)
        .service(teams::list_teams)
        .service(teams::create_team)
        .service(teams::change_team)
        .service(tokens::list_tokens)
        .service(tokens::create_token)
        .service(tokens::revoke_token);
}

/// Tells a field that is null from one that was left out.
fn given<'de, D: serde::Deserializer<'de>>(value: D) -> Result<Option<Option<String>>, D::Error> {
    serde::Deserialize::deserialize(value).map(Some)
}
