//! Somebody with a browser in front of `abate demo`.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use fantoccini::Locator;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Child;

use crate::harness::browser::Browser;
use crate::harness::process::command;

/// How often something is looked for again before the walk gives up.
const LOOKS: u32 = 150;
/// How long to wait between two looks.
const PAUSE: Duration = Duration::from_millis(200);

/// A visitor of a demo of their own.
pub(super) struct Visitor {
    demo: Child,
    browser: Browser,
    home: String,
}

impl Visitor {
    /// Starts the demo and opens a browser.
    pub(super) async fn arrive() -> Self {
        let mut demo = command(&["demo", "--port", "18480"])
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .expect("the demo starts");
        let mut lines = BufReader::new(demo.stdout.take().expect("an output")).lines();
        let home = async {
            while let Some(line) = lines.next_line().await.expect("a line") {
                if let Some((_, rest)) = line.split_once("Open ")
                    && let Some((home, _)) = rest.split_once("/demo")
                {
                    return home.to_owned();
                }
            }
            panic!("the demo ended before it was ready");
        };
        let home = tokio::time::timeout(Duration::from_secs(60), home).await.expect("the demo gets ready");
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Self { demo, browser: Browser::open(1360, 1000).await, home }
    }

    pub(super) async fn open(&self, path: &str) {
        self.browser.client.goto(&format!("{}{path}", self.home)).await.expect("a page");
    }

    /// Path of the page at hand.
    pub(super) async fn path(&self) -> String {
        self.browser.client.current_url().await.expect("an address").path().to_owned()
    }

    /// Waits until the page has `text` somewhere.
    pub(super) async fn sees(&self, text: &str) {
        for _ in 0..LOOKS {
            if self.body().await.contains(text) {
                return;
            }
            tokio::time::sleep(PAUSE).await;
        }
        panic!("{text:?} is not on the page:\n{}", self.body().await);
    }

    /// Waits until the page says `text`, loading it again in between.
    pub(super) async fn refresh_until(&self, text: &str) {
        for _ in 0..LOOKS {
            if self.body().await.contains(text) {
                return;
            }
            tokio::time::sleep(PAUSE).await;
            self.browser.client.refresh().await.expect("the page again");
        }
        panic!("{text:?} does not come to the page:\n{}", self.body().await);
    }

    /// Waits until the risk at hand shows a state.
    pub(super) async fn sees_state(&self, state: &str) {
        let badge =
            format!("//header//*[contains(@class, 'badge') and starts-with(normalize-space(), '{state}')]");
        self.find(Locator::XPath(&badge)).await;
    }

    pub(super) async fn sees_button(&self, label: &str) {
        self.find(Locator::XPath(&format!("//button[contains(normalize-space(), '{label}')]"))).await;
    }

    pub(super) async fn click_link(&self, text: &str) {
        let link = self.find(Locator::XPath(&format!("//a[contains(normalize-space(), '{text}')]"))).await;
        link.click().await.expect("a click");
    }

    pub(super) async fn press(&self, selector: &str) {
        self.find(Locator::Css(selector)).await.click().await.expect("a click");
    }

    /// Presses a button on the card of the JIRA board whose title has `words` in it.
    pub(super) async fn press_on_card(&self, words: &str, button: &str) {
        self.sees_on_card(words, button).await.click().await.expect("a click");
    }

    /// Waits until that card has a button.
    pub(super) async fn sees_on_card(&self, words: &str, button: &str) -> fantoccini::elements::Element {
        let path =
            format!("//article[.//h3[contains(., '{words}')]]//button[normalize-space() = '{button}']");
        self.find(Locator::XPath(&path)).await
    }

    /// Fills the form of a step and sends it.
    pub(super) async fn step(&self, event: &str, fields: &[(&str, &str)]) {
        let details = self.find(Locator::Css(&format!("#step-{event}"))).await;
        if details.attr("open").await.expect("an attribute").is_none() {
            details.find(Locator::Css("summary")).await.expect("a summary").click().await.expect("a click");
        }
        for (name, value) in fields {
            let found = details.find(Locator::Css(&format!("[name='{name}']"))).await;
            let Ok(field) = found else { panic!("the form of {event} has no field {name}") };
            if field.tag_name().await.expect("a name") == "select" {
                field.select_by_value(value).await.expect("a choice");
            } else {
                field.send_keys(value).await.expect("typing");
            }
        }
        details.find(Locator::Css("button")).await.expect("a button").click().await.expect("a click");
    }

    /// The step is not offered.
    pub(super) async fn cannot_step(&self, event: &str) {
        let offered = self.browser.client.find_all(Locator::Css(&format!("#step-{event}"))).await;
        assert!(offered.expect("a page").is_empty(), "{event} is offered");
    }

    /// Sends the form of a step that the page does not offer; answers the status.
    pub(super) async fn post_step(&self, risk: &str, event: &str) -> u64 {
        let script = "const [path, event, done] = arguments;\
            const csrf = document.querySelector('input[name=csrf]').value;\
            const version = document.querySelector('input[name=version]')?.value ?? '0';\
            const body = new URLSearchParams({csrf, version, event, reason: 'x', evidence: 'https://a.example/'});\
            fetch(path + '/transitions', {method: 'POST', body}).then(answer => done(answer.status));";
        let arguments = vec![risk.into(), event.into()];
        let answer = self.browser.client.execute_async(script, arguments).await.expect("an answer");
        answer.as_u64().expect("a status")
    }

    /// Becomes somebody else with the bar of the demo.
    pub(super) async fn become_(&self, who: &str) {
        self.press(&format!("button[name='identity'][value='{who}']")).await;
        self.find(Locator::Css(&format!("button[value='{who}'][aria-pressed='true']"))).await;
    }

    /// Says something in the Slack sandbox.
    pub(super) async fn say(&self, text: &str) {
        self.find(Locator::Css("#text")).await.send_keys(text).await.expect("typing");
        self.press(".say button").await;
    }

    pub(super) async fn all_steps_are_done(&self) {
        for _ in 0..LOOKS {
            let done = self.browser.client.find_all(Locator::Css(".steps li.done")).await.expect("a page");
            if done.len() == 5 {
                return;
            }
            tokio::time::sleep(PAUSE).await;
            self.browser.client.refresh().await.expect("the page again");
        }
        panic!("some steps of the tour are not done:\n{}", self.body().await);
    }

    /// Keeps a picture of the page when `ABATE_KEEP_SCREENSHOTS` names a folder for it.
    pub(super) async fn picture(&self, name: &str) {
        if let Some(folder) = std::env::var_os("ABATE_KEEP_SCREENSHOTS") {
            self.browser.screenshot(&PathBuf::from(folder).join(name)).await;
        }
    }

    pub(super) async fn leave(mut self) {
        self.browser.close().await;
        self.demo.kill().await.expect("the demo ends");
    }

    async fn body(&self) -> String {
        match self.browser.client.find(Locator::Css("body")).await {
            Ok(body) => body.text().await.unwrap_or_default(),
            Err(_) => String::new(),
        }
    }

    async fn find(&self, what: Locator<'_>) -> fantoccini::elements::Element {
        for _ in 0..LOOKS {
            if let Ok(found) = self.browser.client.find(what).await {
                return found;
            }
            tokio::time::sleep(PAUSE).await;
        }
        panic!("{what:?} is not on the page:\n{}", self.body().await);
    }
}
