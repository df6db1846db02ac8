//! Several bridges that share a Redis: how the throughput grows with their number, and what each sign-in asks of the store.
//!
//! Each bridge gets a tenth of a processor and no more, by a control group, so that neither the provider nor the visitors
//! nor Redis are what everybody waits for, though all of them share one machine.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use crate::Asked;
use crate::program::{Program, free_address};
use crate::redis::{Redis, Work};
use crate::rounds::{Provider, float, median};
use crate::visitors::{Journey, Visitors};

const MOST_REPLICAS: u32 = 3;
/// Journeys at once for each bridge: enough for somebody to wait at it whenever it may go on.
const AT_ONCE: u64 = 64;
/// Microseconds of a processor in each tenth of a second.
const SHARE: u32 = 10_000;
const PERIOD: u32 = 100_000;

/// Where the system keeps its control groups: the second version has one tree, the first one for processors alone.
const TREES: [(&str, bool); 2] = [("/sys/fs/cgroup/cpu", false), ("/sys/fs/cgroup", true)];

/// A control group with a bounded share of a processor, removed in the end.
struct Bounded(PathBuf);

impl Bounded {
    fn around(program: &Program) -> std::io::Result<Self> {
        let (tree, unified) = TREES
            .into_iter()
            .find(|(tree, _)| Path::new(tree).join("cgroup.procs").exists())
            .ok_or_else(|| std::io::Error::other("no control groups"))?;
        let group = Path::new(tree).join(format!("bridge-load-{}", program.id()));
        fs::create_dir(&group)?;
        let group = Self(group);
        if unified {
            fs::write(group.0.join("cpu.max"), format!("{SHARE} {PERIOD}"))?;
        } else {
            fs::write(group.0.join("cpu.cfs_period_us"), PERIOD.to_string())?;
            fs::write(group.0.join("cpu.cfs_quota_us"), SHARE.to_string())?;
        }
        fs::write(group.0.join("cgroup.procs"), program.id().to_string())?;
        Ok(group)
    }
}

impl Drop for Bounded {
    fn drop(&mut self) {
        let _ = fs::remove_dir(&self.0);
    }
}

/// Bridges that share a store.
struct Replicas {
    bridges: Vec<(Program, SocketAddr)>,
    redis: Redis,
}

impl Replicas {
    async fn start(asked: &Asked, provider: &Provider, number: u32) -> Self {
        let redis = Redis::start(free_address().await);
        let mut bridges = Vec::new();
        let mut public = None;
        for _ in 0..number {
            let listen = free_address().await;
            let public = *public.get_or_insert(listen);
            let besides = [
                ("BRIDGE_SERVER__PUBLIC_URL", format!("http://{public}")),
                ("BRIDGE_SESSION__STORE", "redis".to_owned()),
                ("BRIDGE_SESSION__REDIS_URL", redis.url()),
                ("BRIDGE_SESSION__COOKIE_KEYS", "c".repeat(64)),
            ];
            let besides = besides.map(|(name, value)| (name.to_owned(), value));
            bridges.push((asked.replica(listen, provider, besides), listen));
        }
        for (bridge, listen) in &bridges {
            bridge.wait_until_ready(*listen).await;
        }
        Self { bridges, redis }
    }

    fn visitors(&self, provider: &Provider) -> Visitors {
        let addresses: Vec<_> = self.bridges.iter().map(|(_, address)| *address).collect();
        Visitors::of_replicas(&addresses, &provider.issuer)
    }
}

/// Prints the throughput of one, two and three, and what the store does for each sign-in; whether nothing went wrong.
pub async fn run(asked: &Asked, provider: &Provider) -> bool {
    let mut well = true;
    for journey in [Journey::Login, Journey::Rejoin] {
        let mut alone = f64::NAN;
        for number in 1..=MOST_REPLICAS {
            let replicas = Replicas::start(asked, provider, number).await;
            let visitors = replicas.visitors(provider);
            let at_once = AT_ONCE * u64::from(number);
            visitors.go(Journey::Login, asked.number / 4, at_once).await;
            let bounded: std::io::Result<Vec<Bounded>> = replicas
                .bridges
                .iter()
                .map(|(bridge, _)| Bounded::around(bridge))
                .collect();
            let bounded = bounded.expect("control groups that this user may make");
            let journeys = asked.number / 2 * u64::from(number);
            let before = replicas.redis.work();
            let mut rates = Vec::new();
            for _ in 0..asked.rounds {
                let outcome = visitors.go(journey, journeys, at_once).await;
                for failure in outcome.failures.iter().take(3) {
                    println!("{journey:?} at {number} replicas: {failure}");
                }
                well &= outcome.failures.is_empty();
                rates.push(float(journeys) / outcome.took.as_secs_f64());
            }
            let work = replicas.redis.work();
            drop(bounded);
            let rate = median(rates);
            if number == 1 {
                alone = rate;
            }
            let done = float(journeys) * float(u64::try_from(asked.rounds).unwrap_or(1));
            println!(
                "{:9} replicas {number}  {rate:6.0}/s  {:4.2} x one  Redis {:5.1} µs CPU each",
                format!("{journey:?}").to_lowercase(),
                rate / alone,
                (work.processor - before.processor) / done,
            );
            if number == 1 {
                print_commands(&before, &work, done);
            }
        }
    }
    well
}

fn print_commands(before: &Work, after: &Work, done: f64) {
    for (name, (calls, microseconds)) in &after.commands {
        let (calls_before, before) = before.commands.get(name).copied().unwrap_or_default();
        let calls = calls - calls_before;
        if calls / done > 0.01 {
            println!(
                "          Redis {name:20} {:4.2} times each, {:4.2} µs a time",
                calls / done,
                (microseconds - before) / calls,
            );
        }
    }
}
