//! The client's registration at the provider, and how it proves itself.

use secrecy::SecretString;

use crate::config::reader::Section;
use crate::config::value::choice;
use crate::identity::settings::ClientAuthentication;

/// Our registration at the provider.
pub struct Client {
    /// Its id.
    pub id: String,
    /// Its secret.
    pub secret: Option<SecretString>,
    /// How the secret is shown.
    pub authentication: ClientAuthentication,
}

/// Reads the keys of the client.
pub fn read(section: &mut Section<'_>) -> Option<Client> {
    let client_id = section.required::<String>(
        "client_id",
        "write the id of the client registered at the provider",
    );
    let client_secret = section.secret("client_secret");
    let authentication_origin = section.origin("client_authentication");
    let client_authentication = section.or("client_authentication", ClientAuthentication::Auto);
    match (client_authentication, &client_secret) {
        (Some(ClientAuthentication::None), Some(Some(_))) => {
            section.fault(
                "client_authentication",
                authentication_origin,
                "\"none\" is for public clients, but a client_secret is set: remove one of them",
            );
        }
        (Some(ClientAuthentication::Basic | ClientAuthentication::Post), Some(None)) => {
            section.fault(
                "client_authentication",
                authentication_origin,
                "needs client_secret, or client_secret_file",
            );
        }
        _ => {}
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
    })
}

choice!(ClientAuthentication {
    "auto" => Self::Auto,
    "client_secret_basic" => Self::Basic,
    "client_secret_post" => Self::Post,
    "none" => Self::None,
});
