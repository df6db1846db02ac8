//! The demo, walked as a person walks it: the real server between a provider of its own and a stand-in for Jitsi.

use jitsi_oidc_bridge::demo::{Demo, any_port};
use tokio::net::TcpListener;
use url::Url;

use super::support::{Browser, Landed};

async fn start() -> (Demo, String) {
    let listener = TcpListener::bind(any_port()).await.unwrap();
    let demo = Demo::start(listener).await.unwrap();
    let address = demo.address().to_owned();
    (demo, address)
}

/// What the page's script does: to the sign-in, when the address holds no token.
async fn open_room(browser: &mut Browser, address: &str, path: &str) -> Landed {
    browser
        .go(&format!(
            "{address}/-/login?path={}",
            path.replace('%', "%25")
        ))
        .await
}

/// Chooses a person on the provider's form.
async fn choose(browser: &mut Browser, form: &Landed, username: &str) -> Landed {
    let fields: Vec<(String, String)> = form
        .body
        .split("<input type=\"hidden\" name=\"")
        .skip(1)
        .map(|rest| {
            let (name, rest) = rest.split_once("\" value=\"").unwrap();
            (name.to_owned(), rest.split('"').next().unwrap().to_owned())
        })
        .chain([("username".to_owned(), username.to_owned())])
        .collect();
    let (action, _) = form.url.split_once('?').unwrap();
    let answer = post(action, &fields).await;
    let back = answer
        .headers()
        .get("location")
        .unwrap_or_else(|| panic!("{answer:?}"));
    browser.go(back.to_str().unwrap()).await
}

/// A form, sent without following what it answers.
async fn post(url: &str, fields: &[(String, String)]) -> reqwest::Response {
    let form = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(fields)
        .finish();
    let client = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap();
    let request = client
        .post(url)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(form);
    request.send().await.unwrap()
}

/// What the page's script does with the token that came back.
async fn verdict(address: &str, landed: &Landed) -> String {
    let token = landed
        .token()
        .unwrap_or_else(|| panic!("no token in {landed:?}"));
    looked_at(address, &token, Url::parse(&landed.url).unwrap().path()).await
}

async fn looked_at(address: &str, token: &str, path: &str) -> String {
    let fields =
        [("token", token), ("path", path)].map(|(name, value)| (name.to_owned(), value.to_owned()));
    let answer = post(&format!("{address}/-/verify"), &fields).await;
    assert_eq!(answer.status(), 200);
    answer.text().await.unwrap()
}

#[tokio::test]
async fn each_of_the_five_comes_in_as_the_rules_say_or_reads_why_not() {
    let (_demo, address) = start().await;
    for (username, room, expected) in [
        (
            "anna",
            "board",
            Ok(("moderator", "The board runs the board's rooms")),
        ),
        (
            "tim",
            "rocket-weekly",
            Ok(("moderator", "Team leads run their team's rooms")),
        ),
        (
            "sara",
            "rocket-weekly",
            Ok(("participant", "Staff may join any meeting")),
        ),
        ("sara", "sara", Ok(("moderator", "A room of one's own"))),
        (
            "carl",
            "rocket-weekly",
            Ok(("participant", "Contractors may join the rocket team")),
        ),
        ("sara", "board", Err("This room is for the board.")),
        ("carl", "weekly", Err("no rule")),
        ("nora", "weekly", Err("no rule")),
    ] {
        let mut browser = Browser::new();
        let form = open_room(&mut browser, &address, &format!("/{room}")).await;
        assert!(form.body.contains("Who are you today?"), "{form:?}");
        let landed = choose(&mut browser, &form, username).await;
        match expected {
            Ok((role, rule)) => {
                let verdict = verdict(&address, &landed).await;
                let text = verdict.replace("&#39;", "'");
                assert!(
                    text.contains(&format!(">{role}</span>")),
                    "{username} in {room}: {text}"
                );
                assert!(text.contains(rule), "{username} in {room}: {text}");
                assert!(
                    !text.contains("class=\"no\""),
                    "{username} in {room}: {text}"
                );
            }
            Err(reason) => {
                assert_eq!(
                    (landed.status, landed.token()),
                    (403, None),
                    "{username} in {room}"
                );
                assert!(
                    landed.body.to_lowercase().contains(&reason.to_lowercase()),
                    "{username} in {room}: {}",
                    landed.body
                );
            }
        }
    }
}

#[tokio::test]
async fn another_person_is_one_click_away() {
    let (_demo, address) = start().await;
    let mut browser = Browser::new();
    let form = open_room(&mut browser, &address, "/sara").await;
    let landed = choose(&mut browser, &form, "sara").await;
    let page = verdict(&address, &landed).await;
    assert!(page.contains("/-/as/anna?path=%2Fsara"), "{page}");

    let landed = browser.go(&format!("{address}/-/as/anna?path=/sara")).await;
    let page = verdict(&address, &landed).await;
    assert!(page.contains("Anna Adler is in the meeting"), "{page}");
}

#[tokio::test]
async fn a_room_of_any_name_keeps_its_name() {
    let (_demo, address) = start().await;
    let mut browser = Browser::new();
    let form = open_room(&mut browser, &address, "/R%C3%A9union%20A").await;
    let landed = choose(&mut browser, &form, "sara").await;
    assert!(
        landed
            .url
            .starts_with(&format!("{address}/r%c3%a9union%20a#jwt=")),
        "{}",
        landed.url
    );
    let page = verdict(&address, &landed).await;
    assert!(
        page.contains("r%c3%a9union%20a") && !page.contains("class=\"no\""),
        "{page}"
    );
}

#[tokio::test]
async fn whoever_cancels_reads_so_and_may_try_again() {
    let (_demo, address) = start().await;
    let mut browser = Browser::new();
    let form = open_room(&mut browser, &address, "/weekly").await;
    let landed = choose(&mut browser, &form, "").await;
    assert_eq!((landed.status, landed.token()), (403, None));
    assert!(
        landed.body.contains("The sign-in was cancelled"),
        "{}",
        landed.body
    );
    assert!(
        landed
            .link("Try again")
            .ends_with("/join?room=weekly&state=%7B%22config.prejoinConfig.enabled%22%3Afalse%7D"),
        "{}",
        landed.link("Try again")
    );
}

#[tokio::test]
async fn a_token_that_was_tampered_with_is_called_one_that_jitsi_would_refuse() {
    let (_demo, address) = start().await;
    let mut browser = Browser::new();
    let form = open_room(&mut browser, &address, "/sara").await;
    let landed = choose(&mut browser, &form, "sara").await;
    let token = landed.token().unwrap();
    let (message, _) = token.rsplit_once('.').unwrap();
    for (token, path) in [
        (format!("{message}.AAAA"), "/sara"),
        (token.clone(), "/another"),
        ("nonsense".to_owned(), "/sara"),
        (String::new(), ""),
    ] {
        let page = looked_at(&address, &token, path).await;
        assert!(page.contains("Jitsi would refuse this token"), "{page}");
    }
}

#[tokio::test]
async fn the_demo_listens_on_this_machine_alone() {
    let error = jitsi_oidc_bridge::demo::run("0.0.0.0:0".parse().unwrap())
        .await
        .unwrap_err();
    assert!(error.to_string().contains("this machine alone"), "{error}");
}
