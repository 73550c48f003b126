//! Whatever is sent, the answer is an answer: never a failure of ours, never half a write.

use abate::access::role::Role;
use reqwest::Method;
use reqwest::header::CONTENT_TYPE;
use serde_json::{Map, Value, json};

use super::route::{API, example};
use crate::harness::app::TestApp;

#[tokio::test]
async fn what_cannot_be_read_is_said_so() {
    let app = TestApp::spawn().await;
    let first = app.first().await;
    let send = async |kind: &str, body: String| {
        let request = first.api.request(Method::POST, "/api/v1/teams").header(CONTENT_TYPE, kind);
        first.api.send(request.body(body)).await
    };
    send("application/json", "{".to_owned()).await.problem(400);
    send("application/json", "{\"key\": 7, \"name\": \"Seven\"}".to_owned()).await.problem(422);
    send("application/json", "{\"key\": \"red\", \"nam\": \"Red\"}".to_owned()).await.problem(422);
    send("text/plain", "{}".to_owned()).await.problem(415);
    send("application/json", "[".repeat(100_000)).await.problem(422);
    send("application/json", format!("{{\"key\": \"{}\"}}", "x".repeat(2 * 1024 * 1024))).await.problem(413);
    first.api.get("/api/v1/nowhere").await.problem(404);
    first.api.get("/api/v1/risks/not-a-key").await.problem(404);
    first.api.get("/api/v1/risks?cursor=garbage").await.problem(422);
    first.api.get("/api/v1/risks?limit=0").await.problem(422);
}

/// Every field of every write, and every filter of every list, gets values that nobody expects.
#[tokio::test]
async fn odd_values_are_refused_or_taken_but_break_nothing() {
    let app = TestApp::spawn().await;
    app.asset("shop", None).await;
    app.risk("shop", "A risk").await;
    let person = app.person("all@example.org", &Role::ALL).await;
    let description = serde_json::to_value(abate::routes::description()).expect("JSON");
    let odd = [
        json!("a\u{0}b"),
        json!("\u{202e}\u{feff}\u{10ffff}"),
        json!("x".repeat(70_000)),
        json!(""),
        json!("9999999-12-31"),
        json!(-1),
        json!(i64::MAX),
        json!(1e308),
        json!(null),
        json!({"a": "b"}),
        json!([["\u{0}"]]),
        json!(["\u{0}"]),
    ];
    for (method, path, _) in API {
        let operation = &description["paths"][path][method.to_lowercase()];
        let address = example(path);
        let schema =
            resolve(&description, &operation["requestBody"]["content"]["application/json"]["schema"]);
        let usual = plausible(&description, schema);
        for field in usual.as_object().map(Map::keys).into_iter().flatten() {
            for value in &odd {
                let mut body = usual.clone();
                body[field] = value.clone();
                let request = person.api.request(method.parse().expect("a method"), &address).json(&body);
                let answer = person.api.send(request).await;
                assert!(answer.status < 500, "{method} {path} {field}={value}: {}", answer.text);
            }
        }
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            if parameter["in"] != "query" {
                continue;
            }
            let name = parameter["name"].as_str().expect("a name");
            for value in
                ["", "%00", "-1", "99999999999999999999", "%27%22%3B--", "%F0%9F%92%A9", "eyJ9", "*%25_"]
            {
                let answer = person.api.get(&format!("{address}?{name}={value}")).await;
                assert!(answer.status < 500, "{path}?{name}={value}: {}", answer.text);
            }
        }
    }
}

fn resolve<'a>(description: &'a Value, schema: &'a Value) -> &'a Value {
    let of = |name: &str| description.pointer(name.trim_start_matches('#')).expect("a schema of that name");
    match (schema["$ref"].as_str(), schema["oneOf"].as_array()) {
        (Some(name), _) => of(name),
        // An optional one is written as "null or that".
        (None, Some(choices)) => resolve(description, choices.last().expect("a choice")),
        _ => schema,
    }
}

/// A value that the schema allows.
fn plausible(description: &Value, schema: &Value) -> Value {
    let schema = resolve(description, schema);
    if let Some(words) = schema["enum"].as_array() {
        return words[0].clone();
    }
    let kind = schema["type"].as_array().map_or(&schema["type"], |kinds| &kinds[0]);
    match kind.as_str() {
        Some("object") => {
            let fields = schema["properties"].as_object();
            let fields = fields.into_iter().flatten();
            Value::Object(
                fields.map(|(name, schema)| (name.clone(), plausible(description, schema))).collect(),
            )
        }
        Some("array") => json!([]),
        Some("integer" | "number") => json!(1),
        Some("boolean") => json!(true),
        Some("string") => json!("text"),
        _ => Value::Null,
    }
}
