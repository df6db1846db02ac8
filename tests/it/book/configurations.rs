//! The configurations that the book shows are good, and what it says of other programs' settings is what becomes of them.

use jitsi_oidc_bridge::config::{Loaded, Sources, load};

use super::*;

const SECRET: &str = "0123456789abcdef0123456789abcdef";

/// With the secrets themselves in place of their files, which are not on this machine.
fn with_secrets(configuration: &str) -> String {
    let lines = configuration
        .lines()
        .map(|line| match line.split_once("_file = \"/") {
            Some((key, _)) => format!("{key} = \"{SECRET}\"\n"),
            None => format!("{line}\n"),
        });
    lines.collect()
}

fn loaded(file: &str, text: &str) -> Loaded {
    load(&Sources {
        file: Some((file.to_owned(), with_secrets(text))),
        environment: Vec::new(),
    })
    .unwrap_or_else(|problems| panic!("{file}:\n{problems}"))
}

#[test]
fn every_whole_configuration_that_a_page_shows_is_good() {
    let mut seen = 0;
    for (path, page) in pages() {
        for (language, text) in parts(&page).1 {
            if language == "toml" && text.contains("[server]") && text.contains("[provider]") {
                let loaded = loaded(&path.to_string_lossy(), &text);
                assert_eq!(loaded.warnings.to_string(), "", "{}", path.display());
                seen += 1;
            }
        }
    }
    assert!(seen >= 5, "{seen}");
}

#[test]
fn the_debian_packages_configuration_is_the_one_that_the_page_shows() {
    let file = read(&Path::new(ROOT).join("config/debian/bridge.toml"));
    let page = read(&Path::new(ROOT).join("docs/install/debian.md"));
    let bare = |text: &str| -> Vec<String> {
        let lines = text
            .lines()
            .filter(|line| !line.starts_with('#') && !line.is_empty());
        lines.map(str::to_owned).collect()
    };
    loaded("config/debian/bridge.toml", &file);
    let shown = parts(&page).1;
    let (_, shown) = shown
        .iter()
        .find(|(language, _)| language == "toml")
        .unwrap();
    assert_eq!(bare(&file), bare(shown));
}

/// The rows of the first table of a page whose head begins so: the cells of each.
fn table(page: &str, head: &str) -> Vec<Vec<String>> {
    let rows = page
        .lines()
        .skip_while(|line| !line.starts_with(head))
        .skip(2)
        .take_while(|line| line.starts_with('|'));
    rows.map(|row| row.split('|').map(|cell| cell.trim().to_owned()).collect())
        .collect()
}

/// What stands between backticks.
fn code(cell: &str) -> Vec<String> {
    cell.split('`')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect()
}

#[test]
fn each_variable_of_jitsi_openid_becomes_what_the_page_says_and_no_other_is_understood() {
    let usual = [
        ("JITSI_SECRET", SECRET),
        ("JITSI_URL", "https://meet.example.org"),
        ("JITSI_SUB", "meet.example.org"),
        ("ISSUER_URL", "https://id.example.org"),
        ("BASE_URL", "https://auth.meet.example.org"),
        ("CLIENT_ID", "jitsi"),
        ("CLIENT_SECRET", SECRET),
    ];
    let page = read(&Path::new(ROOT).join("docs/moving/jitsi-openid.md"));
    let mut named = BTreeSet::new();
    for row in table(&page, "| variable | becomes |") {
        let (variables, keys) = (code(&row[1]), code(&row[2]));
        for (number, variable) in variables.iter().enumerate() {
            let key = keys.get(number).unwrap_or(&keys[0]);
            // One of two for the same setting stands alone.
            let rivals =
                ["_FILE", ""].map(|end| variable.trim_end_matches("_FILE").to_owned() + end);
            let mut environment: Vec<(String, String)> = usual
                .iter()
                .filter(|(name, _)| !variables.iter().chain(&rivals).any(|other| other == name))
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect();
            let value = match variable.as_str() {
                "LISTEN_ADDR" => "127.0.0.1:3000",
                "SKIP_PREJOIN_SCREEN" | "VERIFY_ACCESS_TOKEN_HASH" => "true",
                file if file.ends_with("_FILE") => {
                    concat!(env!("CARGO_MANIFEST_DIR"), "/deny.toml")
                }
                "JITSI_SUB" | "CLIENT_ID" | "GROUP" | "ACR_VALUES" | "SCOPES" => "some",
                secret if secret.ends_with("SECRET") => SECRET,
                _ => "https://some.example.org",
            };
            environment.push((variable.clone(), value.to_owned()));
            let loaded = load(&Sources {
                file: None,
                environment,
            })
            .unwrap_or_else(|problems| panic!("{variable}:\n{problems}"));
            let became = format!("{variable} became {key}");
            assert!(
                loaded
                    .translated
                    .iter()
                    .any(|line| line.starts_with(&became)),
                "not {became}: {:#?}",
                loaded.translated
            );
            named.insert(variable.clone());
        }
    }
    let code = read(&Path::new(ROOT).join("src/config/jitsi_openid.rs"));
    let understood = code
        .split('"')
        .filter(|text| text.len() > 4 && text.chars().all(|c| c.is_ascii_uppercase() || c == '_'));
    assert_eq!(named, understood.map(str::to_owned).collect());
}
