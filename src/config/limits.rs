//! `[limits]`: how much at once, and how often from one address.

use super::reader::Section;
use super::shape::Shape;
use super::source::{Node, Raw};
use super::value::{FromNode, text};
use crate::session::rates::RateLimits;

/// How much at once, and how often from one address.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Connections at once; further ones wait to be accepted.
    pub connections: usize,
    /// Requests answered at once; further ones are told to come back.
    pub requests: usize,
    /// How often from one address.
    pub rates: RateLimits,
}

/// A number of things, at least one.
struct Count(u32);

/// The most that makes sense anywhere; more is a slip of the pen.
const MOST: u32 = 1_000_000;

impl FromNode for Count {
    fn from_node(node: &Node) -> Result<Self, String> {
        let number = match &node.value {
            Raw::Integer(number) => u32::try_from(*number).ok(),
            Raw::Text(text) => text.parse().ok(),
            _ => None,
        };
        let number = number.filter(|number| (1..=MOST).contains(number));
        number.map(Self).ok_or_else(|| {
            format!(
                "expected a whole number from 1 to {MOST}, found {}",
                node.value.describe()
            )
        })
    }

    text!(Shape::Integer(1, MOST.into()), count => count.0);
}

/// Reads the section.
pub fn read(mut section: Section<'_>) -> Option<Limits> {
    let connections = section.or("connections", Count(8192));
    let requests = section.or("requests", Count(6000));
    let login_starts = section.or("login_starts_per_minute", Count(600));
    let callbacks = section.or("callbacks_per_minute", Count(600));
    let exempt = section.or("exempt", Vec::new());
    section.finish();
    Some(Limits {
        connections: usize::try_from(connections?.0).ok()?,
        requests: usize::try_from(requests?.0).ok()?,
        rates: RateLimits {
            login_starts: login_starts?.0,
            callbacks: callbacks?.0,
            exempt: exempt?,
        },
    })
}
