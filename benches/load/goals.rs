//! Goals that need a bridge of their own: how soon it answers, how little it needs, and how much it bears.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use crate::program::free_address;
use crate::rounds::{Provider, median};
use crate::visitors::{Journey, Visitors};
use crate::{Asked, provider};

const STARTS: usize = 11;
const MOST_MILLISECONDS: f64 = 80.0;
const MOST_IDLE_KILOBYTES: f64 = 12.0 * 1000.0;
/// Memory may grow by so much, however many logins are abandoned.
const MOST_GROWTH_KILOBYTES: i64 = 5 * 1000;
/// Enough for every buffer and pool to have its size.
const WARM_UP: u64 = 20_000;
const IN_FLIGHT: u64 = 5000;
const SLOW: Duration = Duration::from_millis(200);

/// From the start of the process to its first answer, and what it then needs when nobody comes.
pub async fn start(asked: &Asked, provider: &Provider) -> bool {
    let (mut milliseconds, mut resident) = (Vec::new(), Vec::new());
    for _ in 0..STARTS {
        let listen = free_address().await;
        let begun = Instant::now();
        let program = asked.bridge(listen, provider);
        first_answer(listen).await;
        milliseconds.push(begun.elapsed().as_secs_f64() * 1e3);
        program.wait_until_ready(listen).await;
        resident.push(f64::from(program.resident_kilobytes()));
    }
    let (milliseconds, resident) = (median(milliseconds), median(resident));
    println!("start     {milliseconds:.0} ms to the first answer (goal: {MOST_MILLISECONDS})");
    println!("idle      {resident:.0} kB resident (goal: {MOST_IDLE_KILOBYTES})");
    // How fast the machine is does not count.
    resident < MOST_IDLE_KILOBYTES
}

async fn first_answer(listen: SocketAddr) {
    let deadline = Instant::now() + Duration::from_secs(20);
    let url = format!("http://{listen}/healthz");
    let http = reqwest::Client::builder().build().unwrap();
    while http.get(&url).send().await.is_err() {
        assert!(Instant::now() < deadline, "no answer comes");
        tokio::task::yield_now().await;
    }
}

/// Many logins that nobody ever comes back from.
pub async fn abandoned(asked: &Asked, provider: &Provider, number: u64) -> bool {
    let listen = free_address().await;
    let program = asked.bridge(listen, provider);
    program.wait_until_ready(listen).await;
    let visitors = Visitors::of(listen, &provider.issuer);
    visitors
        .go(Journey::Abandoned, WARM_UP, asked.at_once)
        .await;
    let before = i64::from(program.resident_kilobytes());
    let outcome = visitors.go(Journey::Abandoned, number, asked.at_once).await;
    let growth = i64::from(program.resident_kilobytes()) - before;
    println!(
        "abandoned {number} logins in {:.0} s: {growth:+} kB on top of {before} kB (goal: {MOST_GROWTH_KILOBYTES}); {} failed",
        outcome.took.as_secs_f64(),
        outcome.failures.len(),
    );
    growth < MOST_GROWTH_KILOBYTES && outcome.failures.is_empty()
}

/// Everybody at once, at a provider that takes its time.
pub async fn in_flight(asked: &Asked) -> bool {
    let provider = provider(SLOW);
    let listen = free_address().await;
    let program = asked.bridge(listen, &provider);
    program.wait_until_ready(listen).await;
    let visitors = Visitors::of(listen, &provider.issuer);
    let outcome = visitors.go(Journey::Login, IN_FLIGHT, IN_FLIGHT).await;
    for failure in outcome.failures.iter().take(3) {
        println!("in flight: {failure}");
    }
    println!(
        "in flight {IN_FLIGHT} logins at once, {} ms at the provider: {} failed; {:.1} s, p50 {:.0} ms, p99 {:.0} ms; {} kB",
        SLOW.as_millis(),
        outcome.failures.len(),
        outcome.took.as_secs_f64(),
        outcome.milliseconds(0.50),
        outcome.milliseconds(0.99),
        program.resident_kilobytes(),
    );
    outcome.failures.is_empty()
}
