//! Jicofo: it opens the rooms, when asked as Jitsi's page asks it (lib-jitsi-meet, `modules/xmpp/moderator.ts`).

use std::time::Duration;

use tokio::time::Instant;

use super::Connection;
use super::element::escaped;
use super::trouble::Trouble;

const FOCUS: &str = "http://jitsi.org/protocol/focus";
/// Between two questions whether the room is ready.
const PAUSE: Duration = Duration::from_millis(500);

/// What Jicofo says to a wish for a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opened {
    /// Jicofo is in the room, and people may come.
    pub ready: bool,
    /// Jicofo has people sign in with itself, and makes everyone who did a moderator.
    pub authentication: bool,
}

impl Connection {
    /// Asks for a room until it is ready, or `patience` is over. `machine` stands for a browser, from visit to visit.
    ///
    /// # Errors
    /// When Jicofo refuses, or does not answer.
    pub async fn open_room(
        &mut self,
        focus: &str,
        room: &str,
        machine: &str,
        patience: Duration,
    ) -> Result<Opened, Trouble> {
        let content = format!(
            "<conference xmlns=\"{FOCUS}\" room=\"{}\" machine-uid=\"{}\"><property name=\"rtcstatsEnabled\" value=\"false\"/></conference>",
            escaped(room),
            escaped(machine)
        );
        let deadline = Instant::now() + patience;
        loop {
            let answer = self.ask(Some(focus), "set", &content).await?;
            let conference = answer.child("conference", FOCUS);
            let conference = conference.ok_or(Trouble::NotXmpp("no answer of Jicofo's"))?;
            let authentication = conference.children().iter().any(|property| {
                property.attribute("name") == Some("authentication")
                    && property.attribute("value") == Some("true")
            });
            let ready = conference.attribute("ready") == Some("true");
            if ready || Instant::now() >= deadline {
                return Ok(Opened {
                    ready,
                    authentication,
                });
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
}
