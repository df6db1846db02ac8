//! What Prosody asks of a token, against what the bridge's tokens have.

use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use super::place::Placed;
use super::told::{Dialect, Setting, Told};
use crate::check::report::Findings;
use crate::config::{Config, Signing};

/// Looks at all of it.
pub fn judge(told: &Told, dialect: &dyn Dialect, config: &Config, findings: &mut Findings) {
    let before = findings.iter().count();
    judge_issuer(told, dialect, config, findings);
    judge_audience(told, dialect, config, findings);
    match &config.token.signing {
        Signing::SharedSecret { algorithm, secret } => {
            judge_algorithm(algorithm.name(), told, dialect, findings);
            judge_secret(secret, told, dialect, findings);
        }
        Signing::Keys(keys) => {
            judge_algorithm(keys.current().algorithm().name(), told, dialect, findings);
            judge_keys(told, dialect, config, findings);
        }
    }
    if findings.iter().count() == before && told.app_id.is_some() {
        findings.good(
            "jitsi-token",
            "issuer, audience, algorithm and signature of tokens are what Prosody asks for",
        );
    }
}

fn judge_issuer(told: &Told, dialect: &dyn Dialect, config: &Config, findings: &mut Findings) {
    const ID: &str = "jitsi-issuer";
    let ours = &config.jitsi.identity.app_id;
    if let Some(issuers) = &told.issuers {
        if !issuers
            .it
            .iter()
            .any(|issuer| issuer == ours || issuer == "*")
        {
            findings.fault(
                ID,
                format!(
                    "{} accepts the issuers {}; tokens have {ours:?}, so Prosody refuses every one",
                    issuers.place,
                    quoted(&issuers.it)
                ),
                format!(
                    "Write {}, or the other as jitsi.app_id",
                    dialect.line(Setting::Issuers, ours)
                ),
            );
        }
        if told.app_id.is_some() {
            return;
        }
    }
    match &told.app_id {
        Some(app_id) if app_id.it == *ours => {}
        Some(app_id) => findings.fault(
            ID,
            format!("{} has the application id {:?}; tokens have {ours:?}, so Prosody refuses every one", app_id.place, app_id.it),
            format!("Write {}, or jitsi.app_id = {:?}", dialect.line(Setting::AppId, ours), app_id.it),
        ),
        None if dialect.would_tell(Setting::AppId) => findings.fault(
            ID,
            format!("{}: Prosody's token module does not start", dialect.absent(Setting::AppId)),
            format!("Write {}", dialect.line(Setting::AppId, ours)),
        ),
        None => {}
    }
}

fn judge_audience(told: &Told, dialect: &dyn Dialect, config: &Config, findings: &mut Findings) {
    let ours = &config.jitsi.identity.audience;
    let Some(audiences) = &told.audiences else {
        return;
    };
    if !audiences
        .it
        .iter()
        .any(|audience| audience == ours || audience == "*")
    {
        findings.fault(
            "jitsi-audience",
            format!(
                "{} accepts the audiences {}; tokens have {ours:?}, so Prosody refuses every one",
                audiences.place,
                quoted(&audiences.it)
            ),
            format!(
                "Write {}, or the other as jitsi.audience",
                dialect.line(Setting::Audiences, ours)
            ),
        );
    }
}

fn judge_algorithm(ours: &str, told: &Told, dialect: &dyn Dialect, findings: &mut Findings) {
    const ID: &str = "jitsi-algorithm";
    let mend = format!("Write {}", dialect.line(Setting::Algorithm, ours));
    if let Some(algorithm) = &told.algorithm {
        if algorithm.it != ours {
            let said = format!(
                "{} has the algorithm {:?}; the bridge signs by {ours}, so Prosody refuses every token",
                algorithm.place, algorithm.it
            );
            findings.fault(ID, said, mend);
        }
        return;
    }
    let by_keys = told.key_server.is_some() || told.keys_url.is_some();
    let usual = if by_keys { "RS256" } else { "HS256" };
    if dialect.would_tell(Setting::Algorithm)
        && usual != ours
        && ours.starts_with(if by_keys { "RS" } else { "HS" })
    {
        let said = format!(
            "{}, which makes it {usual}; the bridge signs by {ours}, so Prosody refuses every token",
            dialect.absent(Setting::Algorithm)
        );
        findings.fault(ID, said, mend);
    }
}

