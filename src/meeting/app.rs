//! The addresses that open Jitsi's apps: each has a scheme of its own and its own way to read the rest.
//!
//! All of them read the token from the query in every version, and settings of the visit from the fragment.

use percent_encoding::utf8_percent_encode;

use super::ClientKind;
use super::room::ENCODE_URI_COMPONENT;

/// What the apps of one Jitsi are called; other values than Jitsi's own are for branded apps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Apps {
    /// iOS: the app's URL scheme (jitsi-meet, `ios/app/src/Info.plist`, `CFBundleURLSchemes`).
    pub ios_scheme: String,
    /// Android: the app's URL scheme (jitsi-meet, `android/app/src/main/AndroidManifest.xml`).
    pub android_scheme: String,
    /// Android: the app's package.
    pub android_package: String,
    /// Desktop: the app's URL scheme (jitsi-meet-electron, `main.js`).
    pub electron_scheme: String,
}

impl Default for Apps {
    fn default() -> Self {
        Self {
            ios_scheme: "org.jitsi.meet".to_owned(),
            android_scheme: "org.jitsi.meet".to_owned(),
            android_package: "org.jitsi.meet".to_owned(),
            electron_scheme: "jitsi-meet".to_owned(),
        }
    }
}

/// The parts of a meeting's address, as every app takes them.
#[derive(Debug, Clone, Copy)]
pub struct AppAddress<'a> {
    /// Host, port, prefix, tenant and room: what follows `https://` on the web.
    pub place: &'a str,
    /// The token.
    pub token: &'a str,
    /// Settings of the visit, joined by `&` and encoded; empty for none.
    pub settings: &'a str,
    /// The meeting's address in a browser, for those who have no app.
    pub web: &'a str,
}

impl Apps {
    /// The address that opens an app; `None` for a browser, which needs no app.
    #[must_use]
    pub fn open(&self, client: ClientKind, address: &AppAddress<'_>) -> Option<String> {
        let AppAddress {
            place,
            token,
            settings,
            web,
        } = address;
        let hash = if settings.is_empty() { "" } else { "#" };
        let rest = format!("{place}?jwt={token}{hash}{settings}");
        match client {
            ClientKind::Web => None,
            // jitsi-meet, `react/features/base/util/uri.ts`: any scheme that is not http becomes https.
            ClientKind::Ios => Some(format!("{}://{rest}", self.ios_scheme)),
            // The app cuts server and room at the last slash: settings hold none, since they are encoded.
            ClientKind::Electron => Some(format!("{}://{rest}", self.electron_scheme)),
            // jitsi-meet, `react/features/deep-linking/functions.web.ts`. Android cuts at the last '#', so settings
            // before it survive; Chrome goes to the fallback where there is no app.
            ClientKind::Android => Some(format!(
                "intent://{rest}#Intent;scheme={};package={};S.browser_fallback_url={};end",
                self.android_scheme,
                self.android_package,
                utf8_percent_encode(web, ENCODE_URI_COMPONENT)
            )),
        }
    }
}
