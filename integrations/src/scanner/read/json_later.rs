//! Objects whose lists can be read only when the rest of the object is known.

use super::json::{Bookmark, JsonReader};
use crate::scanner::finding::ParseError;

impl JsonReader<'_> {
    /// Gives every key of an object to a visitor like [`JsonReader::object`], but the keys in `later` only after those
    /// in `first`, wherever they stand. What comes too early is passed over and read again, so memory stays the same.
    pub(crate) fn object_in_order(
        &mut self,
        first: &[&str],
        later: &[&str],
        visit: &mut dyn FnMut(&mut Self, &str) -> Result<bool, ParseError>,
    ) -> Result<(), ParseError> {
        if self.skip_null()? {
            return Ok(());
        }
        let mut missing: Vec<&str> = first.to_vec();
        let mut waiting: Vec<(String, Bookmark)> = Vec::new();
        self.enter_object()?;
        while let Some(key) = self.next_key()? {
            if later.contains(&key.as_str()) && !missing.is_empty() {
                waiting.push((key, self.bookmark()));
                self.skip()?;
                continue;
            }
            missing.retain(|name| *name != key);
            if !visit(self, &key)? {
                self.skip()?;
            }
        }
        if waiting.is_empty() {
            return Ok(());
        }
        let end = self.bookmark();
        for (key, place) in &waiting {
            self.return_to(place)?;
            if !visit(self, key)? {
                self.skip()?;
            }
        }
        self.return_to(&end)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn order(text: &str) -> Result<String, ParseError> {
        let mut file = Cursor::new(text);
        let mut reader = JsonReader::new(&mut file)?;
        let mut seen = String::new();
        reader.object_in_order(&["name", "kind"], &["list"], &mut |reader, key| {
            seen.push_str(&format!("{key}={} ", reader.value::<serde_json::Value>()?));
            Ok(true)
        })?;
        reader.finish()?;
        Ok(seen)
    }

    #[test]
    fn lists_come_after_what_explains_them() {
        assert_eq!(order(r#"{"list": [1], "name": "a", "x": 1}"#).unwrap(), "name=\"a\" x=1 list=[1] ");
        assert_eq!(
            order(r#"{"kind": 1, "name": "a", "list": [1], "x": 2}"#).unwrap(),
            "kind=1 name=\"a\" list=[1] x=2 "
        );
        assert_eq!(order("null").unwrap(), "");
        assert!(order(r#"{"list": [1,"#).unwrap_err().reason.contains("cut short"));
    }
}
