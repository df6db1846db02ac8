//! What was found: each with its verdict, and how to mend it.

use std::fmt;

use serde::Serialize;

use super::Listener;
use crate::identity::claims::printable;

/// What a thing that was looked at is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// As it should be.
    Good,
    /// Works, or could not be looked at: worth a look.
    Warning,
    /// People will meet it.
    Fault,
}

impl Verdict {
    /// The sign before a line.
    #[must_use]
    pub fn sign(self) -> char {
        match self {
            Self::Good => '✓',
            Self::Warning => '!',
            Self::Fault => '✗',
        }
    }
}

/// Where something was found, in the order in which they are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Area {
    /// The configuration of the bridge.
    Configuration,
    /// The identity provider.
    Provider,
    /// The session store.
    Store,
    /// The bridge, as browsers reach it.
    PublicAddress,
    /// What Jitsi's `config.js` tells browsers.
    JitsiPage,
    /// What Jitsi's Prosody does with tokens.
    JitsiMeetings,
    /// The files of Jitsi that were given.
    JitsiFiles,
}

impl Area {
    /// Its heading.
    #[must_use]
    pub fn heading(self) -> &'static str {
        match self {
            Self::Configuration => "Configuration",
            Self::Provider => "Identity provider",
            Self::Store => "Session store",
            Self::PublicAddress => "The bridge, as browsers reach it",
            Self::JitsiPage => "Jitsi's config.js",
            Self::JitsiMeetings => "Jitsi's meetings",
            Self::JitsiFiles => "Jitsi's files",
        }
    }
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What was looked at, in a word for machines that stays the same, such as `provider-issuer`.
    pub id: &'static str,
    /// What it is.
    pub verdict: Verdict,
    /// What was seen, in a sentence.
    pub said: String,
    /// What to do about it; nothing for what is good, or where `said` has it already.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub mend: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "  {} {}",
            self.verdict.sign(),
            self.said.replace('\n', "\n    ")
        )?;
        if self.mend.is_empty() {
            return Ok(());
        }
        write!(f, "\n      → {}", self.mend.replace('\n', "\n        "))
    }
}

/// What was found in one area.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Findings {
    found: Vec<Finding>,
    /// What each of them is about, where there are several of a kind.
    about: Option<String>,
}

impl Findings {
    /// Those about one of several, which each of them names.
    #[must_use]
    pub fn about(name: &str) -> Self {
        Self {
            found: Vec::new(),
            about: Some(name.to_owned()),
        }
    }

    /// Something as it should be.
    pub fn good(&mut self, id: &'static str, said: impl Into<String>) {
        self.push(id, Verdict::Good, said, "");
    }

    /// Something worth a look, and what to do about it.
    pub fn warning(&mut self, id: &'static str, said: impl Into<String>, mend: impl Into<String>) {
        self.push(id, Verdict::Warning, said, mend);
    }

    /// Something that people will meet, and how to mend it.
    pub fn fault(&mut self, id: &'static str, said: impl Into<String>, mend: impl Into<String>) {
        self.push(id, Verdict::Fault, said, mend);
    }

    /// Adds those of another list.
    pub fn append(&mut self, other: Self) {
        self.found.extend(other.found);
    }

    /// Whether one of them is a fault.
    #[must_use]
    pub fn have_a_fault(&self) -> bool {
        self.iter().any(|finding| finding.verdict == Verdict::Fault)
    }

    /// The same, with `…` wherever a secret stood: one that was written in the place of something else.
    #[must_use]
    pub fn hiding(mut self, secret: &str) -> Self {
        // What is shorter is no secret, and may be part of any word.
        const SHORTEST: usize = 8;
        if secret.len() >= SHORTEST {
            // As it would stand there.
            let secret = &printable(secret);
            for finding in &mut self.found {
                finding.said = finding.said.replace(secret, "…");
                finding.mend = finding.mend.replace(secret, "…");
            }
        }
        self
    }

    /// Each of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = &Finding> {
        self.found.iter()
    }

    fn push(
        &mut self,
        id: &'static str,
        verdict: Verdict,
        said: impl Into<String>,
        mend: impl Into<String>,
    ) {
        let said = said.into();
        let said = match &self.about {
            Some(name) => format!("{name}: {said}"),
            None => said,
        };
        // Much of it is what servers answered, who may want to speak to the terminal.
        self.found.push(Finding {
            id,
            verdict,
            said: printable(&said),
            mend: printable(&mend.into()),
        });
    }
}

/// What was found in every area, in order.
#[derive(Serialize)]
pub struct Report {
    areas: Vec<AreaReport>,
    #[serde(skip)]
    listener: Listener,
}

#[derive(Serialize)]
struct AreaReport {
    area: Area,
    findings: Vec<Finding>,
}

impl Report {
    /// An empty one.
    #[must_use]
    pub fn new(listener: Listener) -> Self {
        Self {
            areas: Vec::new(),
            listener,
        }
    }

    /// Adds what was found in an area. An area where nothing was looked at is left out.
    pub fn add(&mut self, area: Area, findings: Findings) {
        let findings = findings.found;
        if findings.is_empty() {
            return;
        }
        (self.listener)(area, &findings);
        self.areas.push(AreaReport { area, findings });
    }

    /// Each finding, with its area.
    pub fn iter(&self) -> impl Iterator<Item = (Area, &Finding)> {
        self.areas.iter().flat_map(|report| {
            let findings = report.findings.iter();
            findings.map(move |finding| (report.area, finding))
        })
    }

    /// How many have this verdict.
    #[must_use]
    pub fn count(&self, verdict: Verdict) -> usize {
        self.iter()
            .filter(|(_, finding)| finding.verdict == verdict)
            .count()
    }

    /// The worst verdict of all.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        let verdicts = self.iter().map(|(_, finding)| finding.verdict);
        verdicts.max().unwrap_or(Verdict::Good)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_servers_say_does_not_reach_the_terminal_as_it_is() {
        let mut findings = Findings::about("\u{1b}]0;idp");
        findings.fault("x", "one\n\u{1b}[2Jtwo\u{202e}", "\r\u{9b}A\u{200f}");
        let finding = findings.iter().next().unwrap();
        assert_eq!(finding.said, "\\u{1b}]0;idp: one\n\\u{1b}[2Jtwo\\u{202e}");
        assert_eq!(finding.mend, "\\r\\u{9b}A\\u{200f}");
        let mut findings = Findings::default();
        findings.good("x", "it is a-secret\u{1b}of-ours");
        let hidden = findings.hiding("a-secret\u{1b}of-ours");
        assert_eq!(hidden.iter().next().unwrap().said, "it is …");
    }
}
