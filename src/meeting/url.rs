//! The address back into the meeting.
//!
//! Scheme, host and prefix come from configuration alone. A request adds one room segment, at most one tenant segment
//! and filtered settings, each written out, never joined: `Url::join` would let `//evil.example` take the token away.

use ::url::Url;
use percent_encoding::utf8_percent_encode;

use super::app::{AppAddress, Apps};
use super::jaas::AppId;
use super::room::ENCODE_URI_COMPONENT;
use super::{ClientKind, MeetingRequest};

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
    apps: Apps,
}

/// The setting by which Jitsi's client shows or skips the page before the meeting.
const PREJOIN: &str = "config.prejoinConfig.enabled";

impl MeetingUrls {
    /// `skip_prejoin`: ask Jitsi not to show its own page before the meeting, unless the visit says otherwise.
    #[must_use]
    pub fn new(jitsi: &Url, token_place: TokenPlace, skip_prejoin: bool, apps: Apps) -> Self {
        Self {
            base: jitsi.as_str().trim_end_matches('/').to_owned(),
            token_place,
            skip_prejoin,
            apps,
        }
    }

    /// The same, at JaaS, where every room lives below its account's AppID.
    #[must_use]
    pub fn at_jaas(self, app_id: &AppId) -> Self {
        Self {
            base: format!("{}/{app_id}", self.base),
            ..self
        }
    }

    /// The meeting's address in a browser, with the token in it.
    #[must_use]
    pub fn web(&self, request: &MeetingRequest, token: &str) -> String {
        let settings = self.settings(request);
        let mut url = self.room(request);
        url.reserve(token.len() + settings.len() + "#jwt=%22%22&".len());
        match self.token_place {
            TokenPlace::Query => {
                url.extend(["?jwt=", token]);
                if !settings.is_empty() {
                    url.extend(["#", &settings]);
                }
            }
            // A JSON string, encoded as Jitsi's own parser of fragments expects it.
            TokenPlace::Fragment => {
                url.extend(["#jwt=%22", token, "%22"]);
                if !settings.is_empty() {
                    url.extend(["&", &settings]);
                }
            }
        }
        url
    }

    /// The meeting's address in a browser for a guest: without a token.
    #[must_use]
    pub fn guest(&self, request: &MeetingRequest) -> String {
        let settings = self.settings(request);
        let hash = if settings.is_empty() { "" } else { "#" };
        format!("{}{hash}{settings}", self.room(request))
    }

    /// The address that opens the app which the person came from, with the token in it; `None` for a browser.
    #[must_use]
    pub fn app(&self, request: &MeetingRequest, token: &str) -> Option<String> {
        if request.client == ClientKind::Web {
            return None;
        }
        let room = self.room(request);
        let (_, place) = room.split_once("://")?;
        let address = AppAddress {
            place,
            token,
            settings: &self.settings(request),
            web: &self.web(request, token),
        };
        self.apps.open(request.client, &address)
    }

    /// Jitsi's settings of the visit, as they stand in a fragment.
    fn settings(&self, request: &MeetingRequest) -> String {
        let mut settings = Vec::new();
        if self.skip_prejoin && !request.overrides.iter().any(|(key, _)| key == PREJOIN) {
            settings.push(format!("{PREJOIN}=false"));
        }
        settings.extend(request.overrides.iter().map(|(key, value)| {
            format!("{key}={}", utf8_percent_encode(value, ENCODE_URI_COMPONENT))
        }));
        settings.join("&")
    }

