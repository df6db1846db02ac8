//! Does it stay well under load? Mixed traffic at the machine's limit, each answer checked, and its memory watched.
//!
//!     cargo bench --bench soak [-- --minutes 30] [--clients 32] [--set BRIDGE_NAME=VALUE …]
//!
//! The server is the real program, in a process of its own; `--set` gives it a further setting. Clients work in a closed
//! loop: whole logins (four in ten), rejoins with a live session, abandoned logins, garbage, and a sign-out now and then.
//! Each person comes from an address of their own by `X-Forwarded-For`, which counts where the proxy is trusted.
//!
//! The number of live sessions is bounded: one for each person, and those that browsers lost, which end after twenty
//! seconds. Fails when an answer is not what it should be, when the log tells of an error or a panic, and when memory grows
//! (see `Memory::verdict`). Linux only: it reads `/proc`.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a benchmark may be blunt"
)]

mod client;
mod garbage;
#[path = "../support/id_tokens.rs"]
mod id_tokens;
#[path = "../support/program.rs"]
#[expect(dead_code, reason = "the load looks at more of it")]
mod program;
mod provider;
mod tally;

use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use client::{Client, IDLE_TIMEOUT, LIFETIME, PEOPLE};
use program::{Program, free_address};
use provider::Provider;
use tally::{Kind, Memory, Tally};

/// How often memory is looked at.
const LOOK: Duration = Duration::from_secs(5);
const MINUTE: Duration = Duration::from_mins(1);

struct Asked {
    minutes: u64,
    clients: usize,
    settings: Vec<(String, String)>,
}

impl Asked {
    fn read() -> Self {
        let mut asked = Self {
            minutes: 30,
            clients: 32,
            settings: vec![
                (
                    "BRIDGE_SESSION__IDLE_TIMEOUT".to_owned(),
                    format!("{}s", IDLE_TIMEOUT.as_secs()),
                ),
                (
                    "BRIDGE_SESSION__LIFETIME".to_owned(),
                    format!("{}s", LIFETIME.as_secs()),
                ),
            ],
        };
        let mut arguments = std::env::args().skip(1);
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().expect("a value follows");
            match argument.as_str() {
                "--minutes" => asked.minutes = value().parse().expect("a number"),
                "--clients" => asked.clients = value().parse().expect("a number"),
                "--set" => {
                    let value = value();
                    let (name, value) = value.split_once('=').expect("NAME=VALUE");
                    asked.settings.push((name.to_owned(), value.to_owned()));
                }
                // Cargo's own.
                "--bench" => {}
                other => panic!("unknown: {other}"),
            }
        }
        asked
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let asked = Asked::read();
    let provider = Provider::start().await;
    let listen = free_address().await;
    let mut program = Program::start(listen, &provider.issuer, &asked.settings);
    program.wait_until_ready(listen).await;

    let tally = Arc::new(Tally::default());
    let whole = MINUTE * u32::try_from(asked.minutes).unwrap();
    let begun = Instant::now();
    let mut clients = JoinSet::new();
    for number in 0..asked.clients {
        let client = Client::new(number, listen, provider.clone(), tally.clone());
        clients.spawn(client.run(begun + whole));
    }
    println!(
        "{} clients with {PEOPLE} people each, for {} min; live sessions: at most {}, and those that browsers lost in the last {} s",
        asked.clients,
        asked.minutes,
        asked.clients * PEOPLE,
        IDLE_TIMEOUT.as_secs()
    );

    let mut memory = Memory::default();
    let mut last_line = begun;
    while begun.elapsed() < whole && program.runs() {
        tokio::time::sleep(LOOK.min(whole.saturating_sub(begun.elapsed()))).await;
        memory
            .0
            .push((begun.elapsed(), program.resident_kilobytes()));
        if last_line.elapsed() + LOOK / 2 >= MINUTE {
            println!(
                "minute {}: {}; {} kB resident, {} files open",
                begun.elapsed().as_secs().div_ceil(60),
                tally.line(last_line.elapsed().as_secs_f64()),
                program.resident_kilobytes(),
                program.open_files()
            );
            last_line = Instant::now();
        }
    }
    let mut well = program.runs();
    if !well {
        println!("the program has ended");
        clients.abort_all();
    }
    while let Some(ended) = clients.join_next().await {
        well &= ended.is_ok();
    }
    // What came after the last line.
    tally.line(1.0);

    let (summary, wrong) = tally.summary();
    println!("{summary}");
    let (redeemed, refused) = provider.redeemed_and_refused();
    println!("the provider redeemed {redeemed} codes and refused {refused} requests");
    // One for each login, and none for whoever has a session.
    well &= wrong == 0 && refused == 0 && redeemed == tally.right(Kind::Login);
    let defects = program.defects();
    for line in &defects {
        println!("the log tells of a defect: {line}");
    }
    well &= defects.is_empty();
    let (verdict, good) = memory.verdict(whole);
    println!("{verdict}");
    if well && good {
        ExitCode::SUCCESS
    } else {
        println!("FAILED");
        ExitCode::FAILURE
    }
}
