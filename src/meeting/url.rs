//! The address back into the meeting.
//!
//! Scheme, host and prefix come from configuration alone. A request adds one room segment, at most one tenant segment
//! and filtered settings, each written out, never joined: `Url::join` would let `//evil.example` take the token away.

use ::url::Url;
use percent_encoding::utf8_percent_encode;

use super::MeetingRequest;
use super::room::ENCODE_URI_COMPONENT;

/// Where in the URL the token stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenPlace {
    /// `#jwt="…"`: reaches no server log and no Referer; read by Jitsi's web client since May 2024.
    Fragment,
    /// `?jwt=…`: read by every client.
    Query,
}

/// Writes addresses of meetings on one Jitsi.
#[derive(Debug, Clone)]
pub struct MeetingUrls {
    /// Jitsi's public address without the slash at its end.
    base: String,
    token_place: TokenPlace,
    skip_prejoin: bool,
}

/// The setting by which Jitsi's client shows or skips the page before the meeting.
const PREJOIN: &str = "config.prejoinConfig.enabled";

impl MeetingUrls {
    /// `skip_prejoin`: ask Jitsi not to show its own page before the meeting, unless the visit says otherwise.
    #[must_use]
    pub fn new(jitsi: &Url, token_place: TokenPlace, skip_prejoin: bool) -> Self {
        Self {
            base: jitsi.as_str().trim_end_matches('/').to_owned(),
            token_place,
            skip_prejoin,
        }
    }

    /// The meeting's address in a browser, with the token in it.
    #[must_use]
    pub fn web(&self, request: &MeetingRequest, token: &str) -> String {
        let mut settings = Vec::new();
        let mut query = String::new();
        match self.token_place {
            TokenPlace::Query => query = format!("?jwt={token}"),
            // A JSON string, encoded as Jitsi's own parser of fragments expects it.
            TokenPlace::Fragment => settings.push(format!("jwt=%22{token}%22")),
        }
        if self.skip_prejoin && !request.overrides.iter().any(|(key, _)| key == PREJOIN) {
            settings.push(format!("{PREJOIN}=false"));
        }
        for (key, value) in &request.overrides {
            settings.push(format!(
                "{key}={}",
                utf8_percent_encode(value, ENCODE_URI_COMPONENT)
            ));
        }
        let fragment = if settings.is_empty() {
            String::new()
        } else {
            format!("#{}", settings.join("&"))
        };
        format!("{}{query}{fragment}", self.room(request))
    }

    /// The room's own address, without a token.
    #[must_use]
    pub fn room(&self, request: &MeetingRequest) -> String {
        match &request.tenant {
            Some(tenant) => format!("{}/{tenant}/{}", self.base, request.room),
            None => format!("{}/{}", self.base, request.room),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn urls(place: TokenPlace, skip: bool) -> MeetingUrls {
        MeetingUrls::new(
            &Url::parse("https://meet.example.org/prefix/").unwrap(),
            place,
            skip,
        )
    }

    fn request(room: &str, tenant: Option<&str>, state: Option<&str>) -> MeetingRequest {
        MeetingRequest::parse(Some(room), tenant, state).unwrap()
    }

    #[test]
    fn the_token_goes_into_the_fragment_and_settings_follow_it() {
        let state = r#"{"config.startWithAudioMuted":true,"config.defaultLanguage":"de&x"}"#;
        assert_eq!(
            urls(TokenPlace::Fragment, true)
                .web(&request("Room", Some("acme"), Some(state)), "a.b.c"),
            "https://meet.example.org/prefix/acme/room#jwt=%22a.b.c%22&config.prejoinConfig.enabled=false\
             &config.defaultLanguage=%22de%26x%22&config.startWithAudioMuted=true"
        );
    }

    #[test]
    fn the_token_goes_into_the_query_for_older_servers() {
        assert_eq!(
            urls(TokenPlace::Query, false).web(&request("room", None, None), "a.b.c"),
            "https://meet.example.org/prefix/room?jwt=a.b.c"
        );
    }

    #[test]
    fn a_visit_may_ask_for_the_page_before_the_meeting() {
        let state = r#"{"config.prejoinConfig.enabled":true}"#;
        let url = urls(TokenPlace::Fragment, true).web(&request("room", None, Some(state)), "t");
        assert_eq!(
            url,
            "https://meet.example.org/prefix/room#jwt=%22t%22&config.prejoinConfig.enabled=true"
        );
    }
}
