//! Datadog's security signals at the other end of a socket: lists, looks up and triages, and refuses what it refuses.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

/// The keys that it takes.
pub(crate) const API_KEY: &str = "api-CANARY-1234567890";
/// The keys that it takes.
pub(crate) const APPLICATION_KEY: &str = "app-CANARY-1234567890";

/// An answer that comes in place of the usual one.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    /// Begins the path of the request that it is for, with the method in front.
    pub(crate) request: &'static str,
    /// The status; 0 does what was asked, and then breaks the connection.
    pub(crate) status: u16,
    /// One more header.
    pub(crate) header: &'static str,
    /// Requests of this kind that are answered as usual before.
    pub(crate) skip: usize,
}

#[derive(Default)]
struct World {
    signals: Vec<Value>,
    faults: Vec<Fault>,
    /// Pages are never longer, whatever is asked for.
    page: usize,
    searches: Vec<Value>,
    triaged: Vec<(String, Value)>,
    refused: usize,
}

/// A running double.
#[derive(Clone)]
pub(crate) struct Datadog {
    address: SocketAddr,
    world: Arc<Mutex<World>>,
    /// Requests wait while set.
    held: Arc<AtomicBool>,
    waiting: Arc<AtomicUsize>,
}

impl Datadog {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let address = listener.local_addr().expect("an address");
        let world = Arc::new(Mutex::new(World { page: 100, ..World::default() }));
        let double = Self { address, world, held: Arc::default(), waiting: Arc::default() };
        let served = double.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(stream) = stream else { return };
                served.serve(stream);
            }
        });
        double
    }

    /// Where it is.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Adds a signal of a rule about a service.
    pub(crate) fn add(&self, id: &str, rule: &str, at: DateTime<Utc>) {
        self.world.lock().unwrap().signals.push(json!({
            "id": id, "type": "signal",
            "attributes": {
                "timestamp": at.to_rfc3339(), "message": "Many attempts.", "status": "high",
                "tags": ["service:login", "env:prod", "technique:t1110-brute-force"],
                "custom": {
                    "title": format!("Signal of {rule}"),
                    "workflow": {
                        "rule": { "id": rule, "name": rule }, "triage": { "state": "open" },
                        "first_seen": at.to_rfc3339(), "last_seen": at.to_rfc3339(),
                    },
                },
            },
        }));
    }

    /// A signal grows: something more happened.
    pub(crate) fn grow(&self, id: &str, at: DateTime<Utc>) {
        self.with(id, |signal| {
            signal["attributes"]["timestamp"] = json!(at.to_rfc3339());
            signal["attributes"]["custom"]["workflow"]["last_seen"] = json!(at.to_rfc3339());
        });
    }

    /// A person there moves a signal.
    pub(crate) fn move_to(&self, id: &str, state: &str) {
        self.with(id, |signal| signal["attributes"]["custom"]["workflow"]["triage"]["state"] = json!(state));
    }

    /// The triage state of a signal.
    pub(crate) fn state(&self, id: &str) -> String {
        let world = self.world.lock().unwrap();
        let signal = world.signals.iter().find(|signal| signal["id"] == id).expect("a signal");
        signal["attributes"]["custom"]["workflow"]["triage"]["state"].as_str().unwrap().to_owned()
    }

    /// What was written: ids and attributes, in order.
    pub(crate) fn triaged(&self) -> Vec<(String, Value)> {
        self.world.lock().unwrap().triaged.clone()
    }

    /// The bodies of the questions for lists.
    pub(crate) fn searches(&self) -> Vec<Value> {
        self.world.lock().unwrap().searches.clone()
    }

    /// Requests that were refused for their keys.
    pub(crate) fn refused(&self) -> usize {
        self.world.lock().unwrap().refused
    }

    pub(crate) fn page(&self, length: usize) {
        self.world.lock().unwrap().page = length;
    }

    pub(crate) fn fail(&self, request: &'static str, status: u16, header: &'static str) {
        self.world.lock().unwrap().faults.push(Fault { request, status, header, skip: 0 });
    }

    /// Like [`Self::fail`], after that many requests of the kind were answered as usual.
    pub(crate) fn fail_after(&self, skip: usize, request: &'static str, status: u16) {
        self.world.lock().unwrap().faults.push(Fault { request, status, header: "", skip });
    }

    /// Lets requests wait, or go on.
    pub(crate) fn hold(&self, held: bool) {
        self.held.store(held, Ordering::SeqCst);
    }

    /// Ends once a request waits.
    pub(crate) async fn asked(&self) {
        while self.waiting.load(Ordering::SeqCst) == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    fn with(&self, id: &str, change: impl FnOnce(&mut Value)) {
        let mut world = self.world.lock().unwrap();
        change(world.signals.iter_mut().find(|signal| signal["id"] == id).expect("a signal"));
    }

    fn serve(&self, mut stream: TcpStream) {
        let Some((line, headers, body)) = read(&mut stream) else { return };
        let key = |name: &str| {
            headers.lines().find_map(|line| {
                let (header, value) = line.split_once(':')?;
                header.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
            })
        };
        self.waiting.fetch_add(1, Ordering::SeqCst);
        while self.held.load(Ordering::SeqCst) {
            std::thread::sleep(Duration::from_millis(5));
        }
        self.waiting.fetch_sub(1, Ordering::SeqCst);
        let mut world = self.world.lock().unwrap();
        let at = world.faults.iter().position(|fault| line.starts_with(fault.request));
        let fault = at.and_then(|at| match world.faults[at].skip {
            0 => Some(world.faults.remove(at)),
            _ => {
                world.faults[at].skip -= 1;
                None
            }
        });
        let allowed = key("dd-api-key").as_deref() == Some(API_KEY)
            && key("dd-application-key").as_deref() == Some(APPLICATION_KEY);
        let (status, answer) = match &fault {
            Some(fault) if fault.status > 0 => (fault.status, json!({"errors": ["no"]})),
            _ if !allowed => {
                world.refused += 1;
                (403, json!({"errors": ["Forbidden"]}))
            }
            _ => world.answer(&line, &body),
        };
        drop(world);
        if fault.as_ref().is_some_and(|fault| fault.status == 0) {
            return;
        }
        let header = fault.map_or(String::new(), |fault| match fault.header {
            "" => String::new(),
            header => format!("{header}\r\n"),
        });
        let text = answer.to_string();
        let head = format!(
            "HTTP/1.1 {status} X\r\nContent-Type: application/json\r\n{header}Content-Length: {}\r\nConnection: \
             close\r\n\r\n",
            text.len()
        );
        let _ = stream.write_all(&[head.as_bytes(), text.as_bytes()].concat());
    }
}

