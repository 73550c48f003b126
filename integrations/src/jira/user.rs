//! Finds accounts of people.

use super::client::{Call, JiraClient};
use super::dialect::Dialect;
use super::error::JiraError;
use super::model::Account;

impl JiraClient {
    /// The account that an address belongs to. Profiles may hide addresses, and without the permission to browse users the
    /// list is empty, so nobody found says nothing.
    pub async fn account_of(&self, email: &str) -> Result<Option<Account>, JiraError> {
        let name = match self.dialect() {
            Dialect::Cloud => "query",
            Dialect::DataCenter => "username",
        };
        let call = Call::read(self.path("user/search")).query(name, email).query("maxResults", "10");
        let found: Vec<serde_json::Value> = self.send(call).await?;
        let accounts: Vec<Account> =
            found.into_iter().filter_map(|user| serde_json::from_value(user).ok()).collect();
        Ok(the_one(accounts, email))
    }
}

/// The account that shows the address; where only one was found and shows none, it is that one, as the address was asked
/// for.
fn the_one(accounts: Vec<Account>, email: &str) -> Option<Account> {
    let shows = |account: &Account| {
        account.email_address.as_ref().is_some_and(|address| address.eq_ignore_ascii_case(email))
    };
    if let Some(found) = accounts.iter().find(|account| shows(account)) {
        return Some(found.clone());
    }
    match accounts.as_slice() {
        [only] if only.email_address.is_none() => Some(only.clone()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn somebody_else_is_never_taken_for_the_one() {
        let account = |id: &str, email: Option<&str>| Account {
            account_id: id.to_owned(),
            display_name: String::new(),
            email_address: email.map(str::to_owned),
        };
        let found =
            |accounts: &[Account]| the_one(accounts.to_vec(), "ana@example.org").map(|a| a.account_id);
        let (ana, hidden) = (account("a", Some("Ana@example.org")), account("h", None));
        assert_eq!(found(&[hidden.clone(), ana]).as_deref(), Some("a"));
        assert_eq!(found(std::slice::from_ref(&hidden)).as_deref(), Some("h"));
        assert_eq!(found(&[hidden.clone(), hidden]), None);
        assert_eq!(found(&[account("b", Some("ana@example.org.uk"))]), None);
        assert_eq!(found(&[]), None);
    }
}
