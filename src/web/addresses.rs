//! Our own addresses, as browsers see them, and Jitsi's page that ends an inline sign-in.

use percent_encoding::utf8_percent_encode;
use url::Url;

use crate::identity::settings::ProviderSettings;
use crate::meeting::room::ENCODE_URI_COMPONENT;
use crate::meeting::{Destination, MeetingRequest};

/// Our own addresses.
#[derive(Debug, Clone)]
pub struct Addresses {
    /// `server.public_url` without the slash at its end.
    pub base: String,
    /// Its path without the slash at its end; empty at the root of a host.
    pub path: String,
    /// Jitsi's page that ends an inline sign-in.
    pub sso_page: String,
    /// What Jitsi calls itself there.
    client_id: String,
}

impl Addresses {
    /// The addresses that follow from ours and Jitsi's; `client_id` is what Jitsi calls itself at our token service.
    #[must_use]
    pub fn new(public_url: &Url, jitsi: &Url, client_id: &str) -> Self {
        let base = public_url.as_str().trim_end_matches('/').to_owned();
        let path = public_url.path().trim_end_matches('/').to_owned();
        let jitsi = jitsi.as_str().trim_end_matches('/');
        Self {
            sso_page: format!("{jitsi}/static/sso.html"),
            client_id: client_id.to_owned(),
            base,
            path,
        }
    }

    /// The home page.
    #[must_use]
    pub fn home(&self) -> String {
        format!("{}/", self.base)
    }

    /// The page of what is known and decided here, with a room that it is about.
    #[must_use]
    pub fn whoami(&self, room: Option<&MeetingRequest>) -> String {
        match room {
            Some(request) => format!("{}/whoami?room={}", self.base, typed(request)),
            None => format!("{}/whoami", self.base),
        }
    }

    /// Where somebody arrives who has just signed in.
    #[must_use]
    pub fn signed_in(&self, destination: &Destination) -> String {
        match destination {
            Destination::Meeting(request) => self.join(request, None),
            Destination::Home => self.home(),
            Destination::WhoAmI(room) => self.whoami(room.as_ref()),
        }
    }

    /// Where a provider sends browsers back to.
    #[must_use]
    pub fn redirect_uri(&self, provider: &ProviderSettings) -> String {
        format!("{}{}", self.base, provider.redirect_path)
    }

    /// The address of the same wish again, whatever it was.
    #[must_use]
    pub fn again(&self, destination: &Destination, prompt: Option<&str>) -> String {
        self.with(destination, &[("prompt", prompt)])
    }

    /// The address of the same wish by way of the provider of this name.
    #[must_use]
    pub fn at(&self, destination: &Destination, prompt: Option<&str>, provider: &str) -> String {
        self.with(destination, &[("prompt", prompt), ("idp", Some(provider))])
    }

    /// The address of a wish to join, the same as it came but for the prompt.
    #[must_use]
    pub fn join(&self, request: &MeetingRequest, prompt: Option<&str>) -> String {
        self.join_with(request, &[("prompt", prompt)])
    }

    fn with(&self, destination: &Destination, further: &[(&str, Option<&str>)]) -> String {
        match destination {
            Destination::Meeting(request) => self.join_with(request, further),
            Destination::Home => self.sign_in_with(&[], further),
            Destination::WhoAmI(room) => {
                let room = room.as_ref().map(typed);
                self.sign_in_with(
                    &[("to", Some("whoami")), ("room", room.as_deref())],
                    further,
                )
            }
        }
    }

    /// Values are encoded already, or need no encoding.
    fn sign_in_with(
        &self,
        first: &[(&str, Option<&str>)],
        further: &[(&str, Option<&str>)],
    ) -> String {
        let given = first.iter().chain(further);
        let given = given.filter_map(|(name, value)| Some((name, (*value)?)));
        let query: Vec<String> = given
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let question = if query.is_empty() { "" } else { "?" };
        format!("{}/sign-in{question}{}", self.base, query.join("&"))
    }

    fn join_with(&self, request: &MeetingRequest, further: &[(&str, Option<&str>)]) -> String {
        let state = request.to_state();
        let simple = state.is_none() && request.popup.is_none();
        let mut query = Vec::new();
        let tenant = request.tenant.as_ref();
        let place = match (simple, &request.popup) {
            (true, _) => {
                let tenant = tenant.map(|tenant| format!("/{tenant}"));
                format!("room{}/{}", tenant.unwrap_or_default(), request.room)
            }
            (false, popup) => {
                // The room's name is encoded already, as Jitsi's own links have it.
                query.push(format!("room={}", request.room));
                query.extend(tenant.map(|tenant| format!("tenant={tenant}")));
                let place = if popup.is_some() { "authorize" } else { "join" };
                place.to_owned()
            }
        };
        let mut add = |name: &str, value: &str| {
            let value = utf8_percent_encode(value, ENCODE_URI_COMPONENT);
            query.push(format!("{name}={value}"));
        };
        if let Some(state) = &state {
            add("state", state);
        }
        if let Some(popup) = &request.popup {
            add("client_id", &self.client_id);
            add("redirect_uri", &self.sso_page);
            add("code_challenge", &popup.code_challenge);
            add("nonce", &popup.nonce);
        }
        for (name, value) in further {
            if let Some(value) = value {
                add(name, value);
            }
        }
        let question = if query.is_empty() { "" } else { "?" };
        format!("{}/{place}{question}{}", self.base, query.join("&"))
    }
}

/// A room as somebody could have typed it, as a query holds it.
fn typed(request: &MeetingRequest) -> String {
    let tenant = request.tenant.as_ref().map(|tenant| format!("{tenant}/"));
    let whole = format!("{}{}", tenant.unwrap_or_default(), request.room);
    utf8_percent_encode(&whole, ENCODE_URI_COMPONENT).to_string()
}
