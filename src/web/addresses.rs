//! Our own addresses, as browsers see them, and Jitsi's page that ends an inline sign-in.

use percent_encoding::utf8_percent_encode;
use url::Url;

use crate::meeting::room::ENCODE_URI_COMPONENT;
use crate::meeting::{Destination, MeetingRequest};

/// Our own addresses.
#[derive(Debug, Clone)]
pub struct Addresses {
    /// `server.public_url` without the slash at its end.
    pub base: String,
    /// Its path without the slash at its end; empty at the root of a host.
    pub path: String,
    /// Where the provider sends browsers back to.
    pub redirect_uri: String,
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
            redirect_uri: format!("{base}/callback"),
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

    /// The address of the same wish again, whatever it was.
    #[must_use]
    pub fn again(&self, destination: &Destination, prompt: Option<&str>) -> String {
        match (destination, prompt) {
            (Destination::Meeting(request), prompt) => self.join(request, prompt),
            (Destination::Home, Some(prompt)) => format!("{}/sign-in?prompt={prompt}", self.base),
            (Destination::Home, None) => format!("{}/sign-in", self.base),
        }
    }

    /// The address of a wish to join, the same as it came but for the prompt.
    #[must_use]
    pub fn join(&self, request: &MeetingRequest, prompt: Option<&str>) -> String {
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
        if let Some(prompt) = prompt {
            add("prompt", prompt);
        }
        let question = if query.is_empty() { "" } else { "?" };
        format!("{}/{place}{question}{}", self.base, query.join("&"))
    }
}
