//! The log as JSON, one object a line: written straight into the text that is handed to the writer, which costs half of
//! what the library's formatter does, on each login.

use serde::Serializer as _;
use serde::ser::SerializeMap as _;
use tracing::{Event, Subscriber};
use tracing_serde::{AsSerde as _, SerdeMapVisitor};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;

use super::AUDIT;
use super::writer::Writer;

/// What most lines have room in, in bytes.
const USUAL_LENGTH: usize = 512;

/// Hands each event to the writer.
pub struct JsonLines(pub Writer);

impl<S: Subscriber> Layer<S> for JsonLines {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        // Nothing fails that writes into memory.
        if let Ok(line) = line(event) {
            self.0.line(line, event.metadata().target() == AUDIT);
        }
    }
}

/// A whole line, with its end: when, how grave, the message and the other fields, and who says it.
fn line(event: &Event<'_>) -> serde_json::Result<Vec<u8>> {
    let mut line = Vec::with_capacity(USUAL_LENGTH);
    let mut to = serde_json::Serializer::new(&mut line);
    let mut map = to.serialize_map(None)?;
    map.serialize_entry("timestamp", &super::time())?;
    map.serialize_entry("level", &event.metadata().level().as_serde())?;
    let mut fields = SerdeMapVisitor::new(map);
    event.record(&mut fields);
    let mut map = fields.take_serializer()?;
    map.serialize_entry("target", event.metadata().target())?;
    map.end()?;
    line.push(b'\n');
    Ok(line)
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use serde_json::Value;
    use tracing_subscriber::layer::SubscriberExt as _;

    use super::*;

    /// Keeps what the log would be given.
    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl<S: Subscriber> Layer<S> for Kept {
        fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
            self.0.lock().unwrap().extend(line(event).unwrap());
        }
    }

    #[test]
    fn an_event_is_one_line_with_all_its_fields() {
        let kept = Kept::default();
        let subscriber = tracing_subscriber::registry().with(kept.clone());
        tracing::subscriber::with_default(subscriber, || {
            tracing::warn!(user.id = "a\"b\n", count = 3, far = f64::NAN, left = None::<&str>, seen = %"x/y", "two\nlines");
        });
        let text = String::from_utf8(kept.0.lock().unwrap().clone()).unwrap();
        assert_eq!(text.find('\n'), Some(text.len() - 1), "{text}");
        let mut line: Value = serde_json::from_str(&text).unwrap();
        let time = line.as_object_mut().unwrap().remove("timestamp");
        assert_eq!(time.unwrap().as_str().map(str::len), Some(27));
        let expected = serde_json::json!({
            "level": "WARN", "message": "two\nlines", "user.id": "a\"b\n", "count": 3, "far": null, "seen": "x/y",
            "target": module_path!(),
        });
        assert_eq!(line, expected);
    }
}
