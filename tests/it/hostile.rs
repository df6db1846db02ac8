//! A provider, links and browsers that mean harm. Each is refused for its own reason, mints nothing, and a correct sign-in
//! right after it succeeds.
//!
//! `cargo test --test it hostile::` runs every case, and prints how many there are.

mod attacks;
mod conformance;
mod id_tokens;
mod logout_tokens;
mod redirects;

use crate::{backchannel_logout, support};
