//! What happened: journeys by kind and outcome, the time that requests took, and what memory did.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Mutex;
use std::time::Duration;

/// What a client does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Login,
    Rejoin,
    Abandoned,
    Garbage,
    SignOut,
}

/// The most wrong outcomes that are told in full.
const MOST_TOLD: usize = 20;

#[derive(Default)]
pub struct Tally {
    minute: Mutex<Minute>,
    all: Mutex<Totals>,
}

#[derive(Default)]
struct Minute {
    journeys: BTreeMap<(Kind, bool), u64>,
    microseconds: Vec<u32>,
}

#[derive(Default)]
struct Totals {
    journeys: BTreeMap<(Kind, bool), u64>,
    requests: u64,
    wrong: Vec<String>,
    number_wrong: u64,
}

impl Tally {
    /// One journey is over: as it should be, or wrong.
    pub fn journey(&self, kind: Kind, outcome: Result<(), String>) {
        let right = outcome.is_ok();
        for journeys in [
            &mut self.minute.lock().unwrap().journeys,
            &mut self.all.lock().unwrap().journeys,
        ] {
            *journeys.entry((kind, right)).or_default() += 1;
        }
        if let Err(why) = outcome {
            let mut all = self.all.lock().unwrap();
            all.number_wrong += 1;
            if all.wrong.len() < MOST_TOLD {
                all.wrong.push(format!("{kind:?}: {why}"));
            }
        }
    }

    /// One request was answered.
    pub fn request(&self, took: Duration) {
        let took = u32::try_from(took.as_micros()).unwrap_or(u32::MAX);
        self.minute.lock().unwrap().microseconds.push(took);
    }

    /// A line about the time since the last one, in which so many seconds passed.
    pub fn line(&self, seconds: f64) -> String {
        let Minute {
            journeys,
            mut microseconds,
        } = std::mem::take(&mut *self.minute.lock().unwrap());
        let number = microseconds.len();
        self.all.lock().unwrap().requests += number as u64;
        microseconds.sort_unstable();
        let milliseconds = |percent: usize| {
            let at = (number * percent / 100).min(number.saturating_sub(1));
            microseconds
                .get(at)
                .map_or(0.0, |&took| f64::from(took) / 1000.0)
        };
        let number = u32::try_from(number).unwrap_or(u32::MAX);
        format!(
            "{:.0} requests/s; p50 {:.1} ms, p99 {:.1} ms; {}",
            f64::from(number) / seconds,
            milliseconds(50),
            milliseconds(99),
            told(&journeys)
        )
    }

    /// A line about everything, and how many journeys went wrong.
    pub fn summary(&self) -> (String, u64) {
        let all = self.all.lock().unwrap();
        let mut text = format!("{} requests; {}", all.requests, told(&all.journeys));
        for wrong in &all.wrong {
            let _ = write!(text, "\n  wrong: {wrong}");
        }
        (text, all.number_wrong)
    }

    /// How many journeys of a kind went as they should.
    pub fn right(&self, kind: Kind) -> u64 {
        let all = self.all.lock().unwrap();
        all.journeys.get(&(kind, true)).copied().unwrap_or_default()
    }
}

fn told(journeys: &BTreeMap<(Kind, bool), u64>) -> String {
    let each = journeys.iter().map(|((kind, right), number)| {
        let right = if *right { "" } else { " WRONG" };
        format!("{kind:?}{right} {number}")
    });
    each.collect::<Vec<_>>().join(", ")
}

/// Memory may grow by a tenth, or by so much.
const MOST_GROWTH: f64 = 0.10;
const MOST_GROWTH_KILOBYTES: f64 = 8.0 * 1024.0;
/// A shorter soak does not reach a steady state that could be compared with anything.
const SHORTEST: Duration = Duration::from_mins(15);

/// What the program's memory did, as it was seen every few seconds.
#[derive(Default)]
pub struct Memory(pub Vec<(Duration, u32)>);

impl Memory {
    /// Compares the second sixth of the soak (minutes 5 to 10 of 30) with the last one: a sentence, and whether it is good.
    ///
    /// The first sixth is the warm-up and does not count: pools and buffers take their size, the table of sessions fills,
    /// and what is remembered of ended ones. It is many times as long as a session lives, so that after it as many end as
    /// begin.
    pub fn verdict(&self, whole: Duration) -> (String, bool) {
        let sixth = whole / 6;
        let (Some(before), Some(after)) = (
            self.median(sixth, sixth * 2),
            self.median(whole.saturating_sub(sixth), whole),
        ) else {
            return ("memory was not seen often enough".to_owned(), false);
        };
        let growth = f64::from(after) - f64::from(before);
        let most = (f64::from(before) * MOST_GROWTH).max(MOST_GROWTH_KILOBYTES);
        let text = format!(
            "resident memory (medians): {before} kB in the second sixth, {after} kB in the last: {growth:+.0} kB, of which {most:.0} are tolerated"
        );
        if whole < SHORTEST {
            let text = format!("{text}; not judged: shorter than 15 minutes");
            return (text, true);
        }
        (text, growth <= most)
    }

    fn median(&self, from: Duration, to: Duration) -> Option<u32> {
        let within = self.0.iter().filter(|(at, _)| (from..=to).contains(at));
        let mut seen: Vec<u32> = within.map(|(_, kilobytes)| *kilobytes).collect();
        seen.sort_unstable();
        seen.get(seen.len() / 2).copied()
    }
}
