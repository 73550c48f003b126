//! Timers run side by side, each in one process at a time.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration as StdDuration;

use abate::platform::clock::{Clock, ClockHand};
use abate::platform::database::Database;
use abate::platform::job::Work;
use abate::platform::lease;
use abate::platform::timer::{Ticker, Timer};
use abate_entity::timer;
use chrono::Duration;
use sea_orm::EntityTrait as _;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::harness::app::beginning;
use crate::harness::database::TestDatabase;

/// What the timers of this test have done.
#[derive(Clone)]
struct Probe {
    quick: Arc<AtomicU32>,
    slow: Arc<AtomicU32>,
    /// The slow one ends when it gets a permit.
    gate: Arc<Semaphore>,
}

const TIMERS: [Timer<Probe>; 2] = [
    Timer { name: "test.slow", every: Duration::seconds(1), run: slow },
    Timer { name: "test.quick", every: Duration::seconds(1), run: quick },
];

fn slow(probe: &Probe) -> Work<'_> {
    Box::pin(async {
        probe.slow.fetch_add(1, Ordering::SeqCst);
        probe.gate.acquire().await.unwrap().forget();
        Ok(())
    })
}

fn quick(probe: &Probe) -> Work<'_> {
    Box::pin(async {
        probe.quick.fetch_add(1, Ordering::SeqCst);
        Ok(())
    })
}

async fn until(what: &str, condition: impl Fn() -> bool) {
    let reached = async {
        while !condition() {
            tokio::time::sleep(StdDuration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(StdDuration::from_secs(60), reached).await.expect(what);
}

struct Stage {
    database: Database,
    probe: Probe,
    clock: Clock,
    hand: ClockHand,
    stop: CancellationToken,
    _place: TestDatabase,
}

impl Stage {
    async fn new() -> Self {
        let place = TestDatabase::create().await;
        let database = Database::open(place.url()).await.unwrap();
        let probe = Probe { quick: Arc::default(), slow: Arc::default(), gate: Arc::new(Semaphore::new(0)) };
        let (clock, hand) = Clock::manual(beginning());
        Self { database, probe, clock, hand, stop: CancellationToken::new(), _place: place }
    }

    /// Another process, as far as timers can tell.
    fn process(&self, holder: &str) -> actix_web::rt::task::JoinHandle<()> {
        let ticker = Ticker {
            state: self.probe.clone(),
            database: self.database.clone(),
            clock: self.clock.clone(),
            timers: TIMERS.to_vec(),
            holder: holder.to_owned(),
        };
        let stop = self.stop.clone();
        actix_web::rt::spawn(async move { ticker.run(stop).await })
    }

    fn ran(&self) -> (u32, u32) {
        (self.probe.quick.load(Ordering::SeqCst), self.probe.slow.load(Ordering::SeqCst))
    }
}

/// A regression: timers ran one after another under one lease, so that a slow one held up all others, and was run by a
/// second process beside the first when it took long.
#[actix_web::test]
async fn a_slow_one_holds_up_no_other_and_runs_once_in_all_processes() {
    let stage = Stage::new().await;
    let processes = [stage.process("one"), stage.process("two")];
    for round in 1..=5 {
        until("both have begun", || stage.ran().0 >= round && stage.ran().1 >= 1).await;
        stage.hand.advance(Duration::seconds(2));
    }
    assert_eq!(stage.ran().1, 1, "it still runs");
    stage.probe.gate.add_permits(1);
    until("it runs again once it has ended", || stage.ran().1 == 2).await;
    stage.probe.gate.add_permits(100);
    stage.stop.cancel();
    for process in processes {
        process.await.unwrap();
    }
    let (quick, slow) = stage.ran();
    assert!(slow < quick, "{slow} and {quick}");
}

/// A process that ends waits for what it has begun, and leaves everything to the next one at once.
#[actix_web::test]
async fn at_the_end_what_has_begun_is_ended_and_every_timer_is_free() {
    let stage = Stage::new().await;
    let process = stage.process("one");
    until("it has begun", || stage.ran().1 == 1).await;
    stage.stop.cancel();
    stage.probe.gate.add_permits(1);
    process.await.unwrap();
    let rows = timer::Entity::find().all(stage.database.reader()).await.unwrap();
    assert_eq!(rows.len(), 2, "{rows:?}");
    let now = stage.clock.now();
    for timer in &TIMERS {
        let name = format!("timer:{}", timer.name);
        let taken = stage
            .database
            .write(async |tx| Ok(lease::take(tx, &name, "two", now, Duration::seconds(30)).await?));
        assert!(taken.await.unwrap(), "{name}");
    }
}
