//! Rules. What is kept in versions: each has a name, and the newest of a name is the one in force.

/// One version of something; never changed once it was made.
#[derive(Clone, Debug)]
pub struct Version<T> {
    /// The number of its row.
    pub id: i64,
    /// Which one it is a version of.
    pub name: String,
    /// Counts the versions of that name.
    pub number: i32,
    /// What it says.
    pub data: T,
}

impl<T> Version<T> {
    /// Name and number, as `standard@1`.
    #[must_use]
    pub fn label(&self) -> String {
        format!("{}@{}", self.name, self.number)
    }
}

/// Every version that there is, oldest first.
#[derive(Clone, Debug)]
pub struct Kept<T>(Vec<Version<T>>);

impl<T> Kept<T> {
    /// Keeps versions, given in any order.
    #[must_use]
    pub fn new(mut versions: Vec<Version<T>>) -> Self {
        versions.sort_by_key(|version| (version.number, version.id));
        Self(versions)
    }

    /// Adds a version after the newest of its name, as it would be numbered when it is written.
    pub fn add(&mut self, name: &str, data: T) {
        let number = self.newest(name).map_or(0, |newest| newest.number) + 1;
        self.0.push(Version { id: 0, name: name.to_owned(), number, data });
    }

    /// Every version.
    pub fn all(&self) -> impl Iterator<Item = &Version<T>> {
        self.0.iter()
    }

    /// The newest version of a name.
    #[must_use]
    pub fn newest(&self, name: &str) -> Option<&Version<T>> {
        self.0.iter().rev().find(|version| version.name == name)
    }

    /// The newest version of each name, by name.
    #[must_use]
    pub fn in_force(&self) -> Vec<&Version<T>> {
        let newest: std::collections::BTreeMap<&str, &Version<T>> =
            self.0.iter().map(|version| (version.name.as_str(), version)).collect();
        newest.into_values().collect()
    }

    /// The version with a label such as `standard@1`.
    #[must_use]
    pub fn labelled(&self, label: &str) -> Option<&Version<T>> {
        let (name, number) = label.rsplit_once('@')?;
        let number = number.parse::<i32>().ok()?;
        self.0.iter().find(|version| version.number == number && version.name == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_name_never_takes_the_place_of_the_first() {
        let version = |id, name: &str, number| Version { id, name: name.to_owned(), number, data: id };
        let kept =
            Kept::new(vec![version(3, "other", 1), version(2, "standard", 2), version(1, "standard", 1)]);
        assert_eq!(kept.newest("standard").map(Version::label).as_deref(), Some("standard@2"));
        assert_eq!(kept.newest("other").map(|found| found.id), Some(3));
        assert_eq!(kept.labelled("standard@1").map(|found| found.data), Some(1));
        assert!(kept.newest("lost").is_none() && kept.labelled("standard@3").is_none());
        assert_eq!(kept.in_force().iter().map(|found| found.id).collect::<Vec<_>>(), [3, 2]);
    }
}