impl World {
    fn answer(&mut self, line: &str, body: &Value) -> (u16, Value) {
        let (method, path) = line.split_once(' ').unwrap_or_default();
        let path = path.strip_prefix("/api/v2/security_monitoring/signals/").unwrap_or_default();
        match (method, path.split('/').collect::<Vec<_>>().as_slice()) {
            ("POST", ["search"]) => self.search(body),
            ("GET", [id]) => match self.signals.iter().find(|signal| signal["id"] == *id) {
                Some(signal) => (200, json!({ "data": signal })),
                None => (404, json!({"errors": ["Not found"]})),
            },
            ("PATCH", [id, "state"]) => {
                let attributes = body["data"]["attributes"].clone();
                let Some(signal) = self.signals.iter_mut().find(|signal| signal["id"] == *id) else {
                    return (404, json!({"errors": ["Not found"]}));
                };
                let state = attributes["state"].clone();
                if !["open", "under_review", "archived"].iter().any(|word| state == *word) {
                    return (400, json!({"errors": ["no such state"]}));
                }
                signal["attributes"]["custom"]["workflow"]["triage"]["state"] = state;
                self.triaged.push(((*id).to_owned(), attributes));
                (200, json!({"data": {"id": id, "type": "signal_metadata"}}))
            }
            _ => (404, json!({"errors": ["no such path"]})),
        }
    }

    fn search(&mut self, body: &Value) -> (u16, Value) {
        self.searches.push(body.clone());
        let time = |value: &Value| -> DateTime<Utc> { value.as_str().unwrap().parse().unwrap() };
        if body["sort"] != "timestamp" {
            return (400, json!({"errors": ["sort"]}));
        }
        let (from, to) = (time(&body["filter"]["from"]), time(&body["filter"]["to"]));
        let at = |signal: &Value| time(&signal["attributes"]["timestamp"]);
        let mut found: Vec<&Value> =
            self.signals.iter().filter(|signal| (from..=to).contains(&at(signal))).collect();
        found.sort_by_key(|signal| at(signal));
        let start = body["page"]["cursor"].as_str().map_or(0, |cursor| cursor.parse::<usize>().unwrap());
        let limit = body["page"]["limit"].as_u64().map_or(10, |limit| limit as usize).min(self.page);
        let page: Vec<&Value> = found.iter().skip(start).take(limit).copied().collect();
        let mut answer = json!({ "data": page, "meta": { "page": {} } });
        if start + limit < found.len() {
            answer["meta"]["page"]["after"] = json!((start + limit).to_string());
        }
        (200, answer)
    }
}

/// The request line without its version, the headers, and the body.
fn read(stream: &mut TcpStream) -> Option<(String, String, Value)> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end + 4;
        }
        match stream.read(&mut buffer) {
            Ok(0) | Err(_) => return None,
            Ok(count) => bytes.extend_from_slice(&buffer[..count]),
        }
    };
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
    });
    while bytes.len() < end + length.unwrap_or(0) {
        match stream.read(&mut buffer) {
            Ok(0) | Err(_) => return None,
            Ok(count) => bytes.extend_from_slice(&buffer[..count]),
        }
    }
    let (line, headers) = head.split_once("\r\n")?;
    let line = line.rsplit_once(' ')?.0.to_owned();
    Some((line, headers.to_owned(), serde_json::from_slice(&bytes[end..]).unwrap_or(Value::Null)))
}
