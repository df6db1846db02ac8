//! The stages of a login by themselves, ready to be run again and again: each with all that it needs, made beforehand.

use std::fmt::Write as _;
use std::sync::Arc;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use jitsi_oidc_bridge::admit::Admission;
use jitsi_oidc_bridge::clock::Clock;
use jitsi_oidc_bridge::config::{Config, Sources, load};
use jitsi_oidc_bridge::identity::Person;
use jitsi_oidc_bridge::identity::id_token::{AtHash, Expected, validate};
use jitsi_oidc_bridge::identity::keys::{ASYMMETRIC, KeySet};
use jitsi_oidc_bridge::meeting::MeetingRequest;
use jitsi_oidc_bridge::observe::Audit;
use jitsi_oidc_bridge::policy::{Decision, Grant};
use jitsi_oidc_bridge::session::pending::{LoginKind, NewLogin, PendingLogin, Seals};
use jitsi_oidc_bridge::token::keyring::rsa::SigningKey;
use jitsi_oidc_bridge::web;
use jsonwebtoken::Algorithm;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;
use time::{Duration, OffsetDateTime};
use tokio::runtime::Runtime;
use tower::ServiceExt as _;

use crate::id_tokens::Key;

const ISSUER: &str = "https://id.example.org/realms/company";
const GROUPS: usize = 1000;
/// As Jitsi Meet writes it, with some of what people set.
const STATE: &str = r#"{"room":"Team Rocket","roomSafe":"team rocket","tenant":"acme","config.subject":"Weekly","config.startWithAudioMuted":"true","electron":false}"#;

/// Five rules, of which two give something to Sara in Team Rocket's room.
pub const RULES: &str = r#"
[[policy.rules]]
name = "staff"
groups = ["/staff"]
role = "participant"
[[policy.rules]]
name = "leads"
groups = ["/teams/{team}/leads"]
rooms = ["{team}", "{team}-*"]
role = "moderator"
features = ["recording", "transcription"]
[[policy.rules]]
name = "own room"
rooms = ["{username}", "{username}-*"]
role = "moderator"
[[policy.rules]]
name = "board"
rooms = ["board", "board-*"]
groups = ["/board"]
acr = ["mfa"]
role = "moderator"
[[policy.rules]]
name = "board only"
rooms = ["board", "board-*"]
unless_groups = ["/board"]
deny = "This room is for the board."
"#;

/// Whom the rules concern, of those that are there in numbers.
#[derive(Debug, Clone, Copy)]
pub enum Concern {
    /// Other people, or other rooms.
    Others,
    /// The person in this room.
    Us,
}

pub struct Standing;

impl Clock for Standing {
    fn now(&self) -> OffsetDateTime {
        now()
    }
}

/// The time: far in the future, since stores forget by the real time.
pub fn now() -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(2_100_000_000).unwrap()
}

fn config(further: &str) -> Config {
    config_of(ISSUER, further)
}

/// A configuration with this provider.
pub fn config_of(issuer: &str, further: &str) -> Config {
    let text = format!(
        "server.public_url = \"https://sso.example.org\"\njitsi.url = \"https://meet.example.org\"\n\
         provider.issuer = {issuer:?}\nprovider.client_id = \"bridge\"\n{further}"
    );
    let sources = Sources {
        file: Some(("bench.toml".to_owned(), text)),
        environment: Vec::new(),
    };
    match load(&sources) {
        Ok(loaded) => loaded.config,
        Err(problems) => panic!("{problems}"),
    }
}

pub const SECRET: &str = "token.secret = \"only for benches, and long enough to count\"\n";

/// Somebody in many groups.
pub fn sara() -> Person {
    let mut groups = vec!["/staff".to_owned(), "/teams/rocket/leads".to_owned()];
    groups.extend((groups.len()..GROUPS).map(|n| format!("/people/circle-{n}")));
    let person = json!({
        "issuer": ISSUER, "provider": "default", "subject": "s-1", "id": "1", "username": "sara",
        "name": "Sara Stein", "email": { "address": "sara@example.org", "verified": true },
        "avatar": null, "groups": { "known": groups }, "auth_time": 2_099_999_000, "claims": {},
    });
    serde_json::from_value(person).unwrap()
}

/// Parses what people come with: a path, or a query with Jitsi's state.
pub fn parse_path() -> MeetingRequest {
    MeetingRequest::parse(Some("Rocket%20Weekly"), Some("acme"), None).unwrap()
}

/// See [`parse_path`].
pub fn parse_state() -> MeetingRequest {
    MeetingRequest::parse(Some("Rocket Weekly"), Some("acme"), Some(STATE)).unwrap()
}

/// An ID token, and what it has to agree with.
pub struct Verify {
    token: String,
    keys: KeySet,
    issuers: Vec<String>,
}

impl Verify {
    pub fn new(algorithm: Algorithm) -> Self {
        let key = Key::new(algorithm);
        let issued = now().unix_timestamp();
        let token = key.sign(&json!({
            "iss": ISSUER, "aud": "bridge", "iat": issued, "exp": issued + 300, "nonce": "n-1",
            "sub": "s-1", "name": "Sara Stein", "preferred_username": "sara",
            "email": "sara@example.org", "email_verified": true,
            "groups": ["/staff", "/teams/rocket/leads"],
        }));
        let keys = json!({ "keys": [key.published()] }).to_string();
        Self {
            token,
            keys: KeySet::parse(keys.as_bytes()).unwrap(),
            issuers: vec![ISSUER.to_owned()],
        }
    }

