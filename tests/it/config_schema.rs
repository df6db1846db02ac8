//! The schema for editors says what the reader takes: the same keys, the same types, and what is documented of each.

use std::collections::BTreeSet;

use boon::{Compiler, Schemas};
use jitsi_oidc_bridge::config::documented::DOCUMENTED;
use jitsi_oidc_bridge::config::schema::schema;
use jitsi_oidc_bridge::config::{Sources, load};
use serde_json::{Map, Value, json};

use crate::support::command::{CONFIG, run};

/// Every key with its schema, lists as `[]` and any name as `*`.
fn keys(schema: &Value) -> Vec<(String, Value)> {
    fn walk(path: &str, schema: &Value, all: &mut Vec<(String, Value)>) {
        let below = |name: &str| {
            if path.is_empty() {
                name.to_owned()
            } else {
                format!("{path}.{name}")
            }
        };
        for (name, member) in schema["properties"].as_object().into_iter().flatten() {
            all.push((below(name), member.clone()));
            walk(&below(name), member, all);
        }
        for (name, inner) in [
            ("*", &schema["additionalProperties"]),
            ("[]", &schema["items"]),
        ] {
            if inner.get("properties").is_some() {
                walk(&below(name), inner, all);
            }
        }
    }
    let mut all = Vec::new();
    walk("", schema, &mut all);
    all
}

/// What a value is not, of all that a schema asks for.
fn faults(schema: &Value, value: &Value) -> Vec<String> {
    let (mut compiler, mut schemas) = (Compiler::new(), Schemas::new());
    compiler
        .add_resource("schema.json", schema.clone())
        .unwrap();
    let index = compiler.compile("schema.json", &mut schemas).unwrap();
    let found = schemas.validate(value, index);
    found
        .err()
        .map(|fault| fault.to_string())
        .into_iter()
        .collect()
}

fn read(toml: &str) -> Value {
    serde_json::to_value(toml::from_str::<toml::Table>(toml).unwrap()).unwrap()
}

fn loads(text: &str) -> Result<(), String> {
    let file = Some(("test.toml".to_owned(), text.to_owned()));
    let loaded = load(&Sources {
        file,
        environment: Vec::new(),
    });
    loaded.map(drop).map_err(|problems| problems.to_string())
}

#[test]
fn the_schema_names_every_key_that_the_reader_asks_for_and_no_other() {
    let of = |text: &str| {
        let file = Some(("test.toml".to_owned(), text.to_owned()));
        load(&Sources {
            file,
            environment: Vec::new(),
        })
        .unwrap()
        .keys()
    };
    let text = format!("{CONFIG}[[policy.rules]]\nname = \"a\"\nrole = \"moderator\"\n");
    let several = text.replace("[provider]", "[providers.x]");
    let all = of(&text).into_iter().chain(of(&several));
    let asked: BTreeSet<String> = all
        .map(|key| {
            key.replace("[1].", ".[].")
                .replace("providers.x", "providers.*")
        })
        .collect();
    let known = keys(&schema().unwrap()).into_iter().map(|(key, _)| key);
    let known: BTreeSet<String> = known.collect();
    let asked: BTreeSet<String> = asked
        .into_iter()
        .filter(|key| key != "providers.*")
        .collect();
    assert_eq!(known, asked);
}

#[test]
fn every_key_has_the_description_that_is_documented() {
    for (key, schema) in keys(&schema().unwrap()) {
        let section = schema["type"] == "object" && schema.get("properties").is_some();
        let description = schema["description"].as_str().unwrap_or_default();
        let own = description.split("As a variable:").next().unwrap().trim();
        assert!(
            section || key == "policy.rules" || key == "providers" || !own.is_empty(),
            "{key}: {description:?}"
        );
        // Words that stand in the documented file, and nowhere else.
        let first: String = own.split(' ').take(3).collect::<Vec<_>>().join(" ");
        assert!(DOCUMENTED.contains(&first), "{key}: {first:?}");
    }
}