    /// The room's own address, without a token.
    #[must_use]
    pub fn room(&self, request: &MeetingRequest) -> String {
        let room = request.room.as_str();
        match &request.tenant {
            Some(tenant) => [&self.base, "/", tenant.as_str(), "/", room].concat(),
            None => [&self.base, "/", room].concat(),
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
            Apps::default(),
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

    /// Where each form is from: `meeting/app.rs`, and for the settings jitsi-meet, `parseURLParams.ts`.
    #[test]
    fn every_app_is_opened_in_its_own_way() {
        let branded = Apps {
            ios_scheme: "org.example.ios".to_owned(),
            android_scheme: "org.example.android".to_owned(),
            android_package: "org.example.meet".to_owned(),
            electron_scheme: "example-meet".to_owned(),
        };
        let plain = r#""config.prejoinConfig.enabled":false"#;
        let slashes = r#""config.a":"x/y#z;end""#;
        let web =
            "https%3A%2F%2Fmeet.example.org%3A8443%2Fr%25c3%25a9union%23jwt%3D%2522a.b.c%2522%26";
        for (base, apps, tenant, client, settings, expected) in [
            (
                "https://meet.example.org:8443",
                Apps::default(),
                None,
                "ios",
                plain,
                "org.jitsi.meet://meet.example.org:8443/r%c3%a9union?jwt=a.b.c#config.prejoinConfig.enabled=false".to_owned(),
            ),
            (
                "https://meet.example.org/prefix/",
                branded.clone(),
                Some("Acme"),
                "ios",
                slashes,
                "org.example.ios://meet.example.org/prefix/acme/r%c3%a9union?jwt=a.b.c#config.a=%22x%2Fy%23z%3Bend%22".to_owned(),
            ),
            (
                "https://meet.example.org",
                Apps::default(),
                Some("acme"),
                "electron",
                slashes,
                "jitsi-meet://meet.example.org/acme/r%c3%a9union?jwt=a.b.c#config.a=%22x%2Fy%23z%3Bend%22".to_owned(),
            ),
            (
                "https://meet.example.org",
                branded.clone(),
                None,
                "electron",
                plain,
                "example-meet://meet.example.org/r%c3%a9union?jwt=a.b.c#config.prejoinConfig.enabled=false".to_owned(),
            ),
            (
                "https://meet.example.org:8443",
                Apps::default(),
                None,
                "android",
                plain,
                format!("intent://meet.example.org:8443/r%c3%a9union?jwt=a.b.c#config.prejoinConfig.enabled=false\
                 #Intent;scheme=org.jitsi.meet;package=org.jitsi.meet;S.browser_fallback_url={web}config.prejoinConfig.enabled%3Dfalse;end"),
            ),
            (
                "https://meet.example.org:8443",
                branded,
                None,
                "android",
                r#""config.startSilent":true"#,
                format!("intent://meet.example.org:8443/r%c3%a9union?jwt=a.b.c#config.startSilent=true\
                 #Intent;scheme=org.example.android;package=org.example.meet;S.browser_fallback_url={web}config.startSilent%3Dtrue;end"),
            ),
        ] {
            let state = format!(r#"{{"{client}":true,{settings}}}"#);
            let base = Url::parse(base).unwrap();
            let urls = MeetingUrls::new(&base, TokenPlace::Fragment, false, apps);
            let found = urls.app(&request("Réunion", tenant, Some(&state)), "a.b.c");
            assert_eq!(found.as_deref(), Some(expected.as_str()));
        }
    }

    #[test]
    fn nothing_in_a_visit_gets_out_of_its_place_in_an_apps_address() {
        let state = r#"{"electron":true,"config.x":"/a/b?c#d&jwt=e;S.f=g;end"}"#;
        let found = urls(TokenPlace::Query, true).app(&request("a", None, Some(state)), "a.b.c");
        let found = found.unwrap();
        let (place, settings) = found.split_once('#').unwrap();
        assert_eq!(place, "jitsi-meet://meet.example.org/prefix/a?jwt=a.b.c");
        assert!(!settings.contains(['/', '#', ';', '?']), "{settings}");
        assert_eq!(found.matches("jwt=").count(), 1);
    }

    #[test]
    fn a_browser_needs_no_app() {
        assert_eq!(
            urls(TokenPlace::Fragment, true).app(&request("a", None, None), "t"),
            None
        );
    }
}
