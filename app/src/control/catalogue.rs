//! Rules. The twelve controls that are there from the beginning, and what each answers for in frameworks. The pairing is
//! ours; ISO 9001 has few items that a control of security answers, and is left out elsewhere.

/// A control of the catalogue.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// Its number.
    pub key: &'static str,
    /// Name shown to people.
    pub name: &'static str,
    /// What shows that it works.
    pub measure: &'static str,
    /// How old its newest proof may be.
    pub cadence_days: i32,
    /// The items that it answers, in the order of `FRAMEWORKS`, each separated by blanks.
    pub items: [&'static str; 6],
}

/// The frameworks, each with its version and what it is called.
pub const FRAMEWORKS: [(&str, &str); 6] = [
    ("asvs_5.0.0", "OWASP ASVS 5.0.0"),
    ("asvs_4.0.3", "OWASP ASVS 4.0.3"),
    ("nist_csf_2.0", "NIST CSF 2.0"),
    ("iso27001_2022", "ISO/IEC 27001:2022, annex A"),
    ("iso9001_2015", "ISO 9001:2015"),
    ("cis_v8", "CIS Controls v8"),
];

/// The twelve.
pub const TWELVE: [Entry; 12] = [
    Entry {
        key: "C01",
        name: "Regular security audits using ASVS",
        measure: "Each audit cycle ends with a verdict on every requirement of its level, and what failed is a risk.",
        cadence_days: 365,
        items: [
            "V1 V2 V3 V4 V5 V6 V7 V8 V9 V10 V11 V12 V13 V14 V15 V16 V17",
            "V1.1",
            "ID.IM-01 ID.IM-02 ID.RA-01",
            "A.5.35 A.5.36 A.8.29",
            "9.2",
            "16.12 16.13 18.1",
        ],
    },
    Entry {
        key: "C02",
        name: "Patch management",
        measure: "Patches are reviewed every month; the share applied in time is known, and so is each exception.",
        cadence_days: 35,
        items: [
            "V15.1.1 V15.2.1",
            "V14.1 V14.2.1",
            "PR.PS-02 ID.RA-01",
            "A.8.8 A.8.32",
            "8.5.6",
            "7.1 7.2 7.3 7.4",
        ],
    },
    Entry {
        key: "C03",
        name: "Comprehensive employee training",
        measure: "The share of people whose course is current is known, with a course of their own for those who build and run.",
        cadence_days: 365,
        items: ["", "V1.1.6", "PR.AT-01 PR.AT-02", "A.6.3", "7.2", "14.1 14.2 14.9 16.9"],
    },
    Entry {
        key: "C04",
        name: "Web application firewall",
        measure: "Its logs come in every day, and its rules block instead of counting.",
        cadence_days: 7,
        items: [
            "V2.4 V13.2 V15.2.2",
            "V11.1.4 V13.1",
            "PR.IR-01 DE.CM-01",
            "A.8.20 A.8.23 A.8.26",
            "",
            "13.10",
        ],
    },
    Entry {
        key: "C05",
        name: "Multi-factor authentication",
        measure: "The share of customers, staff and administrators who sign in with a second factor is measured.",
        cadence_days: 90,
        items: ["V6.3.3 V6.5 V6.6 V6.7", "V2.2 V2.8 V2.9", "PR.AA-03", "A.5.17 A.8.5", "", "6.3 6.4 6.5"],
    },
    Entry {
        key: "C06",
        name: "Continuous monitoring",
        measure: "Every source is heard from as often as it should be, and what it finds is triaged in time.",
        cadence_days: 7,
        items: [
            "V16.2 V16.3 V16.4",
            "V7.1 V7.2 V7.3",
            "DE.AE-02 DE.CM-01 DE.CM-03 DE.CM-09 PR.PS-04",
            "A.8.15 A.8.16",
            "",
            "8.2 8.5 8.11 13.1 13.6",
        ],
    },
    Entry {
        key: "C07",
        name: "Role-based access control",
        measure: "Access is reviewed twice a year, and each policy that is too wide is an open risk.",
        cadence_days: 190,
        items: [
            "V8.1 V8.2 V8.3 V8.4 V13.2.2",
            "V1.4 V4.1 V4.2 V4.3",
            "PR.AA-05",
            "A.5.15 A.5.18 A.8.2 A.8.3",
            "",
            "3.3 5.4 6.8",
        ],
    },
    Entry {
        key: "C08",
        name: "Input validation and API hardening",
        measure: "The requirements on input and APIs pass, and what static and dynamic tests find is mended in time.",
        cadence_days: 90,
        items: [
            "V1.2 V1.3 V2.2 V2.3 V2.4 V4.1 V15.3.3",
            "V5.1 V5.2 V5.3 V13.1 V13.2",
            "PR.PS-06",
            "A.8.26 A.8.28",
            "",
            "16.1 16.10 16.12",
        ],
    },
    Entry {
        key: "C09",
        name: "Encryption",
        measure: "Keys are rotated when they are due, and checks of data in transit and at rest pass.",
        cadence_days: 365,
        items: ["V11 V12 V13.3 V14.2", "V6 V8.3 V9", "PR.DS-01 PR.DS-02", "A.8.24", "", "3.10 3.11"],
    },
    Entry {
        key: "C10",
        name: "Incident response plan",
        measure: "The plan is reviewed and rehearsed, what the rehearsal showed is done, and breaches are told in time.",
        cadence_days: 365,
        items: [
            "V16.3 V16.4",
            "V7.2",
            "ID.IM-02 ID.IM-04 RS.CO-02 RS.MA-01 RS.MA-04",
            "A.5.24 A.5.25 A.5.26 A.5.27 A.6.8",
            "10.2",
            "17.1 17.2 17.3 17.4 17.7 17.8",
        ],
    },
    Entry {
        key: "C11",
        name: "Dependency scanning",
        measure: "Each repository and image is scanned once a week, and the age of what is open is known.",
        cadence_days: 7,
        items: [
            "V15.1.1 V15.1.2 V15.2.1",
            "V10.3 V14.2",
            "ID.AM-02 ID.RA-01 ID.RA-09",
            "A.5.21 A.8.8 A.8.25",
            "",
            "2.1 7.5 16.4 16.5",
        ],
    },
    Entry {
        key: "C12",
        name: "Threat modelling",
        measure: "Each model is younger than a year and than the last change that matters, and its risks have owners.",
        cadence_days: 365,
        items: [
            "V1.1 V2.1 V6.1 V8.1 V15.1",
            "V1.1.2 V1.2 V1.3 V1.4 V1.5 V1.6 V1.7 V1.8 V1.9 V1.10 V1.11 V1.12 V1.13 V1.14",
            "ID.RA-03 ID.RA-04 ID.RA-05",
            "A.5.7 A.5.8 A.8.25 A.8.27",
            "6.1",
            "16.14",
        ],
    },
];

