//! Finds accounts of people.

use serde_json::Value;

use super::client::{Call, JiraClient};
use super::dialect::Dialect;
use super::error::JiraError;
use super::model::Account;

impl JiraClient {
    /// The account that an address belongs to, where that is beyond doubt. Profiles may hide addresses, and without the
    /// permission to browse users the list is empty, so nobody found says nothing.
    pub async fn account_of(&self, email: &str) -> Result<Option<Account>, JiraError> {
        let name = match self.dialect() {
            Dialect::Cloud => "query",
            Dialect::DataCenter => "username",
        };
        let call = Call::read(self.path("user/search")).query(name, email).query("maxResults", "10");
        let found: Vec<Value> = self.send(call).await?;
        let is_sole = found.len() == 1;
        let works = found.into_iter().filter(can_work);
        let accounts: Vec<Account> = works.filter_map(|user| serde_json::from_value(user).ok()).collect();
        Ok(the_one(accounts, is_sole, email))
    }
}

/// Whether an account can be given work: those of apps, of customers of a help desk and of people who have left cannot.
fn can_work(user: &Value) -> bool {
    user["active"] != false && user["accountType"].as_str().is_none_or(|kind| kind == "atlassian")
}

/// The account that shows the address. The search answers whoever has a name or an address that begins with the text, and
/// leaves out what profiles hide: where nobody shows the address and only one was found, it is that one, but not where a
/// name explains why it was found. The name that people read is what anybody may write into their own profile. `is_sole` says
/// that the search found nobody else, not even somebody who has left.
fn the_one(mut accounts: Vec<Account>, is_sole: bool, email: &str) -> Option<Account> {
    let shows = |account: &Account| {
        account.email_address.as_ref().is_some_and(|address| address.eq_ignore_ascii_case(email))
    };
    if let Some(found) = accounts.iter().position(shows) {
        return Some(accounts.swap_remove(found));
    }
    let small = email.to_lowercase();
    // Signs that nobody sees hide nothing.
    let letters = |text: &str| -> String {
        text.to_lowercase()
            .chars()
            .filter(|sign| sign.is_alphanumeric() || sign.is_ascii_punctuation())
            .collect()
    };
    let names = |text: &str| letters(text).contains(&letters(&small));
    let is_sure = |account: &Account| {
        let is_named_so = account.account_id.to_lowercase() == small;
        is_named_so || !(names(&account.account_id) || names(&account.display_name))
    };
    match accounts.as_slice() {
        [only] if is_sole && only.email_address.is_none() && is_sure(only) => accounts.pop(),
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
        let found = |accounts: &[Account]| {
            the_one(accounts.to_vec(), accounts.len() == 1, "ana@example.org").map(|a| a.account_id)
        };
        let (ana, hidden) = (account("a", Some("Ana@example.org")), account("h", None));
        assert_eq!(found(&[hidden.clone(), ana]).as_deref(), Some("a"));
        assert_eq!(found(std::slice::from_ref(&hidden)).as_deref(), Some("h"));
        assert_eq!(found(&[hidden.clone(), hidden]), None);
        assert_eq!(found(&[account("b", Some("ana@example.org.uk"))]), None);
        assert_eq!(found(&[]), None);
        // Whoever writes the address of somebody else into the own name is found by it, too.
        let called = |name: &str| Account { display_name: name.to_owned(), ..account("n", None) };
        assert_eq!(found(&[called("Ana")]).as_deref(), Some("n"));
        for name in [" ANA@example.org (away)", "Ben ana@example.org", "\u{200b}ana@\u{2060}example.org"] {
            assert_eq!(found(&[called(name)]), None, "{name:?}");
        }
        let left = the_one(vec![account("h", None)], false, "ana@example.org");
        assert!(left.is_none(), "somebody else was found, who has left");
        // On Data Center the user's name may be the address.
        assert_eq!(found(&[account("ana@example.org", None)]).as_deref(), Some("ana@example.org"));
        assert_eq!(found(&[account("ana@example.org.uk", None)]), None);
    }

    #[test]
    fn only_accounts_of_people_who_work_there_are_found() {
        let user = |kind: &str, active| serde_json::json!({ "accountType": kind, "active": active });
        assert!(can_work(&user("atlassian", true)) && can_work(&serde_json::json!({ "name": "ana" })));
        assert!(!can_work(&user("customer", true)) && !can_work(&user("app", true)));
        assert!(!can_work(&user("atlassian", false)));
    }
}
