//! `[jitsi.apps]`: how people who came from an app get back into it.

use super::AppSettings;
use super::reader::Section;
use crate::meeting::app::Apps;

/// Schemes behind which a browser runs or opens something else than an app.
const NO_APPS: [&str; 6] = ["javascript", "data", "vbscript", "http", "https", "file"];

/// Reads the section.
pub fn read(mut section: Section<'_>) -> Option<AppSettings> {
    let Apps {
        ios_scheme,
        android_scheme,
        android_package,
        electron_scheme,
    } = Apps::default();
    let mut name = |key: &str, default: String| {
        let origin = section.origin(key);
        let name = section.or(key, default)?;
        // A URI scheme (RFC 3986, 3.1); Android's package names are of the same letters.
        let mut bytes = name.bytes();
        let begins_well = bytes.next().is_some_and(|b| b.is_ascii_alphabetic());
        let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'+' | b'_');
        if begins_well
            && bytes.all(allowed)
            && !NO_APPS.contains(&name.to_ascii_lowercase().as_str())
        {
            return Some(name);
        }
        let said = format!("expected an app's name such as \"org.jitsi.meet\", found {name:?}");
        section.fault(key, origin, said);
        None
    };
    let apps = (
        name("ios_scheme", ios_scheme),
        name("android_scheme", android_scheme),
        name("android_package", android_package),
        name("electron_scheme", electron_scheme),
    );
    let automatic_return = section.or("automatic_return", true);
    section.finish();
    Some(AppSettings {
        apps: Apps {
            ios_scheme: apps.0?,
            android_scheme: apps.1?,
            android_package: apps.2?,
            electron_scheme: apps.3?,
        },
        automatic_return: automatic_return?,
    })
}
