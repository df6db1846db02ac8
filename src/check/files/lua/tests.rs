use proptest::prelude::*;

use super::{Configuration, Host, Kind, Value};

fn read(text: &str) -> Configuration {
    let mut configuration = Configuration::new(&"x.cfg.lua".into());
    configuration.read(&"x.cfg.lua".into(), text);
    configuration
}

fn lines(host: &Host, name: &str) -> Vec<(String, usize)> {
    match &host.settings[name].it {
        Value::List(entries) => entries
            .iter()
            .map(|entry| (entry.it.clone(), entry.place.line))
            .collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn hosts_components_and_settings_are_found_with_their_lines() {
    let text = r#"-- app_id = "comment"
--[[ app_id = "long comment"
VirtualHost "comment" ]]
local domain = "meet.example.org";
asap_accepted_issuers = { "a", 'b' };
VirtualHost (domain)
    authentication = "token" app_secret = [==[se]]cret]==]
    allow_empty_token = false
    modules_enabled = {
        "bosh"; -- "commented"
        "ping",
        -- "gone";
    }
    ssl = { key = "/k"; certificate = "/c"; }
    c2s_require_encryption = os.getenv("X") or true
    app_id = "late"

Component("conference." .. domain) "muc"
    modules_enabled = { "token_verification" }
"#;
    let read = read(text);
    let [global, host, muc] = &read.hosts[..] else {
        panic!("{} hosts", read.hosts.len());
    };
    assert_eq!(lines(global, "asap_accepted_issuers").len(), 2);
    assert_eq!(
        (host.name.as_str(), &host.kind, host.place.line),
        ("meet.example.org", &Kind::Virtual, 6)
    );
    assert_eq!(
        host.settings["app_secret"].it,
        Value::Text("se]]cret".to_owned())
    );
    assert_eq!(host.settings["allow_empty_token"].it, Value::Bool(false));
    assert_eq!(
        lines(host, "modules_enabled"),
        [("bosh".to_owned(), 10), ("ping".to_owned(), 11)]
    );
    assert_eq!(host.settings["c2s_require_encryption"].it, Value::Unclear);
    assert_eq!(
        (
            &host.settings["app_id"].it,
            host.settings["app_id"].place.line
        ),
        (&Value::Text("late".to_owned()), 16)
    );
    assert_eq!(muc.name, "conference.meet.example.org");
    assert_eq!(muc.kind, Kind::Component("muc".to_owned()));
    assert!(read.unread.is_empty(), "{:?}", read.unread);
}

#[test]
fn code_is_noted_and_not_followed() {
    let read = read(
        "Include \"conf.d/*.cfg.lua\"\nfor i = 1, 2 do\n  x = i\nend\nVirtualHost \"a\"\n  app_id = \"b\"\n",
    );
    assert_eq!(read.includes[0].it, "conf.d/*.cfg.lua");
    let unread: Vec<usize> = read.unread.iter().map(|place| place.line).collect();
    assert_eq!(unread, [2, 4]);
    assert_eq!(read.hosts[1].settings["app_id"].place.line, 6);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn no_file_is_too_odd(text in r#"(VirtualHost|Component|a|local |= ?|"x"|\.\.|--|\[=?\[|\]\]|[{}();,.'\\\n\[]){0,60}"#) {
        read(&text);
    }

    #[test]
    fn no_text_is_too_odd(text in any::<String>()) {
        read(&text);
    }
}
