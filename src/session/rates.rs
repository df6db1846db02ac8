//! How often an address may do something within a minute, counted where the sessions are: by all replicas together in
//! Redis or Valkey, and in this process as well. Without the store, this process's own count decides.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use ipnet::IpNet;
use time::OffsetDateTime;

use super::ledger::Ledger;
use super::store::Store;

/// What is counted, of each address by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Deed {
    /// A browser is sent to a provider.
    LoginStart,
    /// A browser comes back from one.
    Callback,
}

impl Deed {
    /// For people.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::LoginStart => "login starts",
            Self::Callback => "callbacks",
        }
    }

    /// The key of `[limits]` that bounds it.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::LoginStart => "login_starts_per_minute",
            Self::Callback => "callbacks_per_minute",
        }
    }
}

/// How often within a minute, from one address.
#[derive(Debug, Clone)]
pub struct RateLimits {
    /// Logins begun.
    pub login_starts: u32,
    /// Answers of providers brought back.
    pub callbacks: u32,
    /// Networks of which nothing is counted.
    pub exempt: Vec<IpNet>,
}

/// One address does something too often.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TooOften {
    /// What.
    pub deed: Deed,
    /// Of whom: an address, or a network of addresses that one visitor may have.
    pub network: IpNet,
    /// What is allowed.
    pub most: u32,
    /// After so many seconds it may go on.
    pub wait: u8,
}

/// Counts what addresses do, and says when it is too much.
#[derive(Debug, Clone)]
pub struct Rates {
    counts: Counts,
    limits: RateLimits,
}

/// What addresses did within the minute.
#[derive(Debug, Clone)]
pub struct Counts {
    here: Arc<Mutex<Minute>>,
    shared: Option<Ledger>,
}

/// The counts of one minute.
#[derive(Debug, Default)]
struct Minute {
    minute: i64,
    counts: HashMap<(Deed, IpNet), u32>,
}

/// The most addresses that are counted here at once. Those beyond them are not refused by this count: a crowd that large is
/// none that rates keep out, and requests at once are bounded in any case.
const MOST_ADDRESSES: usize = 100_000;
/// The addresses of one household or machine, in IPv6 (RFC 6177).
const ONE_VISITOR_V6: u8 = 64;
const SECONDS: i64 = 60;

impl Counts {
    /// Counts beside these sessions.
    #[must_use]
    pub fn beside(store: &Store) -> Self {
        Self {
            here: Arc::default(),
            shared: match store {
                Store::Memory(_) => None,
                Store::Redis(..) => Some(Ledger::beside(store)),
            },
        }
    }

    /// What is behind the lock is whole after every step, so a panic elsewhere does it no harm.
    fn here(&self) -> std::sync::MutexGuard<'_, Minute> {
        self.here.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Rates {
    /// Limits for what is counted here.
    #[must_use]
    pub fn new(counts: Counts, limits: RateLimits) -> Self {
        Self { counts, limits }
    }

    /// Counts one more.
    ///
    /// # Errors
    /// When that is more than may be.
    pub async fn count(
        &self,
        deed: Deed,
        address: IpAddr,
        now: OffsetDateTime,
    ) -> Result<(), TooOften> {
        if self
            .limits
            .exempt
            .iter()
            .any(|network| network.contains(&address))
        {
            return Ok(());
        }
        let most = match deed {
            Deed::LoginStart => self.limits.login_starts,
            Deed::Callback => self.limits.callbacks,
        };
        let network = visitor(address);
        let second = now.unix_timestamp();
        let minute = second.div_euclid(SECONDS);
        let too_often = TooOften {
            deed,
            network,
            most,
            // At least one second, at most a minute.
            wait: u8::try_from(SECONDS - second.rem_euclid(SECONDS)).unwrap_or(1),
        };
        if self.counts.here().count(minute, deed, network) > most {
            return Err(too_often);
        }
        let Some(shared) = &self.counts.shared else {
            return Ok(());
        };
        match shared.count(deed, network, minute).await {
            Ok(count) if count > u64::from(most) => Err(too_often),
            Ok(_) => Ok(()),
            Err(error) => {
                tracing::warn!(%error, "the session store does not answer; rates are counted by this replica alone");
                Ok(())
            }
        }
    }
}

impl Minute {
    /// One more; gives how many that makes.
    fn count(&mut self, minute: i64, deed: Deed, network: IpNet) -> u32 {
        // The last request of a minute may come after the first of the next; a clock that was set back begins anew.
        if minute > self.minute || minute < self.minute - 1 {
            self.minute = minute;
            self.counts.clear();
        }
        let full = self.counts.len() >= MOST_ADDRESSES;
        match self.counts.get_mut(&(deed, network)) {
            Some(count) => {
                *count = count.saturating_add(1);
                *count
            }
            None if full => 0,
            None => {
                self.counts.insert((deed, network), 1);
                1
            }
        }
    }
}

/// All addresses that one visitor may have.
fn visitor(address: IpAddr) -> IpNet {
    // IPv4 behind a translator (NAT64, RFC 6052): all of it is one network of IPv6.
    let address = match address {
        IpAddr::V6(v6) => match v6.segments() {
            [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
                IpAddr::from((u32::from(high) << 16 | u32::from(low)).to_be_bytes())
            }
            _ => address,
        },
        IpAddr::V4(_) => address,
    };
    let whole = IpNet::from(address);
    match address {
        IpAddr::V4(_) => whole,
        IpAddr::V6(_) => {
            IpNet::new(address, ONE_VISITOR_V6).map_or(whole, |network| network.trunc())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(address: &str) -> IpAddr {
        address.parse().unwrap()
    }

    #[test]
    fn a_visitor_is_one_address_or_one_network_of_sixty_four_bits() {
        assert_eq!(visitor(at("192.0.2.1")).to_string(), "192.0.2.1/32");
        assert_ne!(visitor(at("192.0.2.1")), visitor(at("192.0.2.2")));
        assert_eq!(visitor(at("64:ff9b::192.0.2.1")), visitor(at("192.0.2.1")));
        assert_eq!(
            visitor(at("2001:db8::1")),
            visitor(at("2001:db8::ffff:0:1"))
        );
        assert_ne!(visitor(at("2001:db8::1")), visitor(at("2001:db8:0:1::1")));
    }

    #[test]
    fn the_table_of_a_minute_is_bounded_and_the_next_minute_begins_anew() {
        let mut minute = Minute::default();
        let network = |n: u32| IpNet::from(IpAddr::from(n.to_be_bytes()));
        for n in 0..=u32::try_from(MOST_ADDRESSES).unwrap() {
            minute.count(7, Deed::Callback, network(n));
        }
        assert_eq!(minute.counts.len(), MOST_ADDRESSES);
        assert_eq!(minute.count(7, Deed::Callback, network(1)), 2);
        assert_eq!(minute.count(7, Deed::Callback, network(u32::MAX)), 0);
        assert_eq!(minute.count(8, Deed::Callback, network(1)), 1);
        // Late, and still of the minute before.
        assert_eq!(minute.count(7, Deed::Callback, network(1)), 2);
        // A clock that was set back.
        assert_eq!(minute.count(5, Deed::Callback, network(1)), 1);
        assert_eq!(minute.counts.len(), 1);
    }
}
