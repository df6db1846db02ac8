//! How long does each stage of a login take? Criterion's figures for the stages by themselves.
//!
//!     cargo bench --bench stages [-- decide] [--quick]

#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a benchmark may be blunt"
)]

#[path = "support/id_tokens.rs"]
mod id_tokens;
#[path = "support/stages.rs"]
mod stages;
#[path = "support/whole.rs"]
mod whole;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use jsonwebtoken::Algorithm;

use stages::{Concern, Cookie, Decide, Mint, Page, Verify, parse_path, parse_state};
use whole::Join;

fn parse(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("parse");
    group.bench_function("path", |bench| bench.iter(parse_path));
    group.bench_function("query with state", |bench| bench.iter(parse_state));
}

fn verify(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("verify");
    for algorithm in [Algorithm::RS256, Algorithm::ES256] {
        let verify = Verify::new(algorithm);
        group.bench_function(format!("{algorithm:?}"), |bench| {
            bench.iter(|| verify.run());
        });
    }
}

fn decide(criterion: &mut Criterion) {
    for (name, concern) in [
        ("decide, rules for others", Concern::Others),
        ("decide, rules for us", Concern::Us),
    ] {
        let mut group = criterion.benchmark_group(name);
        for rules in [10, 1000, 10_000] {
            let decide = Decide::new(rules, concern);
            group.bench_function(BenchmarkId::from_parameter(rules), |bench| {
                bench.iter(|| decide.run());
            });
        }
    }
}

fn mint(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("mint");
    for (name, mint) in [("HS256", Mint::with_secret()), ("RS256", Mint::with_rsa())] {
        group.bench_function(name, |bench| bench.iter(|| mint.run()));
    }
}

fn cookie(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("login cookie");
    let cookie = Cookie::new();
    group.bench_function("seal", |bench| bench.iter(|| cookie.seal()));
    group.bench_function("open", |bench| bench.iter(|| cookie.open()));
}

fn page(criterion: &mut Criterion) {
    let page = Page::new();
    criterion.bench_function("home page", |bench| bench.iter(|| page.run()));
}

fn join(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("join");
    for (name, join) in [("rejoin", Join::rejoin()), ("begin", Join::begin())] {
        group.bench_function(name, |bench| bench.iter(|| join.run()));
    }
}

criterion_group!(stages, parse, verify, decide, mint, cookie, page, join);
criterion_main!(stages);
