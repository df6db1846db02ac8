//! How many instructions does each hot path take, and how often does it allocate? Counted by callgrind and DHAT, the same
//! on each run, and held against `hot_paths.txt` by `hot-paths`, which runs this.

#![expect(
    clippy::exit,
    clippy::panic,
    clippy::unwrap_used,
    missing_docs,
    reason = "a benchmark may be blunt"
)]

#[path = "support/id_tokens.rs"]
mod id_tokens;
#[path = "support/stages.rs"]
mod stages;
#[path = "support/whole.rs"]
mod whole;

use gungraun::Dhat;
use gungraun::prelude::*;
use jitsi_oidc_bridge::meeting::MeetingRequest;
use jitsi_oidc_bridge::policy::Grant;
use jitsi_oidc_bridge::session::pending::PendingLogin;
use jsonwebtoken::Algorithm;

use stages::{Concern, Cookie, Decide, Mint, Page, Verify, parse_path, parse_state};
use whole::Join;

/// So many requests are counted together: now and then one of them also looks for what has expired.
const IN_A_ROW: usize = 20;

/// The table of sessions looks for what has expired after each 64 reads, or 300 ms, whichever comes first (moka's
/// `READ_LOG_FLUSH_POINT`); and makes what it needs for that at the first time. After so many requests that is done.
const UNTIL_TIDIED: usize = 100;

/// Lives until the end, so that its end is not counted; and has run once, so that what is made only once is not.
fn ready<T, R>(stage: T, run: impl Fn(&T) -> R) -> &'static T {
    run(&stage);
    Box::leak(Box::new(stage))
}

fn verify_by(algorithm: Algorithm) -> &'static Verify {
    ready(Verify::new(algorithm), Verify::run)
}

fn decide_by(rules: usize, concern: Concern) -> &'static Decide {
    ready(Decide::new(rules, concern), Decide::run)
}

fn cookie() -> &'static Cookie {
    ready(Cookie::new(), Cookie::open)
}

fn rejoin() -> &'static Join {
    ready(Join::rejoin(), |join| {
        for _ in 0..UNTIL_TIDIED {
            join.run();
        }
    })
}

#[library_benchmark]
#[bench::path(parse_path)]
#[bench::state(parse_state)]
fn parse(parse: fn() -> MeetingRequest) -> MeetingRequest {
    parse()
}

#[library_benchmark]
#[bench::rs256(args = (Algorithm::RS256), setup = verify_by)]
#[bench::es256(args = (Algorithm::ES256), setup = verify_by)]
fn verify(verify: &Verify) -> String {
    verify.run()
}

#[library_benchmark]
#[bench::rules_10(args = (10, Concern::Others), setup = decide_by)]
#[bench::rules_10000(args = (10_000, Concern::Others), setup = decide_by)]
#[bench::rules_1000_for_us(args = (1000, Concern::Us), setup = decide_by)]
fn decide(decide: &Decide) -> Grant {
    decide.run()
}

#[library_benchmark]
#[bench::hs256(ready(Mint::with_secret(), Mint::run))]
#[bench::rs256(ready(Mint::with_rsa(), Mint::run))]
fn mint(mint: &Mint) -> String {
    mint.run()
}

#[library_benchmark]
#[bench::login(cookie())]
fn seal(cookie: &Cookie) -> (String, String) {
    cookie.seal()
}

#[library_benchmark]
#[bench::login(cookie())]
fn open(cookie: &Cookie) -> PendingLogin {
    cookie.open()
}

#[library_benchmark]
#[bench::home(ready(Page::new(), Page::run))]
fn page(page: &Page) {
    page.run();
}

#[library_benchmark]
#[bench::rejoin(rejoin())]
#[bench::begin(ready(Join::begin(), Join::run))]
fn join(join: &Join) {
    for _ in 0..IN_A_ROW {
        join.run();
    }
}

library_benchmark_group!(
    name = hot_paths,
    benchmarks = [parse, verify, decide, mint, seal, open, page, join]
);
// Beside the instructions, what is allocated: DHAT tells a path's own by its callers, and through all layers there are many.
main!(
    config = LibraryBenchmarkConfig::default().tool(Dhat::with_args(["--num-callers=200"])),
    library_benchmark_groups = hot_paths
);
