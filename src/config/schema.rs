//! The JSON Schema of a configuration file, for editors: made of what the reader asks for, and of what
//! `config/bridge.toml` says of it.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::documented::descriptions;
use super::inputs::Sources;
use super::load::load;
use super::reader::Problems;
use super::shape::{Asked, Shape};
use super::source::PREFIX;

/// A configuration from which the reader asks for every key that there is: as many as it takes.
const ONE: &str = r#"
[server]
public_url = "https://meet.example.org/sso"
[jitsi]
url = "https://meet.example.org"
[token]
secret = "a-secret-in-an-example-that-signs-nothing"
[provider]
issuer = "https://id.example.org"
client_id = "bridge"
[[policy.rules]]
name = "a"
role = "moderator"
"#;

/// JSON Schema, draft 2020-12.
///
/// # Errors
/// Never, unless the example that it is made of is bad.
pub fn schema() -> Result<Value, Problems> {
    let mut keys = asked(ONE)?;
    let several = asked(&ONE.replace("[provider]", "[providers.partners]"))?;
    let of_several = several.into_iter();
    keys.extend(of_several.filter(|(key, _)| key.starts_with("providers")));
    let said = descriptions();
    let mut root = Branch::default();
    for (key, asked) in &keys {
        let branch = steps(key).fold(&mut root, |branch, step| {
            branch.below.entry(step).or_default()
        });
        branch.here = described(asked, key, &said);
        branch.shape = Some(asked.shape.clone());
    }
    let mut schema = object(root.below);
    schema.insert(
        "$schema".into(),
        json!("https://json-schema.org/draft/2020-12/schema"),
    );
    schema.insert(
        "title".into(),
        json!("The configuration of jitsi-oidc-bridge"),
    );
    Ok(Value::from(schema))
}

fn asked(text: &str) -> Result<BTreeMap<String, Asked>, Problems> {
    let sources = Sources {
        file: Some(("example".to_owned(), text.to_owned())),
        environment: Vec::new(),
    };
    load(&sources).map(|loaded| loaded.asked)
}

/// A key, and what is below it.
#[derive(Default)]
struct Branch {
    here: Map<String, Value>,
    shape: Option<Shape>,
    below: BTreeMap<String, Self>,
}

/// What stands for any name.
const ANY: &str = "*";

/// The names to follow from the top.
fn steps(key: &str) -> impl Iterator<Item = String> {
    let key = key.replace("[1]", "");
    let key = key.replacen("providers.partners", &format!("providers.{ANY}"), 1);
    key.split('.')
        .map(str::to_owned)
        .collect::<Vec<_>>()
        .into_iter()
}

/// What is said of a key, and its default. Of what each of several providers has, what is said of the only one's.
fn described(asked: &Asked, key: &str, said: &BTreeMap<String, String>) -> Map<String, Value> {
    let plain = key.replace("[1]", "");
    let of_the_only_one = plain.strip_prefix("providers.partners.");
    let found = said
        .get(&plain)
        .or_else(|| said.get(&format!("provider.{}", of_the_only_one?)));
    let mut description = found.cloned().unwrap_or_default();
    // No variable reaches into a list, and names of providers are anybody's.
    let reachable = !key.contains('[') && of_the_only_one.is_none();
    if reachable && !asked.shape.has_keys_of_its_own() {
        let variable = plain.replace('.', "__").to_ascii_uppercase();
        description = format!("{description} As a variable: {PREFIX}{variable}.");
    }
    let mut schema = Map::new();
    if !description.is_empty() {
        schema.insert(
            "description".to_owned(),
            Value::from(description.trim_start()),
        );
    }
    // What counts where nothing is written.
    if let (None, Some(default)) = (&asked.origin, &asked.value) {
        schema.insert("default".to_owned(), default.clone());
    }
    schema
}

impl Branch {
    fn schema(mut self) -> Map<String, Value> {
        let any = self.below.remove(ANY);
        let further = match (self.shape, any) {
            (Some(Shape::Section), Some(any)) => Map::from_iter([
                ("type".to_owned(), json!("object")),
                ("additionalProperties".to_owned(), Value::from(any.schema())),
            ]),
            (Some(Shape::Section) | None, _) => object(self.below),
            (Some(Shape::Sections), _) => {
                let mut entry = object(self.below);
                entry.insert("required".to_owned(), json!(["name"]));
                Map::from_iter([
                    ("type".to_owned(), json!("array")),
                    ("items".to_owned(), Value::from(entry)),
                ])
            }
            (Some(shape), _) => of_shape(&shape),
        };
        self.here.extend(further);
        self.here
    }
}

/// These keys, and no others.
fn object(keys: BTreeMap<String, Branch>) -> Map<String, Value> {
    let properties = keys
        .into_iter()
        .map(|(key, branch)| (key, Value::from(branch.schema())));
    let properties: Map<String, Value> = properties.collect();
    Map::from_iter([
        ("type".to_owned(), json!("object")),
        ("additionalProperties".to_owned(), json!(false)),
        ("properties".to_owned(), Value::from(properties)),
    ])
}

fn of_shape(shape: &Shape) -> Map<String, Value> {
    let schema = match shape {
        Shape::Section | Shape::Sections => json!({}),
        Shape::Anything => json!({ "type": ["string", "integer", "boolean", "array", "object"] }),
        Shape::Text | Shape::Secret => json!({ "type": "string" }),
        Shape::Url => json!({ "type": "string", "pattern": "^https?://" }),
        Shape::Duration => json!({ "type": "string", "pattern": "^[0-9][0-9A-Za-zµ ]*$" }),
        Shape::Bool => json!({ "type": "boolean" }),
        Shape::Integer(i64::MIN, i64::MAX) => json!({ "type": "integer" }),
        Shape::Integer(least, most) => {
            json!({ "type": "integer", "minimum": least, "maximum": most })
        }
        Shape::Choice(names) => json!({ "type": "string", "enum": names }),
        Shape::Part => json!({ "type": "number", "minimum": 0, "maximum": 1 }),
        Shape::List(of) => json!({ "type": "array", "items": of_shape(of) }),
        Shape::Table(of) => json!({ "type": "object", "additionalProperties": of_shape(of) }),
        Shape::NamedSections(of) => {
            let section = of_shape(&Shape::Table(of.clone()));
            json!({ "type": "object", "additionalProperties": section })
        }
        Shape::Either(all) => {
            let all: Vec<Value> = all.iter().map(|one| Value::from(of_shape(one))).collect();
            json!({ "anyOf": all })
        }
    };
    match schema {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}
