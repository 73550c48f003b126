//! A proxy on the socket that makes the network misbehave: between the product and a sandbox it loses answers,
//! refuses connections, delays and limits. The sandboxes themselves have no faults.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What happens to a request that a rule matches.
#[derive(Debug, Clone)]
pub(crate) enum Fault {
    /// It is forwarded and carried out, and its answer never arrives.
    LoseAnswer,
    /// The connection closes and nothing is forwarded.
    CloseBefore,
    /// It is forwarded after a while.
    DelayBefore(Duration),
    /// It is carried out, and its answer arrives after a while.
    DelayAnswer(Duration),
    /// It is not forwarded; the proxy answers itself.
    Answer {
        /// The status.
        status: u16,
        /// Headers of the answer.
        headers: Vec<(&'static str, String)>,
    },
    /// It is forwarded and carried out, and the proxy answers itself instead.
    AnswerAfter {
        /// The status.
        status: u16,
    },
}

/// Which requests misbehave, and how.
#[derive(Debug, Clone)]
pub(crate) struct Rule {
    /// The method; any where empty.
    pub(crate) method: &'static str,
    /// The end of the path before the query, or a part of it with a `*` in front and behind.
    pub(crate) path: String,
    /// How many matching requests pass before the rule applies.
    pub(crate) skip: usize,
    /// How many requests it applies to.
    pub(crate) count: usize,
    /// What happens to them.
    pub(crate) fault: Fault,
}

impl Rule {
    /// A rule for the next matching request.
    pub(crate) fn once(method: &'static str, path: &str, fault: Fault) -> Self {
        Self { method, path: path.to_owned(), skip: 0, count: 1, fault }
    }

    /// A rule for all matching requests until it is taken away.
    pub(crate) fn always(method: &'static str, path: &str, fault: Fault) -> Self {
        Self { count: usize::MAX, ..Self::once(method, path, fault) }
    }

    fn matches(&self, method: &str, path: &str) -> bool {
        let part = self.path.strip_prefix('*').and_then(|rest| rest.strip_suffix('*'));
        (self.method.is_empty() || self.method == method)
            && part.map_or_else(|| path.ends_with(&self.path), |part| path.contains(part))
    }
}

#[derive(Default)]
struct State {
    rules: Vec<Rule>,
    seen: HashMap<String, usize>,
}

/// A running proxy; it stops with the test's runtime.
#[derive(Clone)]
pub(crate) struct FaultProxy {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

impl FaultProxy {
    /// Starts a proxy in front of `target`.
    pub(crate) async fn start(target: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Arc::clone(&state);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let state = Arc::clone(&shared);
                tokio::spawn(async move {
                    // A connection that breaks is what this proxy is for.
                    let _ = serve(client, target, &state).await;
                });
            }
        });
        Self { address, state }
    }

    /// The address to call instead of the target's.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Adds a rule.
    pub(crate) fn add(&self, rule: Rule) {
        self.state.lock().expect("no panic inside").rules.push(rule);
    }

    /// Takes all rules away.
    pub(crate) fn clear(&self) {
        self.state.lock().expect("no panic inside").rules.clear();
    }

    /// How many requests with this method and path arrived.
    pub(crate) fn seen(&self, method: &str, path: &str) -> usize {
        let state = self.state.lock().expect("no panic inside");
        state.seen.get(&format!("{method} {path}")).copied().unwrap_or_default()
    }
}

fn decide(state: &Mutex<State>, method: &str, path: &str) -> Option<Fault> {
    let mut state = state.lock().expect("no panic inside");
    *state.seen.entry(format!("{method} {path}")).or_default() += 1;
    let rule = state.rules.iter_mut().find(|rule| rule.count > 0 && rule.matches(method, path))?;
    if rule.skip > 0 {
        rule.skip -= 1;
        return None;
    }
    rule.count -= usize::from(rule.count != usize::MAX);
    Some(rule.fault.clone())
}

/// Handles one request; every connection carries one only.
async fn serve(mut client: TcpStream, target: SocketAddr, state: &Mutex<State>) -> std::io::Result<()> {
    let Some(request) = read_request(&mut client).await? else { return Ok(()) };
    let fault = decide(state, &request.method, &request.path);
    match &fault {
        Some(Fault::CloseBefore) => return Ok(()),
        Some(Fault::DelayBefore(wait)) => tokio::time::sleep(*wait).await,
        Some(Fault::Answer { status, headers }) => return answer(&mut client, *status, headers).await,
        _ => {}
    }
    let mut upstream = TcpStream::connect(target).await?;
    upstream.write_all(&request.bytes).await?;
    let mut response = Vec::new();
    upstream.read_to_end(&mut response).await?;
    match fault {
        Some(Fault::LoseAnswer) => return Ok(()),
        Some(Fault::AnswerAfter { status }) => return answer(&mut client, status, &[]).await,
        Some(Fault::DelayAnswer(wait)) => tokio::time::sleep(wait).await,
        _ => {}
    }
    client.write_all(&response).await?;
    client.shutdown().await
}

async fn answer(
    client: &mut TcpStream,
    status: u16,
    headers: &[(&'static str, String)],
) -> std::io::Result<()> {
    let mut text = format!("HTTP/1.1 {status} Fault\r\nConnection: close\r\nContent-Length: 0\r\n");
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    text.push_str("\r\n");
    client.write_all(text.as_bytes()).await?;
    client.shutdown().await
}

struct Request {
    method: String,
    path: String,
    /// The whole request, with `Connection: close` in place of the client's wish.
    bytes: Vec<u8>,
}

async fn read_request(client: &mut TcpStream) -> std::io::Result<Option<Request>> {
    let mut bytes = Vec::new();
    let head = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end + 4;
        }
        if client.read_buf(&mut bytes).await? == 0 {
            return Ok(None);
        }
    };
    let text = String::from_utf8_lossy(&bytes[..head]).into_owned();
    let mut lines = text.split("\r\n");
    let mut words = lines.next().unwrap_or_default().split(' ');
    let method = words.next().unwrap_or_default().to_owned();
    let path = words.next().unwrap_or_default().split('?').next().unwrap_or_default().to_owned();
    let headers: Vec<&str> = lines.take_while(|line| !line.is_empty()).collect();
    let value = |name: &str| {
        headers.iter().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
        })
    };
    let mut body = bytes.split_off(head);
    if value("transfer-encoding").is_some_and(|coding| coding.eq_ignore_ascii_case("chunked")) {
        while !body.ends_with(b"0\r\n\r\n") {
            if client.read_buf(&mut body).await? == 0 {
                return Ok(None);
            }
        }
    } else {
        let length = value("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
        while body.len() < length {
            if client.read_buf(&mut body).await? == 0 {
                return Ok(None);
            }
        }
    }
    let first = text.split("\r\n").next().unwrap_or_default();
    let mut forwarded = format!("{first}\r\nConnection: close\r\n");
    for line in &headers {
        if !line.to_ascii_lowercase().starts_with("connection:") {
            forwarded.push_str(line);
            forwarded.push_str("\r\n");
        }
    }
    forwarded.push_str("\r\n");
    let mut bytes = forwarded.into_bytes();
    bytes.extend_from_slice(&body);
    Ok(Some(Request { method, path, bytes }))
}