#[test]
fn defaults_are_as_they_are_documented() {
    let documented: Vec<&str> = DOCUMENTED.lines().collect();
    let mut section = String::new();
    let mut compared = 0;
    let all = keys(&schema().unwrap());
    let mut said = Vec::new();
    for line in documented {
        said.push(line);
        let text = line.trim_start_matches("# ");
        if let Some(name) = text.strip_prefix('[') {
            section = name
                .trim_start_matches('[')
                .split(']')
                .next()
                .unwrap()
                .to_owned();
        }
        let Some((key, value)) = line
            .strip_prefix("# ")
            .and_then(|line| line.split_once(" = "))
        else {
            continue;
        };
        let name = if section.is_empty() {
            key.to_owned()
        } else {
            format!("{section}.{key}")
        };
        let Some((_, schema)) = all.iter().find(|(known, _)| *known == name) else {
            continue;
        };
        let Some(default) = schema.get("default") else {
            continue;
        };
        let Ok(value) = toml::from_str::<toml::Table>(&format!("x = {value}")) else {
            continue;
        };
        let value = serde_json::to_value(&value["x"]).unwrap();
        let spoken = |value: &Value| match value.as_str() {
            Some(text) if schema["pattern"] == "^[0-9][0-9A-Za-zµ ]*$" => {
                json!(humantime::parse_duration(text).unwrap().as_secs())
            }
            _ => value.clone(),
        };
        // An example where nothing counts by default.
        if !default.as_array().is_some_and(Vec::is_empty)
            && !default.as_object().is_some_and(Map::is_empty)
            && *default != ""
        {
            let same = spoken(&value) == spoken(default)
                || json!([spoken(default)]) == spoken(&value)
                || spoken(&value) == json!([spoken(default)]);
            assert!(same, "{name}: documented {value}, counts {default}");
            compared += 1;
        }
    }
    assert!(compared > 50, "{compared}");
}

#[test]
fn our_own_files_fit_the_schema() {
    let schema = schema().unwrap();
    let mut files = vec![
        DOCUMENTED.to_owned(),
        include_str!("../../config/compose/bridge/bridge.toml").to_owned(),
    ];
    for entry in
        std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/config/providers")).unwrap()
    {
        files.push(std::fs::read_to_string(entry.unwrap().path()).unwrap());
    }
    assert!(files.len() > 10);
    for text in files {
        assert_eq!(
            faults(&schema, &read(&text)),
            Vec::<String>::new(),
            "{text}"
        );
    }
    let several = "[providers.a]\nlabel = \"A\"\n[providers.b]\nlabel = \"B\"\n[providers.b.claims]\ngroups = [\"x\", [\"y\", \"z\"]]\n";
    assert_eq!(faults(&schema, &read(several)), Vec::<String>::new());
}

#[test]
fn a_wrong_type_is_refused_by_the_schema_and_by_the_reader() {
    let schema = schema().unwrap();
    let mut tried = 0;
    for (key, member) in keys(&schema) {
        let section =
            member.get("properties").is_some() || member["items"].get("properties").is_some();
        if section || key == "providers" {
            continue;
        }
        // Every kind that it is not.
        let kinds = [
            ("3.5", json!(3.5)),
            ("\"\\u0001\"", json!("\u{1}")),
            ("true", json!(true)),
            ("[[[]]]", json!([[[]]])),
        ];
        for (toml, value) in kinds {
            if faults(&member, &value).is_empty() {
                continue;
            }
            let path = key
                .replace("policy.rules.[].", "policy.rules.")
                .replace("providers.*", "providers.x");
            let (section, name) = path.rsplit_once('.').unwrap_or(("", &path));
            let text = match section {
                "" => format!("{name} = {toml}\n{CONFIG}"),
                "policy.rules" => format!("{CONFIG}[[policy.rules]]\n{name} = {toml}\n"),
                section => {
                    let text = if section.starts_with("providers") {
                        CONFIG.replace("[provider]", "[providers.x]")
                    } else {
                        CONFIG.to_owned()
                    };
                    let header = format!("[{section}]");
                    if text.contains(&header) {
                        let kept = text
                            .lines()
                            .filter(|line| !line.starts_with(&format!("{name} = ")));
                        kept.map(|line| {
                            if line == header {
                                format!("{line}\n{name} = {toml}\n")
                            } else {
                                format!("{line}\n")
                            }
                        })
                        .collect()
                    } else {
                        format!("{text}{header}\n{name} = {toml}\n")
                    }
                }
            };
            let said = loads(&text).expect_err(&text);
            let told = format!("{name} (test.toml:");
            assert!(said.contains(&told), "{key} = {toml}: {said}\n{text}");
            tried += 1;
        }
    }
    assert!(tried > 150, "{tried}");
    for unknown in [
        "nonsense = 1\n",
        "[nonsense]\n",
        "[log]\nlevle = \"info\"\n",
    ] {
        assert_ne!(
            faults(&schema, &read(unknown)),
            Vec::<String>::new(),
            "{unknown}"
        );
        assert!(loads(&format!("{unknown}\n")).is_err());
    }
}

#[test]
fn the_schema_that_is_kept_beside_the_example_is_the_one_that_is_printed() {
    let said = run(&["config", "schema"]);
    assert_eq!(said.code, 0, "{said:?}");
    let kept = include_str!("../../config/bridge.schema.json");
    assert!(
        said.out == kept,
        "write it anew: jitsi-oidc-bridge config schema > config/bridge.schema.json"
    );
    assert_eq!(
        said.json()["$schema"],
        "https://json-schema.org/draft/2020-12/schema"
    );
}
