//! Single sign-on for Jitsi Meet: OpenID Connect in, Jitsi tokens out.
//!
//! Everything the program does is one walk from left to right, and the modules stand in that order:
//!
//! ```text
//! browser ── meeting ──▶ identity ──▶ policy ──▶ token ──▶ meeting URL ──▶ Jitsi
//!            which room?  who is it?   what may    proof     back into
//!            which client?             they do?    for Jitsi  the room
//!                                    └───────────── admit ─────────────┘
//! ```
//!
//! | module | what it is |
//! |---|---|
//! | [`meeting`] | what Jitsi's `tokenAuthUrl` asked of us: room, tenant, client; later the URL back |
//! | [`identity`] | one trip to the provider, or a live session, ends in a `Person` |
//! | [`policy`] | a person and a meeting become a grant or a refusal, each with the rules that caused it |
//! | [`token`] | person, meeting and grant become a signed Jitsi JWT |
//! | [`admit`] | the one place where the last three meet; every way in ends here |
//! | [`session`] | what is remembered: the signed-in person, and the login under way |
//! | [`web`] | HTTP: every route and every layer on one page; handlers call the stages in order |
//! | [`config`] | everything that can be set, as it is meant; every fault in one report |
//! | [`observe`] | the log, the request's one line, the audit, metrics and traces |
//! | [`reload`] | the configuration, changed while the server runs |
//! | [`pattern`] | `*` and `{name}` in rules: for rooms, groups and tenants |
//! | [`secret`] | files with secrets, and which copies of secrets are out of our hands |
//! | [`clock`] | the one clock, passed in |
//! | [`mirror`] | how `check` and a running bridge know each other |
//! | `hexadecimal` | bytes, two digits each |
//! | [`check`] | what is wrong on both sides, found before a user finds it |
//! | [`cli`] | the commands |
//! | [`demo`] | the whole journey on one machine |
//!
//! `meeting`, `identity`, `policy`, `token` and `admit` are a plain library: no HTTP framework, no global state, no
//! clock, randomness or environment of their own.

pub mod meeting;

pub mod identity;

pub mod policy;

pub mod token;

pub mod admit;

pub mod session;

pub mod web;

pub mod config;

pub mod observe;

pub mod reload;

pub mod pattern;

pub mod secret;

pub mod clock;

pub mod mirror;

mod hexadecimal;

pub mod check;

pub mod cli;

pub mod demo;
