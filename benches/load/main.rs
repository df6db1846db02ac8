//! What does a login cost? Whole logins, rejoins and abandoned logins at the real program, beside a floor that does only
//! what no bridge can leave out, in the same run; and the other goals.
//!
//!     cargo bench --bench load [-- login rejoin abandoned start million in-flight replicas] [--rounds 7] [--number 4000]
//!         [--at-once 16] [--abandoned 1000000] [--bridge FILE] [--set BRIDGE_NAME=VALUE …]
//!
//! Without a name: `login rejoin abandoned start`. Bridge, floor and provider are processes of their own, on the loopback
//! interface, so that the processor time of each can be read from `/proc`, without that of the visitors. Bridge and floor
//! take turns, and each figure is the median of the rounds. Fails when anything went wrong, or takes more memory than its
//! goal; times and ratios are for people to judge, since a busy machine moves them. Linux only.
//!
//! | name | what |
//! |---|---|
//! | `login`, `rejoin`, `abandoned` | microseconds of CPU each, and the ratio to the floor |
//! | `start` | the time to the first answer, and the memory when nobody comes |
//! | `million` | the memory after 1,000,000 abandoned logins (`--abandoned` for another number) |
//! | `in-flight` | 5,000 logins at once at a provider that takes 200 ms |
//! | `replicas` | one, two and three bridges that share a Redis, each with a tenth of a processor and 64 visitors at once (needs `redis-server`, and root for cgroups) |

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a benchmark may be blunt"
)]

mod floor;
mod goals;
mod http;
#[path = "../support/program.rs"]
mod program;
mod provider;
mod redis;
mod replicas;
mod rounds;
mod visitors;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use program::{Program, free_address};
use rounds::{Place, Provider, Rounds};
use visitors::{Journey, Visitors};

/// What was asked for.
pub struct Asked {
    what: Vec<String>,
    rounds: usize,
    number: u64,
    at_once: u64,
    abandoned: u64,
    bridge: PathBuf,
    settings: Vec<(String, String)>,
}

impl Asked {
    fn read(mut arguments: impl Iterator<Item = String>) -> Self {
        let mut asked = Self {
            what: Vec::new(),
            rounds: 7,
            number: 4000,
            at_once: 16,
            abandoned: 1_000_000,
            bridge: env!("CARGO_BIN_EXE_jitsi-oidc-bridge").into(),
            settings: Vec::new(),
        };
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().expect("a value follows");
            match argument.as_str() {
                "--rounds" => asked.rounds = value().parse().expect("a number"),
                "--number" => asked.number = value().parse().expect("a number"),
                "--at-once" => asked.at_once = value().parse().expect("a number"),
                "--abandoned" => asked.abandoned = value().parse().expect("a number"),
                "--bridge" => asked.bridge = value().into(),
                "--set" => {
                    let value = value();
                    let (name, value) = value.split_once('=').expect("NAME=VALUE");
                    asked.settings.push((name.to_owned(), value.to_owned()));
                }
                // Cargo's own.
                "--bench" => {}
                "login" | "rejoin" | "abandoned" | "start" | "million" | "in-flight"
                | "replicas" => {
                    asked.what.push(argument);
                }
                other => panic!("unknown: {other}"),
            }
        }
        if asked.what.is_empty() {
            asked.what = ["login", "rejoin", "abandoned", "start"]
                .map(str::to_owned)
                .into();
        }
        asked
    }

    /// Starts the program with these settings besides.
    fn replica(
        &self,
        listen: SocketAddr,
        provider: &Provider,
        besides: impl IntoIterator<Item = (String, String)>,
    ) -> Program {
        let settings: Vec<_> = self.settings.iter().cloned().chain(besides).collect();
        Program::start_other(&self.bridge, listen, &provider.issuer, &settings)
    }

    /// Starts the program.
    fn bridge(&self, listen: SocketAddr, provider: &Provider) -> Program {
        Program::start_other(&self.bridge, listen, &provider.issuer, &self.settings)
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    raise_open_files();
    let mut arguments = std::env::args().skip(1).peekable();
    // The parts that run in processes of their own.
    match arguments.peek().map(String::as_str) {
        Some("provider-part") => {
            let delay = arguments.nth(1).and_then(|delay| delay.parse().ok());
            provider::run(Duration::from_millis(delay.expect("milliseconds"))).await;
            return ExitCode::SUCCESS;
        }
        Some("floor-part") => {
            floor::run(arguments.nth(1).expect("an issuer")).await;
            return ExitCode::SUCCESS;
        }
        _ => {}
    }
    if run(&Asked::read(arguments)).await {
        ExitCode::SUCCESS
    } else {
        println!("FAILED");
        ExitCode::FAILURE
    }
}

async fn run(asked: &Asked) -> bool {
    let provider = provider(Duration::ZERO);
    let listen = free_address().await;
    let bridge = asked.bridge(listen, &provider);
    bridge.wait_until_ready(listen).await;
    let bridge = Place {
        name: "bridge",
        program: bridge,
        visitors: Visitors::of(listen, &provider.issuer),
    };
    let (program, address) = Program::start_part(&["floor-part", &provider.issuer]);
    let floor = Place {
        name: "floor",
        program,
        visitors: Visitors::of(address, &provider.issuer),
    };
    for place in [&bridge, &floor] {
        place
            .visitors
            .go(Journey::Login, asked.number / 4, asked.at_once)
            .await;
    }
    let rounds = |journey, number| Rounds {
        journey,
        times: asked.rounds,
        number,
        at_once: asked.at_once,
    };
    let mut well = true;
    for what in &asked.what {
        well &= match what.as_str() {
            "login" => {
                let rounds = rounds(Journey::Login, asked.number);
                rounds.run(&provider, [&bridge, &floor]).await
            }
            "rejoin" => {
                let rounds = rounds(Journey::Rejoin, 4 * asked.number);
                rounds.run(&provider, [&bridge, &floor]).await
            }
            "abandoned" => {
                let rounds = rounds(Journey::Abandoned, 2 * asked.number);
                rounds.run(&provider, [&bridge, &floor]).await
            }
            "start" => goals::start(asked, &provider).await,
            "million" => goals::abandoned(asked, &provider, asked.abandoned).await,
            "replicas" => replicas::run(asked, &provider).await,
            _ => goals::in_flight(asked).await,
        };
    }
    for defect in bridge.program.defects() {
        println!("the log tells of a defect: {defect}");
        well = false;
    }
    well
}

/// Starts a provider that takes so long for each code.
#[must_use]
pub fn provider(delay: Duration) -> Provider {
    let delay = delay.as_millis().to_string();
    let (program, address) = Program::start_part(&["provider-part", &delay]);
    Provider {
        program,
        issuer: format!("http://{address}"),
    }
}

/// As many connections at once as the system allows; the parts inherit it.
fn raise_open_files() {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        maximum: limit.maximum,
    };
    setrlimit(Resource::Nofile, raised).expect("the limit of open files can be raised");
}