fn judge_secret(ours: &SecretString, told: &Told, dialect: &dyn Dialect, findings: &mut Findings) {
    const ID: &str = "jitsi-secret";
    if let Some(keys) = told.key_server.as_ref().or(told.keys_url.as_ref()) {
        findings.fault(
            "jitsi-keys",
            format!("{} makes Prosody look for keys, and the bridge signs with a secret: Prosody refuses every token", keys.place),
            "Take the line out, or sign with keys (docs/jitsi.md, \"Keys instead of a secret\")",
        );
        return;
    }
    let line = dialect.line(Setting::Secret, "…");
    let Some(theirs) = &told.secret else {
        if dialect.would_tell(Setting::Secret) {
            let said = format!(
                "{}: Prosody cannot verify a token",
                dialect.absent(Setting::Secret)
            );
            findings.fault(
                ID,
                said,
                format!("Write {line} with the value of token.secret"),
            );
        }
        return;
    };
    if told.secret_is_cut {
        // Its name is not shown: it may be a part of the secret.
        findings.warning(
            ID,
            format!(
                "{}: compose takes a $ in the secret, and what follows it, for a variable, and puts nothing there unless it is set elsewhere: the secret was not compared with token.secret",
                theirs.place
            ),
            "Where the $ is a part of the secret, write $$, or the secret in single quotes; what `env` prints in a container is right as it is",
        );
        return;
    }
    let ours = ours.expose_secret();
    // This is the administrator's own machine: nobody measures how long it takes.
    if theirs.it == ours {
        return;
    }
    let alike = |text: &str| text.trim().trim_matches(['"', '\'']).trim().to_owned();
    let how = if alike(&theirs.it) == alike(ours) {
        "differs from token.secret by quotes or blanks around it"
    } else {
        "is another than token.secret"
    };
    findings.fault(
        ID,
        format!(
            "{}: the secret {how}: Prosody refuses every token (\"Invalid signature\")",
            theirs.place
        ),
        "Write the same in both",
    );
}

fn judge_keys(told: &Told, dialect: &dyn Dialect, config: &Config, findings: &mut Findings) {
    const ID: &str = "jitsi-keys";
    let base = config.server.public_url.as_str().trim_end_matches('/');
    let key_server = dialect.line(Setting::KeyServer, &format!("{base}/asap"));
    match (&told.key_server, &told.keys_url) {
        (None, None) if dialect.would_tell(Setting::KeyServer) => findings.fault(
            ID,
            format!("{}, and the bridge signs with keys: Prosody cannot verify a token", dialect.absent(Setting::KeyServer)),
            format!("Write {key_server}"),
        ),
        (None, Some(keys)) if dialect.would_tell(Setting::KeyServer) => findings.warning(
            ID,
            format!("{} has the key set alone: whoever comes with a key that Prosody has not fetched yet waits without an answer", keys.place),
            format!("Write {key_server} as well"),
        ),
        _ => {}
    }
    for (set, end) in [
        (&told.key_server, "/asap"),
        (&told.keys_url, "/.well-known/jwks.json"),
    ] {
        if let Some(set) = set
            && let Some(wrong) = not_ours(set, end, config)
        {
            findings.fault(
                ID,
                format!("{}: {wrong}", set.place),
                format!("Write {base}{end}, or the bridge's address inside with {end}"),
            );
        }
    }
}

/// What is wrong with an address at which Prosody asks the bridge for keys: the public one, or one on the inside.
fn not_ours(set: &Placed<String>, end: &str, config: &Config) -> Option<String> {
    let Ok(url) = Url::parse(&set.it) else {
        return Some(format!("{} is no address", set.it));
    };
    let public = &config.server.public_url;
    let path = url.path().trim_end_matches('/');
    let right = if url.origin() == public.origin() {
        path == format!("{}{end}", public.path().trim_end_matches('/'))
    } else {
        path.ends_with(end)
    };
    (!right).then(|| format!("at {} the bridge has no keys", set.it))
}

fn quoted(values: &[String]) -> String {
    let values: Vec<String> = values.iter().map(|value| format!("{value:?}")).collect();
    values.join(", ")
}
