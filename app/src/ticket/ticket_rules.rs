//! Rules. What becomes of a ticket: which risks get one, what its status means for the risk and the other way
//! round, and how long to look for one whose creation is uncertain before another is made.

use abate_entity::level::Level;
use abate_entity::lifecycle::{Event, Resolution, State};
use abate_entity::text_enum;
use chrono::{DateTime, Duration, NaiveTime, Utc};

use super::mapping::model::{Resolutions, plain};

text_enum! {
    /// Where a ticket stands with us.
    pub enum TicketState ("ticket state") {
        /// Its team has had its tickets of the day; it is let go on another day.
        Held = "held",
        /// To be created.
        Wanted = "wanted",
        /// A create call is under way, or was when its worker vanished.
        Creating = "creating",
        /// There is one issue and we know it.
        Linked = "linked",
        /// There may be an issue; it is looked for.
        Unknown = "unknown",
        /// It cannot be known; a person decides.
        Quarantined = "quarantined",
        /// No longer wanted before it was created.
        Cancelled = "cancelled",
    }
}

text_enum! {
    /// The kinds of status that every workflow of JIRA shares.
    pub enum Category ("status category") {
        /// Nobody works on it.
        New = "new",
        /// Somebody works on it.
        Indeterminate = "indeterminate",
        /// The work has ended.
        Done = "done",
        /// Says nothing.
        Undefined = "undefined",
    }
}

text_enum! {
    /// Why an issue that carries our label is no ticket of ours.
    pub enum StrangerKind ("kind of stranger") {
        /// It carries the marker of a ticket that has another issue.
        Duplicate = "duplicate",
        /// It was made by this installation for a ticket that this database does not know.
        Orphan = "orphan",
        /// It was made by a copy of this database that was restored more often.
        NewerCopy = "newer_copy",
        /// It carries the label and no marker.
        Unmarked = "unmarked",
    }
}

/// The waits before the looks for a ticket whose creation is uncertain, from the moment it became so. JIRA's search
/// lags by seconds to minutes; only after the last look found nothing is it created again.
const LOOKS: [Duration; 4] =
    [Duration::seconds(15), Duration::seconds(60), Duration::seconds(120), Duration::seconds(240)];

/// How far a poll reaches back behind the last one: JIRA's query language knows whole minutes, and its index lags.
const OVERLAP: Duration = Duration::minutes(2);

/// What to do after a look that found nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// Look again then.
    Again(DateTime<Utc>),
    /// It was not created: create it.
    Create,
}

/// When to look first for a ticket that became uncertain at `since`.
#[must_use]
pub fn first_look(since: DateTime<Utc>) -> DateTime<Utc> {
    since + LOOKS[0]
}

/// What to do after a look at `now` that found nothing. However often that was so, the next create is as safe as the
/// first one: it follows a search that had time to catch up.
#[must_use]
pub fn after_look(since: DateTime<Utc>, now: DateTime<Utc>) -> Look {
    LOOKS.iter().map(|wait| since + *wait).find(|at| *at > now).map_or(Look::Create, Look::Again)
}

/// What a change of the ticket's status means for the risk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// Nothing.
    Nothing,
    /// A step of the lifecycle.
    Step(Event),
    /// No step, but the people at the ticket need an answer.
    Answer(Answer),
}

/// An answer to the people at a ticket whose move is not followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// To leave it is to accept it, which needs a request.
    AskToAccept,
    /// It is said to be no risk, which is for a triager to decide.
    AskToDismiss,
    /// The risk is accepted and stays so.
    StaysAccepted,
    /// Its fix waits for the verification and goes on waiting.
    StaysClaimed,
    /// It was closed as no risk of ours; a triager decides whether that still holds.
    AskToChallenge,
}

/// The resolutions that say "we live with it".
const LIVE_WITH: [&str; 4] = ["won't do", "won't fix", "risk accepted", "wont fix"];
/// The resolutions that say "this is no risk".
const NO_RISK: [&str; 5] = ["false positive", "not a bug", "invalid", "cannot reproduce", "not applicable"];
/// The resolution that says "this is there already".
const DUPLICATE: [&str; 1] = ["duplicate"];

/// What a resolution at JIRA says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Saying {
    /// It was mended, or nothing else.
    Fixed,
    /// Somebody lives with it.
    LiveWith,
    /// It is no risk.
    NoRisk,
    /// It is there already.
    Duplicate,
}

