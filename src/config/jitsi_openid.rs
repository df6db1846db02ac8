//! A drop-in for users of jitsi-openid: its environment variables, understood as settings of ours.
//!
//! They count when there is no configuration file. Nothing is copied in silence: what each variable became is told, and
//! the habit of handing the provider's `moderator` and `affiliation` claims through becomes two ordinary policy rules.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

use zeroize::Zeroizing;

use super::source::{Node, Origin, Raw, overlay, parse_inline};

/// The variables that tell one of its configurations.
const TELLING: [&str; 4] = [
    "JITSI_URL",
    "JITSI_SUB",
    "JITSI_SECRET",
    "JITSI_SECRET_FILE",
];

/// Variables whose text is a setting's, each with that setting; of two for one setting the later one here counts.
const PLAIN: [(&str, [&str; 2]); 13] = [
    ("JITSI_SECRET", ["token", "secret"]),
    ("JITSI_SECRET_FILE", ["token", "secret_file"]),
    ("JITSI_URL", ["jitsi", "url"]),
    ("JITSI_SUB", ["jitsi", "xmpp_domain"]),
    ("ISSUER_BASE_URL", ["provider", "issuer"]),
    ("ISSUER_URL", ["provider", "issuer"]),
    ("BASE_URL", ["server", "public_url"]),
    ("CLIENT_ID", ["provider", "client_id"]),
    ("SECRET", ["provider", "client_secret"]),
    ("CLIENT_SECRET", ["provider", "client_secret"]),
    ("CLIENT_SECRET_FILE", ["provider", "client_secret_file"]),
    ("ACR_VALUES", ["provider", "acr_values"]),
    ("GROUP", ["jitsi", "group"]),
];

/// What that program does where nothing is set.
const DEFAULTS: [([&str; 2], &str); 3] = [
    (["jitsi", "token_in"], "query"),
    (["jitsi", "skip_prejoin"], "true"),
    (["policy", "default"], "participant"),
];

/// The port that it listens on where nothing is set.
const DEFAULT_PORT: u16 = 3000;

/// Its handing through of claims, as rules.
const RULES: &str = r#"[
    { name = "jitsi-openid: the provider's claim moderator is true", claims = { moderator = [true] }, role = "moderator" },
    { name = "jitsi-openid: the provider's claim affiliation is owner", claims = { affiliation = ["owner"] }, role = "moderator" },
]"#;

/// The settings that its variables stand for, and a line about each for the log; nothing when it is not configured so.
pub fn translate(
    environment: &[(String, String)],
    default_ip: IpAddr,
    told: &mut Vec<String>,
) -> BTreeMap<String, Node> {
    let mut tree = BTreeMap::new();
    let get = |name: &str| {
        environment
            .iter()
            .find(|(n, _)| n == name)
            .map(|(_, value)| value.as_str())
    };
    if !TELLING.iter().any(|name| get(name).is_some()) {
        return tree;
    }
    let listen = SocketAddr::new(default_ip, DEFAULT_PORT).to_string();
    for (path, value) in DEFAULTS
        .into_iter()
        .chain([(["server", "listen"], listen.as_str())])
    {
        put(
            &mut tree,
            &path,
            Raw::Text(Zeroizing::new(value.to_owned())),
            "jitsi-openid's default",
        );
        told.push(format!(
            "jitsi-openid's default became {} = {value:?}",
            path.join(".")
        ));
    }
    for (name, path) in PLAIN {
        let better = PLAIN
            .iter()
            .rev()
            .find(|(other, target)| *target == path && get(other).is_some());
        if let Some((better, _)) =
            better.filter(|(better, _)| *better != name && get(name).is_some())
        {
            told.push(format!("{name} is not looked at, since {better} is set"));
        } else if let Some(value) = get(name) {
            put(
                &mut tree,
                &path,
                Raw::Text(Zeroizing::new(value.to_owned())),
                name,
            );
            told.push(format!("{name} became {}", path.join(".")));
        }
    }
    let mut switch = |name: &str, path: [&str; 2], value: &str| {
        put(
            &mut tree,
            &path,
            Raw::Text(Zeroizing::new(value.to_owned())),
            name,
        );
        told.push(format!("{name} became {} = {value:?}", path.join(".")));
    };
    if let Some(address) = get("LISTEN_ADDR") {
        switch("LISTEN_ADDR", ["server", "listen"], address);
    }
    if let Some(skip) = get("SKIP_PREJOIN_SCREEN") {
        switch("SKIP_PREJOIN_SCREEN", ["jitsi", "skip_prejoin"], skip);
    }
    if let Some(scopes) = get("SCOPES") {
        // There, the library asks for `openid` in any case.
        let asked = scopes.split(' ').any(|scope| scope == "openid");
        switch(
            "SCOPES",
            ["provider", "scopes"],
            &if asked {
                scopes.to_owned()
            } else {
                format!("openid {scopes}")
            },
        );
    }
    if let Some(verify) = get("VERIFY_ACCESS_TOKEN_HASH") {
        let meaning = match verify {
            "true" => "required",
            "false" => "ignored",
            // Refused below as no such choice, under the variable's name.
            other => other,
        };
        switch("VERIFY_ACCESS_TOKEN_HASH", ["provider", "at_hash"], meaning);
    }
    let origin = Origin::Variable("jitsi-openid's habit".to_owned());
    if let Some(rules) = parse_inline(RULES, &origin) {
        overlay(
            &mut tree,
            &["policy", "rules"],
            Node {
                value: rules,
                origin,
            },
        );
        told.push("its handing through of claims became two policy rules: the claim moderator = true, or affiliation = \"owner\", makes a moderator".to_owned());
    }
    tree
}

fn put(tree: &mut BTreeMap<String, Node>, path: &[&str], value: Raw, origin: &str) {
    overlay(
        tree,
        path,
        Node {
            value,
            origin: Origin::Variable(origin.to_owned()),
        },
    );
}
