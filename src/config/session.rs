//! `[session]`: what is remembered after a login, and where.

use secrecy::{ExposeSecret as _, SecretString};
use time::Duration;

use super::duration::positive;
use super::reader::Section;
use super::value::choice;
use super::{Sessions, StoreChoice};
use crate::session::SessionLimits;
use crate::session::store::{StoreError, redis_address};

/// Reads the section.
pub fn read(mut section: Section<'_>) -> Option<Sessions> {
    let enabled = section.or("enabled", true);
    let lifetime = positive(&mut section, "lifetime", Duration::hours(10));
    let idle_origin = section.origin("idle_timeout");
    let idle_timeout = positive(&mut section, "idle_timeout", Duration::hours(2));
    if let (Some(lifetime), Some(idle)) = (lifetime, idle_timeout)
        && idle > lifetime
        && idle_origin.is_some()
    {
        section.fault(
            "idle_timeout",
            idle_origin,
            "longer than session.lifetime, so it could never end a session",
        );
    }
    let refresh_groups_after =
        positive(&mut section, "refresh_groups_after", Duration::minutes(15));
    let store = store(&mut section);
    let cookie_keys = cookie_keys(&mut section);
    if matches!((&store, &cookie_keys), (Some(StoreChoice::Redis { .. }), Some(keys)) if keys.is_empty())
    {
        section.warn("cookie_keys", None, "not set: replicas cannot finish each other's logins, and a restart ends those under way; make one with openssl rand -hex 32");
    }
    section.finish();
    let limits = SessionLimits {
        lifetime: lifetime?,
        idle_timeout: idle_timeout?.min(lifetime?),
        refresh_groups_after: refresh_groups_after?,
    };
    Some(Sessions {
        enabled: enabled?,
        limits,
        store: store?,
        cookie_keys: cookie_keys?,
    })
}

/// The most keys at once: each that is there costs every cookie that is none of ours another try.
const MOST_COOKIE_KEYS: usize = 8;

fn cookie_keys(section: &mut Section<'_>) -> Option<Vec<SecretString>> {
    let origin = section
        .origin("cookie_keys")
        .or_else(|| section.origin("cookie_keys_file"));
    let text = section.secret("cookie_keys")?;
    let keys: Vec<SecretString> = text
        .iter()
        .flat_map(|text| {
            let keys = text.expose_secret().split_whitespace();
            keys.map(SecretString::from).collect::<Vec<_>>()
        })
        .collect();
    let said = if keys.iter().any(|key| key.expose_secret().len() < 32) {
        "one is shorter than 32 bytes: make each with openssl rand -hex 32 (spaces and line ends stand between keys)"
    } else if keys.len() > MOST_COOKIE_KEYS {
        "more than eight: keep the one that encrypts first, and those that still have to decrypt"
    } else {
        return Some(keys);
    };
    section.fault("cookie_keys", origin, said);
    None
}

/// Which store was written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum StoreKind {
    Memory,
    Redis,
}

fn store(section: &mut Section<'_>) -> Option<StoreChoice> {
    let origin = section.origin("store");
    let url_origin = section
        .origin("redis_url")
        .or_else(|| section.origin("redis_url_file"));
    let ca_origin = section.origin("redis_ca_file");
    let kind = section.or("store", StoreKind::Memory);
    let url = section.secret("redis_url");
    let ca = section.file("redis_ca_file");
    // All are read before any is given up for: a key that nobody asked for is told of as unknown.
    let (kind, url, ca) = (kind?, url?, ca?);
    match (kind, url) {
        (StoreKind::Memory, None) if ca.is_some() => {
            let said = "set, but session.store is \"memory\": write store = \"redis\", or leave the file out";
            section.fault("redis_ca_file", ca_origin, said);
            None
        }
        (StoreKind::Memory, None) => Some(StoreChoice::Memory),
        (StoreKind::Redis, Some(url)) => match redis_address(url.expose_secret(), ca.as_deref()) {
            Ok(_) => Some(StoreChoice::Redis { url, ca }),
            Err(error) => {
                let (key, origin) = match error {
                    StoreError::NoTls | StoreError::Certificates(_) => ("redis_ca_file", ca_origin),
                    StoreError::Scheme | StoreError::Address(_) => ("redis_url", url_origin),
                };
                section.fault(key, origin, error.to_string());
                None
            }
        },
        (StoreKind::Memory, Some(_)) => {
            section.fault("redis_url", url_origin, "set, but session.store is \"memory\": write store = \"redis\", or leave the URL out");
            None
        }
        (StoreKind::Redis, None) => {
            section.fault("store", origin, "\"redis\" needs session.redis_url, such as \"redis://localhost:6379\", or session.redis_url_file");
            None
        }
    }
}

choice!(StoreKind { "memory" => Self::Memory, "redis" => Self::Redis });
