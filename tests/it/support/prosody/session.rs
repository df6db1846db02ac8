//! One connection: signing in with a token or without one, and what is said after that.

use jsonwebtoken::{DecodingKey, Validation, decode, decode_header};
use roxmltree::{Document, Node};
use serde_json::Value;
use time::OffsetDateTime;

use super::rooms::Rooms;
use super::{Authentication, Settings};

const SASL: &str = "urn:ietf:params:xml:ns:xmpp-sasl";
const STANZAS: &str = "urn:ietf:params:xml:ns:xmpp-stanzas";

pub struct Session {
    pub name: String,
    pub token: Option<String>,
    domain: String,
    claims: Value,
    signed_in: bool,
}

impl Session {
    pub fn new(name: &str, token: Option<String>) -> Self {
        Self {
            name: name.to_owned(),
            token,
            domain: String::new(),
            claims: Value::Null,
            signed_in: false,
        }
    }

    /// Begins, or begins anew; nothing where there is no such domain.
    pub fn open(&mut self, domain: &str, settings: &Settings) -> Option<String> {
        if domain != settings.domain && Some(domain) != settings.guests {
            return None;
        }
        domain.clone_into(&mut self.domain);
        let passwords =
            self.is_member_of(settings) && settings.authentication == Authentication::Passwords;
        let offered = match (self.signed_in, passwords) {
            (true, _) => "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>".to_owned(),
            (false, true) => {
                format!("<mechanisms xmlns='{SASL}'><mechanism>PLAIN</mechanism></mechanisms>")
            }
            (false, false) => {
                format!("<mechanisms xmlns='{SASL}'><mechanism>ANONYMOUS</mechanism></mechanisms>")
            }
        };
        Some(format!(
            "<stream:features xmlns:stream='http://etherx.jabber.org/streams'>{offered}</stream:features>"
        ))
    }

    fn is_member_of(&self, settings: &Settings) -> bool {
        self.domain == settings.domain
    }

    pub fn is_member(&self) -> bool {
        !self.domain.starts_with("guest.")
    }

    /// `token_affiliation`
    pub fn is_owner(&self) -> bool {
        self.claims["context"]["user"]["moderator"] == true
    }

    /// `token_verification`
    pub fn opens(&self, room: &str, settings: &Settings) -> bool {
        let Some(claimed) = self.claims["room"].as_str() else {
            return true;
        };
        let (tenant, node) = match room.strip_prefix('[') {
            Some(rest) => rest
                .split_once(']')
                .map(|(tenant, node)| (Some(tenant), node))
                .unwrap(),
            None => (None, room),
        };
        if !settings.domain_verification {
            return claimed == room || claimed == node || claimed == "*";
        }
        let sub = self.claims["sub"].as_str().unwrap();
        (claimed == node || claimed == "*")
            && (sub == "*" || sub == tenant.unwrap_or(settings.domain))
    }

    pub fn hear(&mut self, said: &str, settings: &Settings, rooms: &mut Rooms) -> Vec<String> {
        let document = Document::parse(said).unwrap();
        let element = document.root_element();
        let id = element.attribute("id").unwrap_or_default();
        let to = element.attribute("to").unwrap_or_default();
        match (element.tag_name().name(), element.attribute("type")) {
            ("auth", _) => self.sign_in(settings),
            ("iq", Some("set")) if has(element, "bind") => {
                let jid = format!("{}@{}/check", self.name, self.domain);
                vec![result(
                    id,
                    &format!(
                        "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><jid>{jid}</jid></bind>"
                    ),
                )]
            }
            ("iq", Some("set")) if has(element, "conference") => {
                let conference = element.first_element_child().unwrap();
                let room = conference.attribute("room").unwrap();
                assert!(conference.attribute("machine-uid").is_some());
                let answer = rooms.wish(self, settings, room);
                vec![answer.map_or_else(
                    |condition| error(id, condition),
                    |answer| result(id, &answer),
                )]
            }
            ("iq", Some("get")) if has(element, "query") && to == settings.muc => {
                let info = "http://jabber.org/protocol/disco#info";
                vec![result(
                    id,
                    &format!(
                        "<query xmlns='{info}'><identity category='conference' type='text'/></query>"
                    ),
                )]
            }
            ("iq", Some("get")) => vec![error(id, "remote-server-not-found")],
            ("presence", None) => rooms.join(self, settings, to),
            ("presence", Some("unavailable")) => {
                rooms.leave(self, to);
                Vec::new()
            }
            other => panic!("nobody says {other:?} to Prosody"),
        }
    }

    fn sign_in(&mut self, settings: &Settings) -> Vec<String> {
        if settings.hangs && self.token.as_ref().is_some_and(|token| token != "garbage") {
            return Vec::new();
        }
        match self.verify(settings) {
            Ok(claims) => {
                self.claims = claims;
                self.signed_in = true;
                vec![format!("<success xmlns='{SASL}'/>")]
            }
            Err(words) => vec![format!(
                "<failure xmlns='{SASL}'><not-allowed/><text>{words}</text></failure>"
            )],
        }
    }

    /// Jitsi's `token/util.lib.lua` and `luajwtjitsi.lib.lua`, in their order and words.
    fn verify(&mut self, settings: &Settings) -> Result<Value, &'static str> {
        if !self.is_member_of(settings) || settings.authentication == Authentication::Nothing {
            self.token = None;
            return Ok(Value::Null);
        }
        let Some(token) = &self.token else {
            return if settings.allow_empty {
                Ok(Value::Null)
            } else {
                Err("token required")
            };
        };
        let header = decode_header(token).map_err(|_| "Invalid token")?;
        if settings.has_key_server {
            return Err(if header.kid.is_none() {
                "'kid' claim is missing"
            } else {
                "could not obtain public key"
            });
        }
        if header.alg != settings.algorithm {
            return Err("Invalid or incorrect alg");
        }
        let mut validation = Validation::new(settings.algorithm);
        validation.required_spec_claims.clear();
        validation.validate_exp = false;
        validation.validate_aud = false;
        let key = DecodingKey::from_secret(settings.secret.as_bytes());
        let claims = decode::<Value>(token, &key, &validation)
            .map_err(|_| "Invalid signature")?
            .claims;
        let now = now() + settings.ahead;
        if claims["exp"].as_i64().is_some_and(|exp| exp <= now) {
            return Err("Not acceptable by exp");
        }
        if claims["nbf"].as_i64().is_some_and(|nbf| nbf > now) {
            return Err("Not acceptable by nbf");
        }
        if claims["iss"] != settings.issuer {
            return Err("invalid 'iss' claim");
        }
        if claims["aud"] != settings.audience {
            return Err("invalid 'aud' claim");
        }
        Ok(claims)
    }
}

/// The real time: that of the program under test.
#[expect(
    clippy::disallowed_methods,
    reason = "a server of its own has a clock of its own"
)]
pub fn now() -> i64 {
    OffsetDateTime::now_utc().unix_timestamp()
}

fn has(element: Node<'_, '_>, name: &str) -> bool {
    element
        .children()
        .any(|child| child.tag_name().name() == name)
}

fn result(id: &str, content: &str) -> String {
    format!("<iq xmlns='jabber:client' type='result' id='{id}'>{content}</iq>")
}

fn error(id: &str, condition: &str) -> String {
    format!(
        "<iq xmlns='jabber:client' type='error' id='{id}'><error type='cancel'><{condition} xmlns='{STANZAS}'/></error></iq>"
    )
}
