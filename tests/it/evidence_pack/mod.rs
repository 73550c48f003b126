//! Packs of evidence.

mod bytes;
mod days;
mod register;
mod rights;

use std::collections::BTreeMap;
use std::io::{Cursor, Read as _};

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::app::{Person, TestApp};

/// A pack, opened.
pub(crate) struct Opened {
    pub(crate) bytes: Vec<u8>,
    pub(crate) files: BTreeMap<String, String>,
}

impl Opened {
    pub(crate) fn of(bytes: Vec<u8>) -> Self {
        let mut archive = zip::ZipArchive::new(Cursor::new(&bytes)).expect("a zip");
        let mut files = BTreeMap::new();
        for place in 0..archive.len() {
            let mut file = archive.by_index(place).expect("a file");
            let mut content = Vec::new();
            file.read_to_end(&mut content).expect("its bytes");
            files.insert(file.name().to_owned(), String::from_utf8_lossy(&content).into_owned());
        }
        Self { bytes, files }
    }

    /// A file as JSON.
    #[track_caller]
    pub(crate) fn json(&self, name: &str) -> Value {
        serde_json::from_str(&self.files[name]).expect("JSON")
    }

    /// The rows of a section.
    #[track_caller]
    pub(crate) fn rows(&self, section: &str) -> Vec<Value> {
        self.json(&format!("{section}.json")).as_array().expect("rows").clone()
    }
}

/// Asks for a pack, waits until it is made, and gives what the API says of it.
pub(crate) async fn ask(app: &TestApp, who: &Person, form: Value) -> Value {
    let asked = who.api.post("/api/v1/evidence-packs", &form).await.expect(202).json();
    assert_eq!(asked["state"], "wanted");
    app.settle().await;
    who.api.get(&format!("/api/v1/evidence-packs/{}", asked["id"])).await.expect(200).json()
}

/// The pack that somebody asks for.
pub(crate) async fn pack(app: &TestApp, who: &Person, from: &str, to: &str) -> Opened {
    let made = ask(app, who, json!({"from": from, "to": to})).await;
    download(who, &made).await
}

/// The file of a pack that was made.
pub(crate) async fn download(who: &Person, made: &Value) -> Opened {
    assert_eq!(made["state"], "made", "{made:#}");
    let path = format!("/api/v1/evidence-packs/{}/file", made["id"]);
    let answer = who.api.request(Method::GET, &path).send().await.expect("an answer");
    assert_eq!(answer.status().as_u16(), 200);
    Opened::of(answer.bytes().await.expect("its bytes").to_vec())
}
