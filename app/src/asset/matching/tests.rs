use proptest::prelude::*;

use super::*;

fn matchers(patterns: &[(MatcherKind, &str)]) -> Matchers {
    let ids = 1_i64..;
    Matchers::new(
        patterns.iter().zip(ids).map(|((kind, text), id)| (*kind, pattern(*kind, text).unwrap(), id)),
    )
}

fn found(patterns: &[(MatcherKind, &str)], resource: &str) -> Option<i64> {
    matchers(patterns).find(resource).map(|found| found.asset_id)
}

use MatcherKind::{Arn, Host, Image, Name as Called, Purl, Repository};

#[test]
fn each_kind_knows_its_resources() {
    for (kind, text, resource) in [
        (Arn, "arn:aws:s3:::Exports", "arn:aws:s3:::exports"),
        (Image, "registry.example.com/shop/web", "registry.example.com/shop/web:1.4@sha256:00ff"),
        (Image, "registry.example.com:5000/shop/web", "registry.example.com:5000/shop/web:1.4"),
        (Repository, "https://git.example.com/shop/web.git", "git@git.example.com:shop/web.git"),
        (Repository, "git.example.com/shop/web", "https://git.example.com/shop/web"),
        (Purl, "pkg:maven/org.example/core", "pkg:maven/org.example/core@2.1?type=jar#a"),
        (Host, "https://shop.example.com/", "shop.example.com:8443"),
        (Host, "shop.example.com", "https://user@shop.example.com:8443/basket?item=1"),
        (Host, "2001:db8::1", "[2001:db8::1]:443"),
        (Called, "Payment ledger", "payment LEDGER"),
    ] {
        assert_eq!(found(&[(kind, text)], resource), Some(1), "{text} {resource}");
    }
}

#[test]
fn what_is_something_else_is_not_found() {
    for (kind, text, resource) in [
        (Host, "shop", "shop/web:1.4"),
        (Image, "shop/web", "shop/web2"),
        (Arn, "arn:aws:s3:::exports", "arn:aws:s3:::exports2"),
        (Repository, "shop/web", ""),
        (Purl, "pkg:npm/left", "pkg:npm/left-pad@1.0"),
    ] {
        assert_eq!(found(&[(kind, text)], resource), None, "{text} {resource}");
    }
}

#[test]
fn the_most_specific_pattern_wins() {
    let account = (Arn, "arn:aws:iam::111122223333:root");
    let all = (Arn, "arn:aws:*:*:111122223333:*");
    let cluster = (Arn, "arn:aws:ecs:eu-west-1:111122223333:cluster/shop");
    let task = "arn:aws:ecs:eu-west-1:111122223333:task/shop/0f9de17a";
    assert_eq!(found(&[account, all, cluster], task), Some(3));
    assert_eq!(found(&[cluster, account], task), Some(1));
    assert_eq!(found(&[account, all], task), Some(2));
    assert_eq!(found(&[(Arn, "111122223333")], task), Some(1));
    assert_eq!(found(&[(Arn, "444455556666")], task), None);
    assert_eq!(
        found(&[(Host, "*.example.com"), (Host, "*.shop.example.com")], "a.shop.example.com"),
        Some(2)
    );
}

#[test]
fn what_comes_and_goes_belongs_to_what_stays() {
    let stem = "arn:aws:lambda:eu-west-1:111122223333:function:resize";
    for (kind, text, resource) in [
        (Arn, stem, format!("{stem}:42")),
        (Arn, "arn:aws:ec2:*:111122223333:instance/*", arn("ec2", "instance/i-0abc")),
        (Arn, "111122223333", arn("ec2", "network-interface/eni-77")),
        (Arn, "arn:aws:eks:eu-west-1:111122223333:cluster/shop", arn("eks", "nodegroup/shop/a/b")),
        (
            Image,
            "111122223333.dkr.ecr.eu-west-1.amazonaws.com/shop/web",
            arn("ecr", "repository/shop/web/sha256:00"),
        ),
        (Called, "shop/deployment/web", "shop/Pod/web-7d9c6b5f8-x2x4z".to_owned()),
        (Called, "shop/statefulset/db", "shop/pod/db-0".to_owned()),
        (Called, "shop", "shop/Pod/web-7d9c6b5f8-x2x4z".to_owned()),
    ] {
        assert_eq!(found(&[(kind, text)], &resource), Some(1), "{text} {resource}");
    }
}

fn arn(service: &str, rest: &str) -> String {
    format!("arn:aws:{service}:eu-west-1:111122223333:{rest}")
}

#[test]
fn a_pattern_that_takes_everything_is_refused() {
    assert_eq!(pattern(Image, " "), Err(PatternProblem::Length));
    assert_eq!(pattern(Image, "*"), Err(PatternProblem::TooWide));
    assert_eq!(pattern(Image, "a*b"), Err(PatternProblem::TooWide));
    assert_eq!(pattern(Image, "abc*********"), Err(PatternProblem::Stars));
    assert_eq!(pattern(Image, "shop web"), Err(PatternProblem::Characters));
    assert_eq!(pattern(Called, "Shop Web").as_deref(), Ok("shop web"));
}

proptest! {
    /// A pattern made of a value by putting stars for parts of it covers the value.
    #[test]
    fn stars_stand_for_any_run(parts in proptest::collection::vec("[a-c/:]{0,4}", 1..6), fill in "[a-c/:]{0,5}") {
        let glob = parts.join("*");
        prop_assert!(covers(&glob, &parts.join(&fill)));
        prop_assert!(covers(&glob, &parts.concat()));
    }

    /// The answer does not hang on the order in which patterns were made.
    #[test]
    fn order_does_not_matter(turn in 0..4_usize) {
        let texts = ["arn:aws:ecs:*", "arn:aws:ecs:*:task/*", "arn:aws:*:task/*", "111122223333"];
        let patterns = texts.iter().zip(1_i64..).map(|(text, id)| (Arn, (*text).to_owned(), id));
        let mut turned: Vec<_> = patterns.collect();
        turned.rotate_left(turn);
        let found = Matchers::new(turned).find(&arn("ecs", "task/shop/1"));
        prop_assert_eq!(found.map(|found| found.asset_id), Some(2));
    }

    /// Whatever a report calls a resource, looking it up ends.
    #[test]
    fn any_text_is_looked_up(resource in "\\PC{0,60}") {
        let _ = matchers(&[(Arn, "arn:aws:*:*:1112*"), (Host, "*.example.com")]).find(&resource);
    }
}