/// What a resolution of this name says at a site where `names` mean something.
#[must_use]
pub fn saying(name: &str, names: &Resolutions) -> Saying {
    let said = plain(name);
    let is_in = |list: &[String], usual: &[&str]| {
        if list.is_empty() {
            usual.contains(&said.as_str())
        } else {
            list.iter().any(|name| plain(name) == said)
        }
    };
    // What a site has named counts more than what is usual.
    if is_in(&names.fixed, &[]) {
        Saying::Fixed
    } else if is_in(&names.duplicate, &DUPLICATE) {
        Saying::Duplicate
    } else if is_in(&names.live_with, &LIVE_WITH) {
        Saying::LiveWith
    } else if is_in(&names.no_risk, &NO_RISK) {
        Saying::NoRisk
    } else {
        Saying::Fixed
    }
}

/// What it means that a person moved the ticket from `before` to `now`.
#[must_use]
pub fn meaning(
    state: State,
    resolution: Option<Resolution>,
    before: Category,
    now: Category,
    jira_resolution: Option<&str>,
    names: &Resolutions,
) -> Meaning {
    let back = before == Category::Done;
    match (now, state) {
        (Category::Undefined, _) | (Category::Done, State::Closed | State::Verification) => Meaning::Nothing,
        (Category::Done, _) => match saying(jira_resolution.unwrap_or_default(), names) {
            Saying::LiveWith => Meaning::Answer(Answer::AskToAccept),
            Saying::NoRisk | Saying::Duplicate => Meaning::Answer(Answer::AskToDismiss),
            Saying::Fixed => Meaning::Step(Event::ClaimFixed.spoken_in(state)),
        },
        (_, State::Verification) if back => Meaning::Step(Event::VerifyFail),
        (Category::New, State::Verification) => Meaning::Answer(Answer::StaysClaimed),
        (_, State::Closed) if back => match resolution {
            Some(resolution) if resolution.may_come_back() => Meaning::Step(Event::Reopen),
            _ => Meaning::Answer(Answer::AskToChallenge),
        },
        (_, State::Accepted) if back || now == Category::Indeterminate => {
            Meaning::Answer(Answer::StaysAccepted)
        }
        (Category::Indeterminate, State::Open) => Meaning::Step(Event::Start),
        _ => Meaning::Nothing,
    }
}

/// Where a ticket has to go, and with which resolution, by order of preference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The category to reach.
    pub category: Category,
    /// The names of the resolutions that fit.
    pub resolutions: Vec<String>,
}

/// Where the ticket of a risk has to go from `seen`, `None` where it may stay. `first` says that the ticket was
/// never told a state before: then work that has begun in JIRA is left alone.
#[must_use]
pub fn target(
    state: State,
    resolution: Option<Resolution>,
    seen: Category,
    first: bool,
    names: &Resolutions,
) -> Option<Target> {
    let plain = |category| Target { category, resolutions: Vec::new() };
    let wanted = match state {
        State::New | State::Triage | State::Open if first && seen == Category::Indeterminate => return None,
        State::New | State::Triage | State::Open => plain(Category::New),
        State::InProgress | State::Blocked => plain(Category::Indeterminate),
        State::Verification if seen == Category::Done => return None,
        State::Verification => plain(Category::Indeterminate),
        // Somebody lives with it, and that ends by itself: the ticket waits as it is.
        State::Accepted => return None,
        State::Closed => Target { category: Category::Done, resolutions: resolutions(resolution, names) },
    };
    (wanted.category != seen).then_some(wanted)
}

/// The names that a site has for a resolution first, then the usual ones.
fn resolutions(resolution: Option<Resolution>, names: &Resolutions) -> Vec<String> {
    let (own, usual): (&[String], &[&str]) = match resolution {
        Some(Resolution::Duplicate) => (&names.duplicate, &["Duplicate", "Won't Do", "Won't Fix", "Done"]),
        Some(Resolution::FalsePositive | Resolution::NotAffected | Resolution::Withdrawn) => {
            (&names.no_risk, &["Won't Do", "Won't Fix", "Declined", "Done"])
        }
        _ => (&names.fixed, &["Done", "Fixed", "Resolved"]),
    };
    own.iter().cloned().chain(usual.iter().map(|name| (*name).to_owned())).collect()
}