    /// Checks the token, and gives its subject.
    pub fn run(&self) -> String {
        let expected = Expected {
            issuers: &self.issuers,
            client_id: "bridge",
            trusted_audiences: &[],
            algorithms: &ASYMMETRIC,
            secret: None,
            nonce: Some("n-1"),
            access_token: None,
            at_hash: AtHash::WhenPresent,
            acr_values: &[],
            acr_claims: &[],
            max_age: None,
            leeway: Duration::MINUTE,
            now: now(),
        };
        validate(&self.token, &self.keys, &expected).unwrap().0
    }
}

/// A policy, a person and a meeting.
pub struct Decide {
    admission: Admission,
    person: Person,
    request: MeetingRequest,
}

impl Decide {
    /// So many rules, of which all but five are of one kind.
    pub fn new(rules: usize, concern: Concern) -> Self {
        let mut text = format!("{SECRET}{RULES}");
        for n in 5..rules {
            let (groups, rooms) = match concern {
                Concern::Us => ("/staff".to_owned(), format!("rocket-*\", \"other-{n}")),
                // By their people, or by their rooms.
                Concern::Others if n % 2 == 0 => (format!("/units/u-{n}"), "rocket-*".to_owned()),
                Concern::Others => ("/staff".to_owned(), format!("u-{n}\", \"u-{n}-*")),
            };
            let _ = write!(
                text,
                "[[policy.rules]]\nname = \"rule {n}\"\ngroups = [\"{groups}\"]\nrooms = [\"{rooms}\"]\nrole = \"moderator\"\n"
            );
        }
        let config = config(&text);
        Self {
            admission: config.admission(config.keyring()),
            person: sara(),
            request: MeetingRequest::parse(Some("rocket-weekly"), None, None).unwrap(),
        }
    }

    pub fn run(&self) -> Grant {
        match self.admission.decide(&self.person, &self.request, now()) {
            Decision::Granted(grant) => grant,
            Decision::Denied(denied) => panic!("{denied:?}"),
        }
    }
}

/// Keys, and what is to be signed with them.
pub struct Mint {
    decide: Decide,
    grant: Grant,
    random: SystemRandom,
}

impl Mint {
    /// With a shared secret (HS256).
    pub fn with_secret() -> Self {
        Self::of(Decide::new(5, Concern::Others))
    }

    /// With an RSA key of 2048 bits (RS256).
    pub fn with_rsa() -> Self {
        let folder = std::env::temp_dir().join(format!("bridge-bench-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let (_, pem) = SigningKey::generate("1".to_owned(), KeySize::Rsa2048).unwrap();
        std::fs::write(folder.join("1.pem"), pem.expose_secret()).unwrap();
        let keyring = folder.join("keys.toml");
        std::fs::write(&keyring, "[[keys]]\nkid = \"1\"\nfile = \"1.pem\"\n").unwrap();
        let config = config(&format!(
            "token.algorithm = \"RS256\"\ntoken.keyring = \"{}\"\n{RULES}",
            keyring.display()
        ));
        std::fs::remove_dir_all(&folder).unwrap();
        Self::of(Decide {
            admission: config.admission(config.keyring()),
            ..Decide::new(5, Concern::Others)
        })
    }

    fn of(decide: Decide) -> Self {
        Self {
            grant: decide.run(),
            decide,
            random: SystemRandom::new(),
        }
    }

    pub fn run(&self) -> String {
        let Decide {
            admission,
            person,
            request,
        } = &self.decide;
        let with = &admission.minter;
        let minted = with.mint(person, request, &self.grant, now(), &self.random);
        minted.unwrap().jwt
    }
}

/// The cookie of a login under way.
pub struct Cookie {
    seals: Seals,
    random: SystemRandom,
    request: MeetingRequest,
    begun: (String, String),
}

impl Cookie {
    pub fn new() -> Self {
        let secret = SecretString::from("only for benches, and long enough to count");
        let mut cookies = Self {
            seals: Seals::new(&[secret]).unwrap(),
            random: SystemRandom::new(),
            request: parse_path(),
            begun: Default::default(),
        };
        cookies.begun = cookies.seal();
        cookies
    }

    /// Begins a login; gives its state and its cookie.
    pub fn seal(&self) -> (String, String) {
        let login = NewLogin {
            provider: "default",
            kind: LoginKind::Usual,
            destination: self.request.clone().into(),
        };
        let begun = self.seals.begin(login, now(), &self.random).unwrap();
        (begun.state, begun.cookie_value)
    }

    /// Opens the cookie of a login that comes back.
    pub fn open(&self) -> PendingLogin {
        let (state, cookie) = &self.begun;
        self.seals.finish(state, Some(cookie), now()).unwrap()
    }
}

/// A runtime on this very thread.
pub fn runtime() -> Runtime {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_all().build().unwrap()
}

/// The home page, as a browser gets it: through every layer of the server.
pub struct Page {
    runtime: Runtime,
    router: Router,
}

impl Page {
    pub fn new() -> Self {
        let runtime = runtime();
        let guard = runtime.enter();
        let config = config(&format!("{SECRET}{RULES}"));
        let app = web::build(config, Arc::new(Standing), Audit::default()).unwrap();
        drop(guard);
        Self {
            runtime,
            router: app.router,
        }
    }

    pub fn run(&self) -> StatusCode {
        let request = Request::get("/")
            .header("accept-language", "de-DE,de;q=0.9,en;q=0.8")
            .body(Body::empty());
        let answered = self.router.clone().oneshot(request.unwrap());
        let answer = self.runtime.block_on(answered).unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "no home page");
        answer.status()
    }
}
