//! The client's registration at the provider, and how it proves itself.

use secrecy::{ExposeSecret as _, SecretString};

use super::preset::Defaults;
use crate::config::reader::Section;
use crate::config::value::choice;
use crate::identity::client_key::ClientKey;
use crate::identity::settings::{AssertionAudience, ClientAuthentication};

/// Our registration at the provider.
pub struct Client {
    /// Its id.
    pub id: String,
    /// Its secret.
    pub secret: Option<SecretString>,
    /// How the secret is shown.
    pub authentication: ClientAuthentication,
    /// The key of assertions.
    pub key: Option<ClientKey>,
    /// Whom assertions are for.
    pub audience: AssertionAudience,
}

/// Reads the keys of the client.
pub fn read(section: &mut Section<'_>, usual: &Defaults) -> Option<Client> {
    let client_id = section.required::<String>(
        "client_id",
        "write the id of the client registered at the provider",
    );
    let client_secret = section.secret("client_secret");
    let authentication_origin = section.origin("client_authentication");
    let private_key_origin = authentication_origin.clone();
    let client_authentication = section.or("client_authentication", usual.client_authentication);
    let absent = section.files_may_be_absent();
    match (client_authentication, &client_secret) {
        (Some(ClientAuthentication::None), Some(Some(_))) => {
            section.fault(
                "client_authentication",
                authentication_origin,
                "\"none\" is for public clients, but a client_secret is set: remove one of them",
            );
        }
        (Some(ClientAuthentication::Basic | ClientAuthentication::Post), Some(None)) if !absent => {
            section.fault(
                "client_authentication",
                authentication_origin,
                "needs client_secret, or client_secret_file",
            );
        }
        _ => {}
    }
    let key = client_key(section);
    let audience = section.or("client_assertion_audience", usual.assertion_audience);
    if client_authentication == Some(ClientAuthentication::PrivateKeyJwt)
        && matches!(key, Some(None))
        && !absent
    {
        let said =
            "needs client_key_file: a private key in PEM, whose public half the provider knows";
        section.fault("client_authentication", private_key_origin, said);
    }
    if client_id.as_deref() == Some("") {
        section.fault(
            "client_id",
            None,
            "empty: write the id of the client registered at the provider",
        );
    }
    Some(Client {
        id: client_id?,
        secret: client_secret?,
        authentication: client_authentication?,
        key: key?,
        audience: audience?,
    })
}

fn client_key(section: &mut Section<'_>) -> Option<Option<ClientKey>> {
    let origin = section
        .origin("client_key")
        .or_else(|| section.origin("client_key_file"));
    let certificate_origin = section.origin("client_certificate_file");
    let pem = section.secret("client_key");
    let certificate = section.file("client_certificate_file");
    let Some(pem) = pem? else {
        if let Some(Some(_)) = certificate
            && !section.files_may_be_absent()
        {
            let said = "a certificate without client_key_file: nothing could be signed with it";
            section.fault("client_certificate_file", certificate_origin, said);
        }
        return Some(None);
    };
    let key = match ClientKey::from_pem(pem.expose_secret().as_bytes()) {
        Ok(key) => key,
        Err(error) => {
            section.fault("client_key", origin, error.to_string());
            return None;
        }
    };
    let Some(certificate) = certificate? else {
        return Some(Some(key));
    };
    match key.with_certificate(&certificate) {
        Ok(key) => Some(Some(key)),
        Err(error) => {
            section.fault(
                "client_certificate_file",
                certificate_origin,
                error.to_string(),
            );
            None
        }
    }
}

choice!(ClientAuthentication {
    "auto" => Self::Auto,
    "client_secret_basic" => Self::Basic,
    "client_secret_post" => Self::Post,
    "private_key_jwt" => Self::PrivateKeyJwt,
    "none" => Self::None,
});
choice!(AssertionAudience { "issuer" => Self::Issuer, "token_endpoint" => Self::TokenEndpoint });
