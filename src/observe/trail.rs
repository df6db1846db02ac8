//! The audit as a file: one event a line, as JSON, appended and never changed. `config/audit.schema.json` says what a
//! line holds.

mod file;

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use aws_lc_rs::rand;
use serde_json::{Map, Value, json};
use time::format_description::well_known::Rfc3339;

use super::event::{About, Event};
use super::writer::{Flush, Lost, Writer};
use crate::clock::SharedClock;
use crate::config::audit::{AuditSettings, OnFailure};
use crate::hexadecimal::hexadecimal;
use crate::identity::{Groups, Person};
use crate::meeting::MeetingRequest;
use crate::session::handle::handle;

/// The version of the schema: it changes when a line could be misread by whoever knows the one before.
pub const VERSION: u8 = 1;
/// The most groups of a person that are named.
const MOST_GROUPS: usize = 200;

/// Writes events down.
pub struct Trail {
    writer: Writer,
    flush: Flush,
    lines: Arc<Lines>,
    names: bool,
    refuses: bool,
    reopen: Arc<AtomicBool>,
}

/// What every line has.
struct Lines {
    clock: SharedClock,
    /// Drawn at the start: what comes after is counted from there.
    run: String,
    count: AtomicU64,
}

impl Trail {
    /// Writes where configuration says; nothing where it says nothing.
    ///
    /// # Errors
    /// When the file cannot be opened, or there can be no thread that writes it.
    pub fn start(settings: &AuditSettings, clock: SharedClock) -> io::Result<Option<Self>> {
        let Some(to) = &settings.to else {
            return Ok(None);
        };
        let (output, reopen) = file::open(to)?;
        let lines = Arc::new(Lines {
            clock,
            run: hexadecimal(&drawn()),
            count: AtomicU64::new(0),
        });
        let of_notice = lines.clone();
        let notice = move |Lost { lines, .. }: Lost| {
            of_notice.line(
                "lines_lost",
                &About::default(),
                object(json!({ "lines": lines })),
            )
        };
        let (writer, flush) = Writer::start(output, Box::new(notice))?;
        Ok(Some(Self {
            writer,
            flush,
            lines,
            names: settings.names,
            refuses: settings.on_failure == OnFailure::Refuse,
            reopen,
        }))
    }

    /// Writes an event down.
    pub fn tell(&self, about: &About<'_>, event: &Event<'_>) {
        let (name, content) = self.content(event);
        let line = self.lines.line(name, about, object(content));
        self.writer.line(line, true);
    }

    /// Whether nobody is to get a token, since it could not be written down.
    #[must_use]
    pub fn forbids(&self) -> bool {
        self.refuses && self.writer.is_losing()
    }

    /// Opens the file anew before the next line: somebody has moved it away.
    pub fn reopen(&self) {
        self.reopen.store(true, Ordering::Release);
    }

    /// Waits until all is written, unless that takes too long.
    pub fn flush(&self) {
        self.flush.flush();
    }

