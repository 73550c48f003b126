//! The built binary as its own process: commands, and a server that can be killed and started again.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::process::Stdio;
use std::time::Duration;

use tempfile::TempDir;
use tokio::io::AsyncWriteExt as _;
use tokio::process::{Child, Command};

use super::database::{SECRET_KEY, TestDatabase};
use super::http::Client;

/// How long anything may take before a test gives up. Generous, for a busy machine; nothing measures it.
const PATIENCE: Duration = Duration::from_secs(180);

/// What a command printed, and how it ended.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Outcome {
    /// The output of a command that must have succeeded.
    #[track_caller]
    pub(crate) fn success(self) -> String {
        assert_eq!(self.code, Some(0), "stdout: {}\nstderr: {}", self.stdout, self.stderr);
        self.stdout
    }
}

/// `abate` with the arguments and none of the settings of whoever runs the tests.
pub(crate) fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_abate"));
    command.args(arguments).stdin(Stdio::null()).kill_on_drop(true);
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("ABATE_")) {
        command.env_remove(name);
    }
    command.env("ABATE_SECRET_KEY", SECRET_KEY).env("ABATE_LOG", "warn");
    command
}

/// Runs `abate` on the database to its end.
pub(crate) async fn run(database: &TestDatabase, arguments: &[&str]) -> Outcome {
    run_with(database, arguments, &[], "").await
}

/// Runs `abate` on the database to its end, with more variables and a standard input.
pub(crate) async fn run_with(
    database: &TestDatabase,
    arguments: &[&str],
    variables: &[(&str, &str)],
    input: &str,
) -> Outcome {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut command = command(arguments);
    command.current_dir(folder.path()).env("ABATE_DATABASE_URL", database.url());
    finish(command.envs(variables.iter().copied()), input).await
}

/// Runs any command to its end.
pub(crate) async fn finish(command: &mut Command, input: &str) -> Outcome {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    let mut stdin = child.stdin.take().expect("a standard input");
    // A command that does not read its input closes it, which is no failure.
    drop(stdin.write_all(input.as_bytes()).await);
    drop(stdin);
    let output = tokio::time::timeout(PATIENCE, child.wait_with_output())
        .await
        .expect("the command ends in time")
        .expect("the command ends");
    Outcome {
        code: output.status.code(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// `abate serve` as a process of its own.
pub(crate) struct Server {
    child: Child,
    arguments: Vec<String>,
    variables: Vec<(String, String)>,
    address: SocketAddr,
    folder: TempDir,
}

impl Server {
    /// Starts `abate serve` on the database and waits until it is ready.
    pub(crate) async fn start(database: &TestDatabase) -> Self {
        Self::start_with(&["serve"], database, &[]).await
    }

    /// Starts a serving command with more variables and waits until it is ready.
    pub(crate) async fn start_with(
        arguments: &[&str],
        database: &TestDatabase,
        variables: &[(&str, &str)],
    ) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let address = free_address();
        let mut all = vec![
            ("ABATE_DATABASE_URL".to_owned(), database.url().to_owned()),
            ("ABATE_LISTEN".to_owned(), address.to_string()),
        ];
        all.extend(variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let arguments: Vec<_> = arguments.iter().map(|&argument| argument.to_owned()).collect();
        let child = spawn(&arguments, &all, &folder);
        let mut server = Self { child, arguments, variables: all, address, folder };
        server.wait_until_ready().await;
        server
    }

    /// A client of this server that is nobody yet.
    pub(crate) fn client(&self) -> Client {
        Client::new(&format!("http://{}", self.address))
    }

    /// Ends the process at once, without a chance to tidy up.
    pub(crate) async fn kill(&mut self) {
        self.child.kill().await.expect("the process can be killed");
    }

    /// Asks the process to end, as a service manager does, and gives its exit code.
    pub(crate) async fn terminate(&mut self) -> Option<i32> {
        if let Some(id) = self.child.id() {
            let asked = Command::new("kill").arg("-TERM").arg(id.to_string()).status().await;
            assert!(asked.expect("kill runs").success());
        }
        let status =
            tokio::time::timeout(PATIENCE, self.child.wait()).await.expect("the server ends in time");
        status.expect("the server ends").code()
    }

    /// Starts the process again on the same data and address.
    pub(crate) async fn restart(&mut self) {
        self.child = spawn(&self.arguments, &self.variables, &self.folder);
        self.wait_until_ready().await;
    }

    async fn wait_until_ready(&mut self) {
        let client = self.client();
        let ready = async {
            loop {
                if let Some(status) = self.child.try_wait().expect("the process can be asked") {
                    panic!("the server ended before it was ready: {status}");
                }
                if client.try_get("/readyz").await.is_some_and(|answer| answer.status == 200) {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(PATIENCE, ready).await.expect("the server is ready in time");
    }
}

fn spawn(arguments: &[String], variables: &[(String, String)], folder: &TempDir) -> Child {
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    let mut command = command(&arguments);
    command.current_dir(folder.path()).stdout(Stdio::null());
    command.envs(variables.iter().map(|(name, value)| (name, value)));
    command.spawn().expect("the server starts")
}

/// A loopback address whose port was free a moment ago.
pub(crate) fn free_address() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    listener.local_addr().expect("an address")
}
