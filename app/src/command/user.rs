//! `abate user`

use std::io::{IsTerminal, Read};
use std::process::ExitCode;

use clap::{Args, Subcommand};

use crate::access::actor::Via;
use crate::access::role::Role;
use crate::access::user_edit::{self, By, UserEdit};
use crate::access::{password_change, team, user};
use crate::audit_log;
use crate::config::Config;

/// `abate user …`
#[derive(Debug, Subcommand)]
pub(super) enum User {
    /// Make a user; the first one of a database gets every role but verifier
    Create(Create),
    /// Give somebody another password, who is signed out everywhere
    SetPassword(SetPassword),
    /// Say that somebody has left: they are signed out, and what they owned goes to others
    Deactivate(Deactivate),
}

/// Arguments of `abate user deactivate`.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  abate user deactivate --email ana@example.com")]
pub(super) struct Deactivate {
    /// Address of the user
    #[arg(long)]
    email: String,
}

/// Arguments of `abate user set-password`.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  abate user set-password --email ana@example.com\n\n\
    The password is read from standard input; from a terminal, or when there is none, one is made and printed once.")]
pub(super) struct SetPassword {
    /// Address of the user
    #[arg(long)]
    email: String,
}

/// Arguments of `abate user create`.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  abate user create --email ana@example.com --name Ana --role triager\n\n\
    The password is read from standard input; from a terminal, or when there is none, one is made and printed once.")]
pub(super) struct Create {
    /// Address, used to sign in
    #[arg(long)]
    email: String,
    /// Name shown to people
    #[arg(long)]
    name: String,
    /// Role to hold; give it several times for several
    #[arg(long = "role", value_name = "ROLE")]
    roles: Vec<Role>,
    /// Key of the team the roles are held in; all teams unless told
    #[arg(long)]
    team: Option<String>,
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
}

impl User {
    pub(super) async fn run(self, config: Config) -> anyhow::Result<ExitCode> {
        match self {
            Self::Create(create) => create.run(config).await,
            Self::SetPassword(set) => set.run(config).await,
            Self::Deactivate(deactivate) => deactivate.run(config).await,
        }
    }
}

impl Deactivate {
    async fn run(self, config: Config) -> anyhow::Result<ExitCode> {
        let state = super::open(config).await?;
        let by = By { actor_id: None, via: Via::Command, now: state.clock.now() };
        let edited = state.database.write(async |tx| {
            let user = user::known(tx, &self.email).await?;
            user_edit::edit(tx, by, user, UserEdit { active: Some(false), ..UserEdit::default() }).await
        });
        let user = edited.await?;
        state.database.close().await?;
        println!("{} has left. What they owned goes to others as soon as a server runs.", user.email);
        Ok(ExitCode::SUCCESS)
    }
}

impl SetPassword {
    async fn run(self, config: Config) -> anyhow::Result<ExitCode> {
        let state = super::open(config).await?;
        let given = read_password()?;
        let made = given.is_none();
        let password = given.unwrap_or_else(|| state.ids.secret::<15>());
        let hash = state.passwords.hash(&state.ids, &password).await?;
        let by = By { actor_id: None, via: Via::Command, now: state.clock.now() };
        let changed = state.database.write(async |tx| {
            let user = user::known(tx, &self.email).await?;
            password_change::change(tx, by, &user, &hash, None).await?;
            Ok(user.email)
        });
        let email = changed.await?;
        state.database.close().await?;
        println!("{email} has another password, and is signed out everywhere.");
        if made {
            println!("Password (shown only now): {password}");
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl Create {
    async fn run(self, config: Config) -> anyhow::Result<ExitCode> {
        let create = self;
        let state = super::open_or_make(config).await?;
        let given = read_password()?;
        let made = given.is_none();
        let password = given.unwrap_or_else(|| state.ids.secret::<15>());
        let password_hash = state.passwords.hash(&state.ids, &password).await?;
        let now = state.clock.now();
        let user = state
            .database
            .write(async |tx| {
                let team_id = match &create.team {
                    Some(key) => Some(team::by_key(tx, "--team", key).await?.id),
                    None => None,
                };
                let new = user::NewUser {
                    email: create.email.clone(),
                    name: create.name.clone(),
                    roles: create.roles.clone(),
                    team_id,
                    password_hash: Some(password_hash.clone()),
                };
                let user = user::create(tx, &new, now).await?;
                let data = serde_json::json!({"email": user.email, "roles": create.roles});
                let subject = format!("user-{}", user.id);
                audit_log::add_as(tx, None, Via::Command, "user.create", &subject, data, now).await?;
                Ok(user)
            })
            .await?;
        state.database.close().await?;
        if create.json {
            let password = made.then_some(&password);
            println!("{}", serde_json::json!({"id": user.id, "email": user.email, "password": password}));
        } else {
            println!("Made user {}.", user.email);
            if made {
                println!("Password (shown only now): {password}");
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// The first line of standard input, when something is piped in.
fn read_password() -> anyhow::Result<Option<String>> {
    let mut input = std::io::stdin();
    if input.is_terminal() {
        return Ok(None);
    }
    let mut text = String::new();
    input.read_to_string(&mut text)?;
    let line = text.lines().next().unwrap_or_default().to_owned();
    Ok((!line.is_empty()).then_some(line))
}