    /// Lines lost since the start.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.flush.count().so_far().lines
    }

    fn content(&self, event: &Event<'_>) -> (&'static str, Value) {
        match *event {
            Event::Started => ("started", json!({ "bridge": env!("CARGO_PKG_VERSION") })),
            Event::Stopped => ("stopped", json!({})),
            Event::SignIn {
                provider,
                how,
                result,
            } => {
                let mut content = match result {
                    Ok(person) => self.signed_in(person),
                    Err(failure) => json!({ "outcome": failure.reason, "cause": failure.cause }),
                };
                put(
                    &mut content,
                    "provider",
                    Some(provider).filter(|name| !name.is_empty()),
                );
                put(&mut content, "how", Some(how.name()));
                ("sign_in", content)
            }
            Event::Decision {
                person,
                request,
                outcome,
                role,
                rules,
            } => {
                let mut content = self.in_room(person, Some(request));
                put(&mut content, "outcome", Some(outcome));
                put(
                    &mut content,
                    "role",
                    Some(role).filter(|role| !role.is_empty()),
                );
                put(&mut content, "rules", Some(rules));
                ("decision", content)
            }
            Event::Token {
                person,
                request,
                role,
                minted,
            } => {
                let mut content = self.in_room(person, Some(request));
                put(&mut content, "role", Some(role));
                put(&mut content, "jti", Some(minted.jti));
                put(
                    &mut content,
                    "expires",
                    minted.expires.format(&Rfc3339).ok(),
                );
                put(&mut content, "algorithm", Some(minted.algorithm));
                put(&mut content, "kid", minted.kid);
                ("token", content)
            }
            Event::Invitation {
                action,
                id,
                person,
                request,
            } => {
                let mut content = self.in_room(person, request);
                put(&mut content, "action", Some(action.name()));
                put(&mut content, "invitation", Some(id));
                ("invitation", content)
            }
            Event::SignOut {
                scope,
                user,
                provider,
                ended,
            } => {
                let ended: Vec<String> = ended.iter().map(|id| handle(id)).collect();
                let mut content = json!({ "scope": scope.name(), "ended": ended });
                put(&mut content, "user", user);
                put(
                    &mut content,
                    "provider",
                    Some(provider).filter(|name| !name.is_empty()),
                );
                ("sign_out", content)
            }
            Event::Revocation { person } => ("revocation", self.in_room(person, None)),
            Event::Reloaded { changed, by } => {
                let content =
                    json!({ "outcome": "taken_over", "changed": changed, "by": by.name() });
                ("configuration", content)
            }
            Event::Refused { faults, by } => {
                let content = json!({ "outcome": "refused", "faults": faults, "by": by.name() });
                ("configuration", content)
            }
        }
    }

    fn signed_in(&self, person: &Person) -> Value {
        let mut content = self.person(person);
        put(&mut content, "outcome", Some("succeeded"));
        put(&mut content, "acr", Some(&person.acr));
        put(&mut content, "auth_time", person.auth_time);
        if let Groups::Known(names) = &person.groups {
            put(&mut content, "groups_count", Some(names.len()));
            if self.names {
                let named: Vec<&str> = names.iter().take(MOST_GROUPS).map(String::as_str).collect();
                put(&mut content, "groups", Some(named));
            }
        }
        content
    }

    fn in_room(&self, person: &Person, request: Option<&MeetingRequest>) -> Value {
        let mut content = self.person(person);
        put(
            &mut content,
            "provider",
            Some(&person.provider).filter(|name| !name.is_empty()),
        );
        put(
            &mut content,
            "room",
            request.map(|request| request.room.to_string()),
        );
        let tenant = request.and_then(|request| request.tenant.as_ref());
        put(&mut content, "tenant", tenant.map(ToString::to_string));
        content
    }

    fn person(&self, person: &Person) -> Value {
        let mut content = json!({ "user": person.id });
        if self.names {
            put(&mut content, "name", Some(&person.name));
            put(
                &mut content,
                "email",
                person.email.as_ref().map(|email| &email.address),
            );
        }
        content
    }
}

impl Lines {
    /// A whole line, with its end.
    fn line(&self, event: &str, about: &About<'_>, content: Map<String, Value>) -> String {
        let count = self.count.fetch_add(1, Ordering::Relaxed) + 1;
        let mut line = json!({
            "version": VERSION,
            "id": format!("{}-{count}", self.run),
            "time": self.clock.now().format(&Rfc3339).unwrap_or_default(),
            "event": event,
        });
        put(
            &mut line,
            "request",
            Some(about.request).filter(|id| !id.is_empty()),
        );
        put(&mut line, "address", about.address);
        put(&mut line, "session", about.session.map(handle));
        let mut line = object(line);
        line.extend(content);
        format!("{}\n", Value::Object(line))
    }
}

fn drawn() -> [u8; 6] {
    let mut bytes = [0; 6];
    // Without randomness nothing else works either.
    let _ = rand::fill(&mut bytes);
    bytes
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(object) => object,
        _ => Map::new(),
    }
}

/// A member without a value is left out.
fn put(content: &mut Value, name: &str, value: Option<impl serde::Serialize>) {
    if let (Value::Object(content), Some(value)) = (content, value)
        && let Ok(value) = serde_json::to_value(value)
    {
        content.insert(name.to_owned(), value);
    }
}
