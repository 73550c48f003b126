use super::*;
use crate::page::frame::{Frame, Section};
use crate::page::problem::ErrorPage;
use crate::page::sample;

fn anonymous() -> Frame {
    Frame { navigation: Vec::new(), user: None, ..sample::frame("Sign in", Section::Elsewhere) }
}

fn sign_in() -> SignInPage {
    SignInPage {
        frame: anonymous(),
        next: "/risks".into(),
        email: String::new(),
        error: String::new(),
        ask_code: false,
        no_users: false,
    }
}

#[test]
fn sign_in_asks_for_two_things() {
    insta::assert_snapshot!(sign_in().render().unwrap());
}

#[test]
fn a_failed_sign_in_keeps_the_address_and_asks_for_the_code() {
    let page = SignInPage {
        email: "priya@cloudvista.example".into(),
        error: "These details do not match. Check them and try again.".into(),
        ask_code: true,
        ..sign_in()
    };
    insta::assert_snapshot!(page.render().unwrap());
}

#[test]
fn what_was_typed_is_escaped() {
    let html = SignInPage { email: "\"><script>".into(), no_users: true, ..sign_in() }.render().unwrap();
    assert!(!html.contains("\"><script>"), "{html}");
}

#[test]
fn an_error_says_what_to_do() {
    let page = ErrorPage {
        frame: sample::frame("Not found", Section::Elsewhere),
        status: 404,
        title: "There is no risk R-9999".into(),
        detail: "It may belong to a team that you cannot see. Check the key, or search for its title.".into(),
        items: vec![("Key".into(), "no such risk".into())],
        reference: "0193f2c4".into(),
    };
    insta::assert_snapshot!(page.render().unwrap());
}
