//! How to mend what is wrong in Jitsi: by docker-jitsi-meet's variable, and by the line in the files of the Debian packages.

/// A setting of Prosody's.
#[must_use]
pub fn prosody(docker: &str, debian: &str) -> String {
    let anew = "then start Prosody anew";
    format!(
        "docker-jitsi-meet: {docker} (service prosody). Debian packages: {debian} in Prosody's configuration; {anew}."
    )
}

/// A setting of Jicofo's.
#[must_use]
pub fn jicofo(docker: &str, debian: &str) -> String {
    let anew = "then start Jicofo anew";
    format!(
        "docker-jitsi-meet: {docker} (service jicofo). Debian packages: {debian} in jicofo.conf; {anew}."
    )
}

/// Several ways, one a line.
#[must_use]
pub fn one_of(ways: &[String]) -> String {
    ways.join("\n")
}
