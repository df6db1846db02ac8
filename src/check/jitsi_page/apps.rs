//! `deeplinking`: whether the apps that Jitsi's page opens are those that the bridge leads back into.

use super::Seen;
use crate::check::report::Findings;

/// Looks at schemes and package.
pub fn judge(seen: &Seen<'_>, findings: &mut Findings) {
    let apps = &seen.config.jitsi.apps.apps;
    let pairs = [
        (
            ["deeplinking", "ios", "appScheme"],
            "ios_scheme",
            &apps.ios_scheme,
        ),
        (
            ["deeplinking", "android", "appScheme"],
            "android_scheme",
            &apps.android_scheme,
        ),
        (
            ["deeplinking", "android", "appPackage"],
            "android_package",
            &apps.android_package,
        ),
        (
            ["deeplinking", "desktop", "appScheme"],
            "electron_scheme",
            &apps.electron_scheme,
        ),
    ];
    for (path, key, ours) in pairs {
        let Some(theirs) = seen.script.text(&path).filter(|theirs| theirs != ours) else {
            continue;
        };
        findings.fault(
            "page-app-schemes",
            format!(
                "config.js: {} is {theirs:?}, and jitsi.apps.{key} is {ours:?}: the app is not opened again after signing in",
                path.join(".")
            ),
            format!("Write {key} = {theirs:?} below [jitsi.apps]"),
        );
    }
    let off = seen.script.is_true(&["disableDeepLinking"])
        || seen.script.is_true(&["deeplinking", "disabled"]);
    if off {
        findings.good(
            "page-deep-linking",
            "Jitsi's page does not offer the apps on phones (disableDeepLinking); people who start in an app are led back into it all the same",
        );
    }
}
