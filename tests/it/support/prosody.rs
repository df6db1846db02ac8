//! A Prosody with Jitsi's modules and a Jicofo beside it, as far as signing in and joining go, over BOSH and WebSocket. It
//! is set right unless a test sets it wrong.

mod rooms;
mod session;
mod wire;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use jsonwebtoken::Algorithm;
use tokio::net::TcpListener;
use tokio::sync::Notify;

use self::rooms::Rooms;
use self::session::Session;
use super::bridge::TOKEN_SECRET;

const LONGEST_GOODBYE: Duration = Duration::from_secs(5);
pub const DOMAIN: &str = "meet.jitsi";
pub const MUC: &str = "muc.meet.jitsi";

/// What the members' domain asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Authentication {
    Tokens,
    Nothing,
    Passwords,
}

/// Who makes moderators of people, whatever their tokens say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owners {
    Nobody,
    /// Jicofo, of whoever comes first.
    JicofoOfTheFirst,
    /// Jicofo, of everybody with a token.
    JicofoOfAll,
    /// Prosody, of everybody with a token.
    ProsodyOfAll,
    /// Prosody, of whoever makes a room.
    ProsodyOfTheMaker,
}

/// How Jicofo is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Jicofo {
    Works,
    Away,
    NeverReady,
}

/// What the web server in front does with a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Front {
    PassesOn,
    Answers(u16),
    ShowsAPage,
    LeadsElsewhere,
}

#[derive(Debug, Clone)]
pub struct Settings {
    pub domain: &'static str,
    pub muc: &'static str,
    pub guests: Option<&'static str>,
    pub authentication: Authentication,
    pub secret: String,
    pub algorithm: Algorithm,
    pub issuer: &'static str,
    pub audience: &'static str,
    pub has_key_server: bool,
    pub allow_empty: bool,
    /// How far its clock is ahead, in seconds.
    pub ahead: i64,
    /// It answers no token.
    pub hangs: bool,
    pub token_verification: bool,
    pub token_affiliation: bool,
    pub domain_verification: bool,
    pub wait_for_host: bool,
    pub lobby_for_all: bool,
    pub owners: Owners,
    pub jicofo: Jicofo,
    /// Somebody is in every room.
    pub occupied: bool,
    pub bosh: Front,
    pub websocket: Front,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            domain: DOMAIN,
            muc: MUC,
            guests: Some("guest.meet.jitsi"),
            authentication: Authentication::Tokens,
            secret: TOKEN_SECRET.to_owned(),
            algorithm: Algorithm::HS256,
            issuer: "jitsi",
            audience: "jitsi",
            has_key_server: false,
            allow_empty: false,
            ahead: 0,
            hangs: false,
            token_verification: true,
            token_affiliation: true,
            domain_verification: false,
            wait_for_host: true,
            lobby_for_all: false,
            owners: Owners::Nobody,
            jicofo: Jicofo::Works,
            occupied: false,
            bosh: Front::PassesOn,
            websocket: Front::PassesOn,
        }
    }
}

#[derive(Clone)]
pub struct Prosody {
    pub url: String,
    settings: Arc<Settings>,
    world: Arc<Mutex<World>>,
    somebody_left: Arc<Notify>,
}

#[derive(Default)]
struct World {
    sessions: BTreeMap<String, Session>,
    rooms: Rooms,
    begun: usize,
    ended: usize,
}

impl Prosody {
    pub async fn start(settings: Settings) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let prosody = Self {
            url: format!("http://{}", listener.local_addr().unwrap()),
            settings: Arc::new(settings),
            world: Arc::default(),
            somebody_left: Arc::default(),
        };
        let router = wire::router(prosody.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        prosody
    }

    /// Every room that there was, as Prosody calls it.
    pub fn rooms(&self) -> Vec<String> {
        self.world().rooms.names()
    }

    /// Waits until everybody has left every room and ended every connection.
    pub async fn is_left(&self) -> bool {
        let left = async {
            loop {
                let next = self.somebody_left.notified();
                let done = {
                    let world = self.world();
                    world.rooms.are_empty() && world.begun == world.ended
                };
                if done {
                    return;
                }
                next.await;
            }
        };
        tokio::time::timeout(LONGEST_GOODBYE, left).await.is_ok()
    }

    /// How many joined a room, all in all.
    pub fn joins(&self) -> usize {
        self.world().rooms.joins()
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap()
    }

    /// A new connection's name.
    fn begin(&self, token: Option<String>) -> String {
        let mut world = self.world();
        world.begun += 1;
        let name = format!("{:08x}", 0x00c0_ffee + world.begun);
        let session = Session::new(&name, token);
        world.sessions.insert(name.clone(), session);
        name
    }

    fn end(&self, name: &str) {
        let mut world = self.world();
        if world.sessions.remove(name).is_some() {
            world.ended += 1;
            world.rooms.forget(name);
            self.somebody_left.notify_waiters();
        }
    }

    /// What a connection is told next, after it has said this.
    fn hear(&self, name: &str, said: &str) -> Vec<String> {
        let world = &mut *self.world();
        let Some(session) = world.sessions.get_mut(name) else {
            return Vec::new();
        };
        session.hear(said, &self.settings, &mut world.rooms)
    }

    /// What a connection is told without having said anything.
    fn later(&self, name: &str) -> Vec<String> {
        self.world().rooms.told_later(name)
    }
}
