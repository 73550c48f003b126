//! The four people of the demo.

use abate_entity::app_user;
use chrono::{DateTime, Utc};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ConnectionTrait, IntoActiveModel};

use crate::access::role::Role;
use crate::access::user::{self, NewUser};
use crate::access::{actor::Actor, actor::Via};
use crate::platform::problem::Problem;
use crate::sandbox::slack::SandboxPerson;

/// Somebody whom a visitor can be.
#[derive(Clone, Debug)]
pub struct Person {
    /// What forms call them.
    pub id: &'static str,
    /// Their number.
    pub user_id: i64,
    /// Their name.
    pub name: &'static str,
    /// Their address.
    pub email: &'static str,
    /// What they do, in a word.
    pub part: &'static str,
}

/// All of them.
#[derive(Clone, Debug)]
pub struct Cast {
    /// Triages: records, confirms, dismisses.
    pub ana: Person,
    /// Owns risks and mends them.
    pub dev: Person,
    /// Approves acceptances and answers for obligations.
    pub mona: Person,
    /// Verifies.
    pub vera: Person,
}

impl Cast {
    /// In the order in which the page shows them.
    #[must_use]
    pub fn all(&self) -> [&Person; 4] {
        [&self.ana, &self.dev, &self.mona, &self.vera]
    }

    /// Makes their accounts. They have no passwords: the demo's page signs in without.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn make(tx: &impl ConnectionTrait, now: DateTime<Utc>) -> Result<Self, Problem> {
        use Role::{
            Admin, Auditor, Engineer, Executive, HeadOfSecurity, Reporter, RiskManager, TeamLead, Triager,
            Verifier, Viewer,
        };
        // The first account of a database is given every role but verifier, so the one nobody plays goes first.
        make(tx, "root", "Root", "root@cloudvista.example", "", &[Admin, Auditor], now).await?;
        Ok(Self {
            ana: make(
                tx,
                "ana",
                "Ana",
                "ana@cloudvista.example",
                "triager",
                &[Viewer, Reporter, Triager],
                now,
            )
            .await?,
            dev: make(tx, "dev", "Dev", "dev@cloudvista.example", "owner", &[Viewer, Engineer], now).await?,
            mona: make(
                tx,
                "mona",
                "Mona",
                "mona@cloudvista.example",
                "approver",
                &[Viewer, RiskManager, TeamLead, HeadOfSecurity, Executive],
                now,
            )
            .await?,
            vera: make(tx, "vera", "Vera", "vera@cloudvista.example", "verifier", &[Viewer, Verifier], now)
                .await?,
        })
    }
}

impl Person {
    /// This person as somebody who acts on a page.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub async fn actor(&self, db: &impl ConnectionTrait) -> Result<Actor, Problem> {
        Actor::load(db, self.user_id, Via::Page).await
    }

    /// This person as somebody in the Slack sandbox.
    #[must_use]
    pub fn in_slack(&self) -> SandboxPerson {
        SandboxPerson {
            id: format!("U0{}", self.id.to_uppercase()),
            name: self.name.to_owned(),
            email: self.email.to_owned(),
        }
    }
}

async fn make(
    tx: &impl ConnectionTrait,
    id: &'static str,
    name: &'static str,
    email: &'static str,
    part: &'static str,
    roles: &[Role],
    now: DateTime<Utc>,
) -> Result<Person, Problem> {
    let new = NewUser {
        email: email.to_owned(),
        name: name.to_owned(),
        roles: roles.to_vec(),
        team_id: None,
        password_hash: None,
    };
    let row = user::create(tx, &new, now).await?;
    if id == "root" {
        let mut row = row.clone().into_active_model();
        row.active = Set(false);
        let _: app_user::Model = row.update(tx).await?;
    }
    Ok(Person { id, user_id: row.id, name, email, part })
}
