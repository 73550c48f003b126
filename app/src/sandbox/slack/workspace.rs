//! What the workspace remembers: conversations, messages, open modals, and what may be used once.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;

use super::refusal::Refusal;
use super::{SandboxPerson, SlackSandboxOptions};

pub(super) const TEAM: &str = "T0SANDBOX";
pub(super) const BOT: &str = "U0ABATE";
const TRIGGER_SECONDS: i64 = 3;
const ANSWER_MINUTES: i64 = 30;
const ANSWERS: u8 = 5;
/// Posts that a conversation takes at once before it slows down to one a second.
const BURST: f64 = 20.0;
/// Messages kept in a conversation; the oldest go first.
const KEPT: usize = 500;

#[derive(Debug, Clone)]
pub(super) struct Conversation {
    pub(super) id: String,
    pub(super) name: String,
    /// Whose direct conversation with the bot it is; none for a channel.
    pub(super) person: Option<String>,
    budget: f64,
    budget_at: Option<DateTime<Utc>>,
}

#[derive(Debug, Clone)]
pub(super) struct Post {
    pub(super) conversation: String,
    pub(super) ts: String,
    /// None: the bot.
    pub(super) author: Option<String>,
    /// Only this person sees it.
    pub(super) only_for: Option<String>,
    pub(super) text: String,
    pub(super) blocks: Vec<Value>,
    pub(super) metadata: Option<Value>,
    pub(super) edited: bool,
}

#[derive(Debug, Clone)]
pub(super) struct OpenView {
    pub(super) id: String,
    pub(super) hash: String,
    pub(super) person: String,
    pub(super) view: Value,
    /// What the app said is wrong, by block id.
    pub(super) errors: BTreeMap<String, String>,
}

#[derive(Debug, Clone)]
struct Trigger {
    person: String,
    until: DateTime<Utc>,
    used: bool,
}

#[derive(Debug, Clone)]
pub(super) struct AnswerAddress {
    pub(super) conversation: String,
    pub(super) person: String,
    pub(super) ts: Option<String>,
    until: DateTime<Utc>,
    left: u8,
}

#[derive(Debug)]
pub(super) struct Workspace {
    pub(super) persons: Vec<SandboxPerson>,
    pub(super) conversations: Vec<Conversation>,
    pub(super) posts: Vec<Post>,
    pub(super) views: BTreeMap<String, OpenView>,
    triggers: BTreeMap<String, Trigger>,
    addresses: BTreeMap<String, AnswerAddress>,
    last_ts: i64,
    serial: u64,
}

impl Workspace {
    pub(super) fn new(options: &SlackSandboxOptions) -> Self {
        let channel = |(index, name): (usize, &String)| Conversation {
            id: format!("C0{index:04}"),
            name: name.clone(),
            person: None,
            budget: BURST,
            budget_at: None,
        };
        Self {
            persons: options.persons.clone(),
            conversations: options.channels.iter().enumerate().map(channel).collect(),
            posts: Vec::new(),
            views: BTreeMap::new(),
            triggers: BTreeMap::new(),
            addresses: BTreeMap::new(),
            last_ts: 0,
            serial: 0,
        }
    }

    pub(super) fn person(&self, id: &str) -> Option<&SandboxPerson> {
        self.persons.iter().find(|person| person.id == id)
    }

    /// A conversation by id, by `#name`, or by the id of a person, whose direct conversation is opened.
    pub(super) fn target(&mut self, wanted: &str) -> Option<String> {
        if self.person(wanted).is_some() {
            return Some(self.direct(wanted));
        }
        let name = wanted.trim_start_matches('#');
        self.conversations
            .iter()
            .find(|conversation| {
                conversation.id == wanted || (conversation.person.is_none() && conversation.name == name)
            })
            .map(|conversation| conversation.id.clone())
    }

    /// The direct conversation of the bot with a person.
    pub(super) fn direct(&mut self, person: &str) -> String {
        let id = format!("D{}", person.trim_start_matches('U'));
        if !self.conversations.iter().any(|conversation| conversation.id == id) {
            self.conversations.push(Conversation {
                id: id.clone(),
                name: "Abate".to_owned(),
                person: Some(person.to_owned()),
                budget: BURST,
                budget_at: None,
            });
        }
        id
    }