impl Entry {
    /// Every item that it answers, as framework and item.
    pub fn mappings(&self) -> impl Iterator<Item = (&'static str, &'static str)> + '_ {
        FRAMEWORKS
            .iter()
            .zip(self.items)
            .flat_map(|((framework, _), items)| items.split_whitespace().map(move |item| (*framework, item)))
    }
}

/// What a framework is called.
#[must_use]
pub fn title(framework: &str) -> &str {
    FRAMEWORKS.iter().find(|(known, _)| *known == framework).map_or(framework, |(_, title)| title)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_control_answers_something_once() {
        let keys: HashSet<_> = TWELVE.iter().map(|entry| entry.key).collect();
        assert_eq!(keys.len(), 12);
        for entry in TWELVE {
            let items: Vec<_> = entry.mappings().collect();
            let once: HashSet<_> = items.iter().collect();
            assert_eq!(items.len(), once.len(), "{}", entry.key);
            assert!(items.iter().any(|(framework, _)| *framework == "nist_csf_2.0"), "{}", entry.key);
            assert!(entry.cadence_days > 0 && !entry.measure.is_empty());
        }
    }

    /// What the items of each framework look like.
    #[test]
    fn items_are_spelled_as_in_their_framework() {
        let numbers = |text: &str| {
            text.split('.').all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
        };
        for (framework, item) in TWELVE.iter().flat_map(Entry::mappings) {
            let well = match framework {
                "asvs_5.0.0" | "asvs_4.0.3" => item.strip_prefix('V').is_some_and(numbers),
                "iso27001_2022" => item.strip_prefix("A.").is_some_and(numbers),
                "nist_csf_2.0" => item.len() == 8 && item.as_bytes()[2] == b'.' && item.as_bytes()[5] == b'-',
                _ => numbers(item),
            };
            assert!(well, "{framework} {item}");
        }
    }
}