/// The names under which JIRA sites know the urgency of a level, best first.
fn priority_names(level: Level) -> &'static [&'static str] {
    match level {
        Level::Critical => &["highest", "critical", "blocker", "urgent", "p1"],
        Level::High => &["high", "major", "p2"],
        Level::Medium => &["medium", "normal", "p3"],
        Level::Low => &["low", "minor", "p4"],
        Level::Info => &["lowest", "trivial", "p5", "low"],
    }
}

/// The id of the priority that fits a level, among those a site offers as id and name.
#[must_use]
pub fn priority(level: Level, offered: &[(String, String)]) -> Option<&str> {
    priority_names(level)
        .iter()
        .find_map(|name| offered.iter().find(|(_, offered)| offered.eq_ignore_ascii_case(name)))
        .map(|(id, _)| id.as_str())
}

/// How many minutes a poll at `now` reaches back when the last one began at `last`.
#[must_use]
pub fn poll_minutes(last: DateTime<Utc>, now: DateTime<Utc>) -> i64 {
    ((now - last).max(Duration::zero()) + OVERLAP).num_minutes() + 1
}

/// How long a poll may take.
const SLOWEST_POLL: Duration = Duration::minutes(10);

/// Whether nobody has asked for so long what changed that a new ticket may be there already: a database that was restored
/// knows no ticket from after its backup. One that was never asked has nothing to know.
#[must_use]
pub fn is_out_of_touch(last: Option<DateTime<Utc>>, poll_every: Duration, now: DateTime<Utc>) -> bool {
    last.is_some_and(|last| now - last >= (poll_every * 2).max(SLOWEST_POLL))
}

