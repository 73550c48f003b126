//! Rules. What becomes of a finding: the first rule that holds and fits decides; where none does, a person has to.

use abate_entity::level::Level;
use abate_entity::tier::Tier;
use chrono::NaiveDate;

use super::glob::fits;
use super::model::{Effect, Matcher, Rule};

/// A finding as the rules see it.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// What the tool says, none where it does not say.
    pub severity: Option<Level>,
    /// vulnerability, misconfiguration, secret, licence, code, dynamic or detection.
    pub kind: &'a str,
    /// File, image layer or resource.
    pub path: &'a str,
    /// The tool's rule or the vulnerability.
    pub rule: &'a str,
    /// The package's name, empty where there is none.
    pub package: &'a str,
    /// Key of the asset.
    pub asset: &'a str,
    /// How much depends on that asset.
    pub tier: Tier,
    /// Name of the source.
    pub source: &'a str,
    /// Whether a version that mends it is known.
    pub has_fix: bool,
}

/// What a rule decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ruling<'a> {
    /// What becomes of the finding.
    pub effect: Effect,
    /// Name of the rule, empty where none fits.
    pub rule: &'a str,
}

/// Decides about a finding by the rules that hold on a day.
#[must_use]
pub fn decide<'a>(rules: &'a [Rule], facts: &Facts<'_>, today: NaiveDate) -> Ruling<'a> {
    rules.iter().find(|rule| rule.holds_on(today) && matches(&rule.when, facts)).map_or(
        Ruling { effect: Effect::Wait, rule: "" },
        |rule| Ruling { effect: rule.effect, rule: &rule.name },
    )
}

fn matches(when: &Matcher, facts: &Facts<'_>) -> bool {
    let says =
        |pattern: &Option<String>, text: &str| pattern.as_ref().is_none_or(|pattern| fits(pattern, text));
    when.severity_at_least.is_none_or(|least| facts.severity.is_some_and(|severity| severity >= least))
        && when.severity_unknown.is_none_or(|unknown| unknown == facts.severity.is_none())
        && when.tier_at_least.is_none_or(|least| facts.tier >= least)
        && when.has_fix.is_none_or(|has_fix| has_fix == facts.has_fix)
        && says(&when.kind, facts.kind)
        && says(&when.path, facts.path)
        && says(&when.rule, facts.rule)
        && says(&when.package, facts.package)
        && says(&when.asset, facts.asset)
        && says(&when.source, facts.source)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::default_rule;
    use super::*;

    const PLAIN: Facts<'static> = Facts {
        severity: Some(Level::High),
        kind: "vulnerability",
        path: "usr/lib/a.so",
        rule: "CVE-2026-1",
        package: "liba",
        asset: "web",
        tier: Tier::Important,
        source: "trivy",
        has_fix: true,
    };

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn the_defaults_decide_as_people_expect() {
        let rules = default_rule::rules();
        let decided = |facts: Facts<'_>| decide(&rules, &facts, day("2026-03-02")).effect;
        assert_eq!(decided(PLAIN), Effect::MakeRisk);
        assert_eq!(decided(Facts { tier: Tier::Mission, ..PLAIN }), Effect::Confirm);
        assert_eq!(decided(Facts { tier: Tier::Mission, has_fix: false, ..PLAIN }), Effect::MakeRisk);
        assert_eq!(
            decided(Facts { tier: Tier::Mission, severity: Some(Level::Medium), ..PLAIN }),
            Effect::MakeRisk
        );
        assert_eq!(decided(Facts { severity: Some(Level::Low), ..PLAIN }), Effect::MakeRisk);
        assert_eq!(decided(Facts { severity: Some(Level::Info), ..PLAIN }), Effect::KeepFinding);
        assert_eq!(decided(Facts { severity: None, tier: Tier::Mission, ..PLAIN }), Effect::Wait);
    }

    #[test]
    fn the_first_rule_that_holds_decides_and_without_any_a_person_has_to() {
        let mut rules = default_rule::rules();
        rules.insert(
            0,
            Rule {
                name: "Shipped elsewhere".to_owned(),
                effect: Effect::Suppress,
                when: Matcher { package: Some("lib*".to_owned()), ..Matcher::default() },
                owner: "ana@example.com".to_owned(),
                reason: "Built for another product".to_owned(),
                ends_on: Some(day("2026-03-31")),
            },
        );
        let on = |text| decide(&rules, &PLAIN, day(text));
        assert_eq!(on("2026-03-31"), Ruling { effect: Effect::Suppress, rule: "Shipped elsewhere" });
        assert_eq!(on("2026-04-01").effect, Effect::MakeRisk);
        assert_eq!(decide(&[], &PLAIN, day("2026-03-02")), Ruling { effect: Effect::Wait, rule: "" });
    }

    proptest! {
        /// A worse severity never makes less of a finding under the defaults.
        #[test]
        fn worse_is_never_taken_more_lightly(low in 0..5_usize, high in 0..5_usize, mission: bool, has_fix: bool) {
            let rules = default_rule::rules();
            let rank = |level: usize| {
                let tier = if mission { Tier::Mission } else { Tier::Other };
                let facts = Facts { severity: Some(Level::ALL[level]), tier, has_fix, ..PLAIN };
                match decide(&rules, &facts, day("2026-03-02")).effect {
                    Effect::Suppress | Effect::KeepFinding => 0,
                    Effect::Wait => 1,
                    Effect::MakeRisk => 2,
                    Effect::Confirm => 3,
                }
            };
            prop_assert!(rank(low.min(high)) <= rank(low.max(high)));
        }
    }
}
