use proptest::prelude::*;

use super::{Script, Value};

fn text(script: &str, path: &[&str]) -> Option<String> {
    Script::read(script, &[("location.host", "meet.example.org")])
        .text(path)
        .map(str::to_owned)
}

#[test]
fn the_last_assignment_counts_and_comments_do_not() {
    let script = r"
        /* config.a = 'comment'; */
        var config = { a: 'first', // a: 'comment'
            hosts: { domain: 'x.example', 'muc': `conference.x.example`, }, };
        config.a = 'second'
        // config.a = 'third';
        config['b'] = 'it\'s';
        window.config.hosts.domain = 'y.example';
    ";
    assert_eq!(text(script, &["a"]).as_deref(), Some("second"));
    assert_eq!(text(script, &["b"]).as_deref(), Some("it's"));
    assert_eq!(
        text(script, &["hosts", "domain"]).as_deref(),
        Some("y.example")
    );
    assert_eq!(
        text(script, &["hosts", "muc"]).as_deref(),
        Some("conference.x.example")
    );
    assert_eq!(text(script, &["c"]), None);
}

#[test]
fn what_the_web_server_fills_in_and_what_is_put_together_is_worked_out() {
    let script = r#"
        var subdomain = '<!--# echo var="subdomain" default="" -->', subdir = '';
        if (subdomain) { subdomain = subdomain.substr(0, 3) + '.'; }
        var config = {};
        config.hosts = config.hosts || {};
        config.hosts.muc = 'conference.' + subdomain + 'x.example';
        config.bosh = 'https://' + window.location.host + '/' + subdir + 'http-bind';
    "#;
    assert_eq!(
        text(script, &["hosts", "muc"]).as_deref(),
        Some("conference.x.example")
    );
    assert_eq!(
        text(script, &["bosh"]).as_deref(),
        Some("https://meet.example.org/http-bind")
    );
}

#[test]
fn what_is_not_followed_is_unclear_and_not_absent() {
    let script = r"
        var config = { node: function (path) { return { a: 1 }; }, list: [ 'x', 1 + 2 ], on: true };
        config.out = config.url.replace(/\/join\?[/'].*$/, '/logout');
        if (enableJaaS) { config.inside = 'x'; }
        Object.assign(config, { assigned: 'x' });
        config.on = false;
        config.stun = 'a,b'.split(',').map(function (url) { return { urls: 'stun:' + url }; } );
        config.after = 'x';
    ";
    let read = Script::read(script, &[]);
    for path in ["node", "out", "inside", "assigned", "stun"] {
        assert_eq!(read.get(&[path]), Some(&Value::Unclear), "{path}");
    }
    assert_eq!(read.get(&["on"]), Some(&Value::Bool(false)));
    assert_eq!(read.text(&["after"]), Some("x"));
    assert_eq!(
        read.get(&["list"]),
        Some(&Value::List(vec![
            Value::Text("x".to_owned()),
            Value::Unclear
        ]))
    );
}

#[test]
fn members_without_end_take_no_time_without_end() {
    let (sender, read) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        for many in [".a", "['a']", " a.a.a"] {
            let many = many.repeat(500_000 / many.len());
            let script =
                format!("var config = {{}}; x{many};\nconfig{many} = 1;\nconfig.b = 'read';");
            sender.send(text(&script, &["b"])).unwrap();
        }
    });
    for _ in 0..3 {
        let found = read.recv_timeout(std::time::Duration::from_mins(1));
        assert_eq!(found.unwrap().as_deref(), Some("read"));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn no_script_is_too_odd(script in r#"(config|var|\.a|[ =+,;:(){}\[\]/'"`\\\n*|$x-]){0,80}"#) {
        let read = Script::read(&script, &[]);
        let _ = read.get(&["a"]);
    }

    #[test]
    fn no_text_is_too_odd(script in any::<String>()) {
        let _ = Script::read(&script, &[]).has_config();
    }
}
