//! The identity provider, as the bridge and as browsers see it: from its address to the answer to a wrong code.
//!
//! Each step needs the one before. Nobody signs in, no code is spent, and nothing is changed there.

mod capabilities;
mod client;
mod clock;
mod credentials;
mod discovery;
mod issuer;
mod keys;
mod sign_out;

use aws_lc_rs::rand::{SecureRandom as _, SystemRandom};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use url::Url;

use super::reach::Ids;
use super::report::Findings;
use crate::clock::SharedClock;
use crate::config::{Config, ProviderConfig};
use crate::identity::http::{HttpError, ProviderHttp};
use crate::identity::provider::Provider;
use crate::policy::Policy;
use crate::web::Addresses;

/// What is said of a provider's address.
const REACH: Ids = Ids {
    name: "provider-name",
    connection: "provider-connection",
    certificate: "provider-certificate",
};

/// A visit to one provider.
struct Visit {
    /// The provider, as the bridge reaches it.
    provider: Provider,
    /// The way that browsers take.
    browsers: ProviderHttp,
    /// Its section of the configuration.
    section: String,
    /// Our own address, without a slash at its end.
    base: String,
    /// Where it is to send browsers back to.
    redirect_uri: String,
    clock: SharedClock,
}

impl Visit {
    fn new(
        config: &ProviderConfig,
        addresses: &Addresses,
        section: String,
        clock: &SharedClock,
    ) -> Result<Self, HttpError> {
        let way = |internal: Option<&Url>| {
            let (timeout, ca) = (config.timeout.unsigned_abs(), config.extra_ca.as_deref());
            ProviderHttp::new(timeout, ca, &config.issuer, internal)
        };
        let browsers = way(None)?;
        let inside = match &config.internal_url {
            Some(internal) => way(Some(internal))?,
            None => browsers.clone(),
        };
        Ok(Self {
            provider: Provider::new(config.settings.clone(), inside, clock.clone()),
            browsers,
            section,
            base: addresses.base.clone(),
            redirect_uri: addresses.redirect_uri(&config.settings),
            clock: clock.clone(),
        })
    }

    /// A key of the provider's section.
    fn key(&self, name: &str) -> String {
        format!("{}.{name}", self.section)
    }

    /// Where authorities are named that are trusted.
    fn trust(&self) -> String {
        self.key("ca_file")
    }
}

/// Looks at every provider, in turn.
pub async fn providers(config: &Config, clock: &SharedClock) -> Findings {
    let addresses = Addresses::new(
        &config.server.public_url,
        &config.jitsi.url,
        &config.inline.client_id,
    );
    let mut findings = Findings::default();
    for provider in &config.providers {
        let name = &provider.settings.name;
        // The only one has an address of its own at our place.
        let several = provider.settings.redirect_path != "/callback";
        let (section, mut found) = if several {
            (format!("providers.{name}"), Findings::about(name))
        } else {
            ("provider".to_owned(), Findings::default())
        };
        match Visit::new(provider, &addresses, section, clock) {
            Ok(visit) => look(&visit, &config.policy, &mut found).await,
            Err(error) => found.fault(
                REACH.connection,
                error.to_string(),
                "look at ca_file and the system's certificates",
            ),
        }
        findings.append(found);
    }
    findings
}

async fn look(visit: &Visit, policy: &Policy, findings: &mut Findings) {
    let Some(discovered) = discovery::discover(visit, findings).await else {
        return;
    };
    clock::compare(visit, &discovered, findings);
    let Some(metadata) = discovery::read(visit, &discovered, findings) else {
        return;
    };
    capabilities::compare(visit, policy, &metadata, &discovered.document, findings);
    keys::look(visit, &metadata, findings).await;
    let unproven = client::ask(visit, &metadata, findings).await;
    credentials::try_a_wrong_code(visit, &metadata, findings).await;
    // One cause is told once.
    if let Some(unproven) = unproven
        && !credentials::are_refused(findings)
    {
        unproven.tell(visit, findings);
    }
    sign_out::look(visit, &metadata, &discovered.document, findings).await;
}

/// A text that nobody has seen before; nothing without randomness.
pub fn unheard_of() -> Option<String> {
    let mut bytes = [0; 24];
    SystemRandom::new().fill(&mut bytes).ok()?;
    Some(URL_SAFE_NO_PAD.encode(bytes))
}