    /// One post less to go in this conversation; refuses when there are none left for now.
    pub(super) fn spend(&mut self, conversation: &str, now: DateTime<Utc>) -> Result<(), Refusal> {
        let Some(conversation) = self.conversations.iter_mut().find(|other| other.id == conversation) else {
            return Ok(());
        };
        let elapsed = conversation.budget_at.map_or(0, |then| (now - then).num_milliseconds().max(0));
        let elapsed = f64::from(i32::try_from(elapsed).unwrap_or(i32::MAX)) / 1000.0;
        conversation.budget = (conversation.budget + elapsed).min(BURST);
        conversation.budget_at = Some(now);
        if conversation.budget < 1.0 {
            return Err(Refusal::rate_limited(1));
        }
        conversation.budget -= 1.0;
        Ok(())
    }

    /// A time stamp that no other message has.
    fn stamp(&mut self, now: DateTime<Utc>) -> String {
        self.last_ts = now.timestamp_micros().max(self.last_ts + 1);
        format!("{}.{:06}", self.last_ts / 1_000_000, self.last_ts % 1_000_000)
    }

    /// Keeps a message; its blocks get the ids that they lack.
    pub(super) fn post(&mut self, mut post: Post, now: DateTime<Utc>) -> String {
        post.ts = self.stamp(now);
        self.name_blocks(&mut post.blocks);
        let ts = post.ts.clone();
        let conversation = post.conversation.clone();
        self.posts.push(post);
        if self.posts.iter().filter(|post| post.conversation == conversation).count() > KEPT
            && let Some(oldest) = self.posts.iter().position(|post| post.conversation == conversation)
        {
            self.posts.remove(oldest);
        }
        ts
    }

    pub(super) fn post_mut(&mut self, conversation: &str, ts: &str) -> Option<&mut Post> {
        self.posts.iter_mut().find(|post| post.conversation == conversation && post.ts == ts)
    }

    pub(super) fn name_blocks(&mut self, blocks: &mut [Value]) {
        for block in blocks {
            if block["block_id"].as_str().is_none() {
                block["block_id"] = Value::String(self.fresh("b"));
            }
        }
    }

    /// A trigger that opens one modal for this person, soon.
    pub(super) fn trigger(&mut self, person: &str, now: DateTime<Utc>) -> String {
        self.triggers.retain(|_, trigger| trigger.until > now - TimeDelta::minutes(5));
        let id = format!("{}.{}", now.timestamp_millis(), self.fresh("t"));
        let until = now + TimeDelta::seconds(TRIGGER_SECONDS);
        self.triggers.insert(id.clone(), Trigger { person: person.to_owned(), until, used: false });
        id
    }

    /// Whose trigger this is; it cannot be used again.
    pub(super) fn spend_trigger(&mut self, id: &str, now: DateTime<Utc>) -> Result<String, Refusal> {
        let trigger = self.triggers.get_mut(id).ok_or_else(|| Refusal::new("invalid_trigger_id"))?;
        if trigger.used {
            return Err(Refusal::new("exchanged_trigger_id"));
        }
        if now > trigger.until {
            return Err(Refusal::new("expired_trigger_id"));
        }
        trigger.used = true;
        Ok(trigger.person.clone())
    }

    /// An address that takes answers; `ts` is the message whose button was pressed.
    pub(super) fn answer_address(
        &mut self,
        conversation: &str,
        person: &str,
        ts: Option<&str>,
        now: DateTime<Utc>,
    ) -> String {
        self.addresses.retain(|_, address| address.until > now - TimeDelta::hours(1));
        let id = self.fresh("r");
        let address = AnswerAddress {
            conversation: conversation.to_owned(),
            person: person.to_owned(),
            ts: ts.map(str::to_owned),
            until: now + TimeDelta::minutes(ANSWER_MINUTES),
            left: ANSWERS,
        };
        self.addresses.insert(id.clone(), address);
        id
    }

    /// What an address is for; one answer less to go.
    pub(super) fn spend_address(
        &mut self,
        id: &str,
        now: DateTime<Utc>,
    ) -> Result<AnswerAddress, &'static str> {
        let address = self.addresses.get_mut(id).ok_or("expired_url")?;
        if now > address.until {
            return Err("expired_url");
        }
        address.left = address.left.checked_sub(1).ok_or("used_url")?;
        Ok(address.clone())
    }

    /// An id that nothing else has. Guessing one gains nothing: the visitor may do everything here anyway.
    pub(super) fn fresh(&mut self, prefix: &str) -> String {
        self.serial += 1;
        format!("{prefix}{:08}", self.serial)
    }
}