/// Whether the nightly pass over all tickets is due: once after each two o'clock in the morning, each connection at a
/// minute of its own.
#[must_use]
pub fn full_pass_due(last: DateTime<Utc>, now: DateTime<Utc>, connection_id: i64) -> bool {
    let start = Duration::hours(2) + Duration::minutes(connection_id.rem_euclid(60));
    let today = now.date_naive().and_time(NaiveTime::MIN).and_utc() + start;
    let latest = if today <= now { today } else { today - Duration::days(1) };
    last < latest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_795_219_200 + seconds, 0).expect("a time")
    }

    fn usual() -> Resolutions {
        Resolutions::default()
    }

    #[test]
    fn a_site_may_have_names_of_its_own() {
        let names = Resolutions {
            fixed: vec!["Won't Do".to_owned()],
            no_risk: vec!["Kein Risiko".to_owned()],
            ..Resolutions::default()
        };
        let of = |name| saying(name, &names);
        assert_eq!((of("won’t do"), of("Won't Fix")), (Saying::Fixed, Saying::LiveWith));
        assert_eq!(
            (of("kein risiko"), of("Invalid"), of("Duplicate")),
            (Saying::NoRisk, Saying::Fixed, Saying::Duplicate)
        );
        let closed = |resolution| {
            let target = target(State::Closed, Some(resolution), Category::New, false, &names);
            target.expect("a way").resolutions
        };
        assert_eq!(closed(Resolution::FalsePositive)[..2], ["Kein Risiko", "Won't Do"]);
        assert_eq!(closed(Resolution::Remediated)[..2], ["Won't Do", "Done"]);
    }

    #[test]
    fn it_is_created_again_only_after_the_last_look() {
        let since = at(0);
        let mut now = first_look(since);
        let mut looks = 1;
        while let Look::Again(next) = after_look(since, now) {
            assert!(next > now);
            now = next;
            looks += 1;
        }
        assert_eq!((looks, now), (4, at(240)));
        assert_eq!(after_look(since, now), Look::Create);
    }

    #[test]
    fn nothing_is_created_before_a_poll_that_is_long_overdue() {
        let every = Duration::minutes(2);
        assert!(!is_out_of_touch(None, every, at(0)));
        assert!(!is_out_of_touch(Some(at(0)), every, at(599)));
        assert!(is_out_of_touch(Some(at(0)), every, at(600)));
    }

    #[test]
    fn no_status_ever_closes_a_risk() {
        for state in State::ALL.iter().copied() {
            for before in Category::ALL.iter().copied() {
                for now in Category::ALL.iter().copied() {
                    for said in [None, Some("Done"), Some("Won't Do"), Some("Duplicate")] {
                        let resolution = (state == State::Closed).then_some(Resolution::Remediated);
                        let allowed = match meaning(state, resolution, before, now, said, &usual()) {
                            Meaning::Step(event) => matches!(
                                event,
                                Event::ClaimFixed
                                    | Event::ClaimFixedDirect
                                    | Event::VerifyFail
                                    | Event::Reopen
                                    | Event::Start
                            ),
                            _ => true,
                        };
                        assert!(allowed, "{state} {before} {now} {said:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn done_claims_a_fix_unless_its_resolution_says_otherwise() {
        let done =
            |state, said| meaning(state, None, Category::Indeterminate, Category::Done, said, &usual());
        assert_eq!(done(State::InProgress, None), Meaning::Step(Event::ClaimFixed));
        assert_eq!(done(State::Open, Some("Done")), Meaning::Step(Event::ClaimFixedDirect));
        assert_eq!(done(State::Accepted, Some("Fixed")), Meaning::Step(Event::ClaimFixed));
        assert_eq!(done(State::Open, Some("Won’t Do")), Meaning::Answer(Answer::AskToAccept));
        assert_eq!(done(State::Open, Some("Duplicate")), Meaning::Answer(Answer::AskToDismiss));
        assert_eq!(done(State::Verification, Some("Done")), Meaning::Nothing);
    }

    #[test]
    fn only_leaving_done_takes_a_claim_back() {
        let moved = |before, now| meaning(State::Verification, None, before, now, None, &usual());
        assert_eq!(moved(Category::Done, Category::New), Meaning::Step(Event::VerifyFail));
        assert_eq!(moved(Category::Indeterminate, Category::Indeterminate), Meaning::Nothing);
        assert_eq!(moved(Category::Indeterminate, Category::New), Meaning::Answer(Answer::StaysClaimed));
        let closed =
            |resolution| meaning(State::Closed, resolution, Category::Done, Category::New, None, &usual());
        assert_eq!(closed(Some(Resolution::Remediated)), Meaning::Step(Event::Reopen));
        assert_eq!(closed(Some(Resolution::FalsePositive)), Meaning::Answer(Answer::AskToChallenge));
    }

    #[test]
    fn a_ticket_goes_where_its_risk_is_and_stays_when_it_is_there() {
        for state in State::ALL.iter().copied() {
            for seen in Category::ALL.iter().copied() {
                let to = |seen| target(state, Some(Resolution::Remediated), seen, false, &usual());
                if let Some(wanted) = to(seen) {
                    assert_ne!(wanted.category, seen);
                    assert_eq!(to(wanted.category), None);
                }
            }
        }
        assert_eq!(target(State::Verification, None, Category::Done, false, &usual()), None);
        assert_eq!(target(State::Open, None, Category::Indeterminate, true, &usual()), None);
    }

    #[test]
    fn priorities_are_found_by_name_and_left_out_when_strange() {
        let offered = |names: &[&str]| -> Vec<(String, String)> {
            names.iter().enumerate().map(|(id, name)| (id.to_string(), (*name).to_owned())).collect()
        };
        let usual = offered(&["Highest", "High", "Medium", "Low", "Lowest"]);
        assert_eq!(priority(Level::Critical, &usual), Some("0"));
        assert_eq!(priority(Level::Info, &usual), Some("4"));
        assert_eq!(priority(Level::High, &offered(&["Blocker", "Major", "Minor"])), Some("1"));
        assert_eq!(priority(Level::High, &offered(&["Now", "Later"])), None);
    }

    #[test]
    fn the_full_pass_is_due_once_a_night() {
        let time = |text: &str| text.parse::<DateTime<Utc>>().expect("a time");
        let last = time("2026-03-02T09:00:00Z");
        assert!(!full_pass_due(last, time("2026-03-03T02:06:59Z"), 7));
        assert!(full_pass_due(last, time("2026-03-03T02:07:00Z"), 7));
        let pass = time("2026-03-03T02:08:00Z");
        assert!(!full_pass_due(pass, time("2026-03-04T02:00:00Z"), 7));
        assert!(full_pass_due(pass, time("2026-03-05T00:00:00Z"), 7));
    }

    #[test]
    fn polls_overlap() {
        assert_eq!(poll_minutes(at(0), at(60)), 4);
        assert_eq!(poll_minutes(at(60), at(0)), 3);
    }
}
