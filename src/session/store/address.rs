//! Where Redis or Valkey is, and whom to trust there.

use std::sync::Arc;

use fred::types::config::{ClusterDiscoveryPolicy, Config, ServerConfig, TlsConnector};
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;

/// Why there is no such store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another scheme than Redis's.
    #[error(
        "expected redis:// (or rediss:// with TLS), such as \"redis://localhost:6379/0\"; with Sentinel \
         redis-sentinel://, with Cluster redis-cluster://"
    )]
    Scheme,
    /// Not an address that the client understands. The client's own words hold no part of it.
    #[error("expected an address such as \"redis://localhost:6379/0\": {0}")]
    Address(String),
    /// Certificates for connections that have none.
    #[error("only of use with rediss://, whose connections are encrypted")]
    NoTls,
    /// Nothing that could vouch for a server.
    #[error("cannot trust these certificates: {0}")]
    Certificates(String),
}

/// An address of Redis, understood: `redis://`, with TLS `rediss://`, for Cluster and Sentinel `redis-cluster://` and
/// `redis-sentinel://` (and the same with `rediss`). It may hold a user name and a password.
///
/// `ca` is one or more certificates in PEM, which alone are trusted then instead of the system's.
///
/// # Errors
/// When it is none, or the certificates cannot be read or are of no use.
pub fn redis_address(url: &str, ca: Option<&[u8]>) -> Result<Config, StoreError> {
    // The client takes any scheme for its own, and would then speak without TLS.
    let (scheme, rest) = url.split_once("://").ok_or(StoreError::Scheme)?;
    let (name, layer) = scheme.split_once('-').unwrap_or((scheme, ""));
    let encrypted = match name {
        "redis" | "valkey" => false,
        "rediss" | "valkeys" => true,
        _ => return Err(StoreError::Scheme),
    };
    // Without TLS as far as the client knows: it would load the system's certificates by itself, needed or not.
    let plain = match layer {
        "" if !scheme.ends_with('-') => format!("redis://{rest}"),
        "cluster" | "sentinel" => format!("redis-{layer}://{rest}"),
        _ => return Err(StoreError::Scheme),
    };
    let mut config = Config::from_url(&plain)
        .map_err(|error| StoreError::Address(error.details().to_owned()))?;
    // A start while Redis is away must not be the end of it.
    config.fail_fast = false;
    if let ServerConfig::Clustered { policy, .. } = &mut config.server {
        // The nodes that were named may all be gone by the time that others have taken over.
        *policy = ClusterDiscoveryPolicy::UseCache;
    }
    if encrypted {
        config.tls = Some(connector(ca)?.into());
    } else if ca.is_some() {
        return Err(StoreError::NoTls);
    }
    Ok(config)
}

fn connector(ca: Option<&[u8]>) -> Result<TlsConnector, StoreError> {
    let mut trusted = RootCertStore::empty();
    let failed = |error: &dyn std::fmt::Display| StoreError::Certificates(error.to_string());
    if let Some(pem) = ca {
        for certificate in CertificateDer::pem_slice_iter(pem) {
            let certificate = certificate.map_err(|error| failed(&error))?;
            trusted.add(certificate).map_err(|error| failed(&error))?;
        }
        if trusted.is_empty() {
            return Err(failed(
                &"there is none in PEM (-----BEGIN CERTIFICATE-----)",
            ));
        }
    } else {
        // What cannot be read of the system's vouches for nobody; the others may do.
        let found = rustls_native_certs::load_native_certs();
        trusted.add_parsable_certificates(found.certs);
    }
    let config: ClientConfig = ClientConfig::builder()
        .with_root_certificates(Arc::new(trusted))
        .with_no_client_auth();
    Ok(config.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The error's words; nothing where the address is good.
    fn refused(url: &str, ca: Option<&[u8]>) -> String {
        redis_address(url, ca)
            .err()
            .map_or_else(String::new, |error| error.to_string())
    }

    #[test]
    fn every_kind_of_server_has_its_scheme_and_only_those_with_an_s_are_encrypted() {
        for (scheme, encrypted) in [
            ("redis", false),
            ("valkey", false),
            ("rediss", true),
            ("valkeys", true),
        ] {
            for (layer, query) in [
                ("", ""),
                ("-cluster", "?node=other:6379"),
                (
                    "-sentinel",
                    "?sentinelServiceName=meetings&node=other:26379",
                ),
            ] {
                let url = format!("{scheme}{layer}://user:secret@host:6379{query}");
                let config = redis_address(&url, None).unwrap();
                assert_eq!(config.tls.is_some(), encrypted, "{url}");
                assert_eq!(config.server.is_clustered(), layer == "-cluster", "{url}");
                assert_eq!(config.server.is_sentinel(), layer == "-sentinel", "{url}");
                assert_eq!(config.username.as_deref(), Some("user"), "{url}");
                assert_eq!(config.password.as_deref(), Some("secret"), "{url}");
                assert!(!config.fail_fast, "{url}");
            }
        }
    }

    #[test]
    fn what_is_no_such_scheme_is_refused_and_not_taken_for_an_unencrypted_one() {
        for url in [
            "localhost:6379",
            "http://host",
            "redisss://host",
            "redis-://host",
            "redis-cluster-cluster://host",
            "redis+unix:///socket",
            "REDISS://host",
            "rediss+sentinel://host",
        ] {
            assert!(refused(url, None).starts_with("expected redis://"), "{url}");
        }
        let nameless = refused("redis-sentinel://:secret@host", None);
        assert!(nameless.contains("sentinel service name"), "{nameless}");
        assert!(!nameless.contains("secret"), "{nameless}");
    }

    #[test]
    fn certificates_are_of_use_with_tls_alone_and_have_to_be_some() {
        assert!(refused("redis://host", Some(b"")).contains("rediss://"));
        let broken = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        for pem in [b"".as_slice(), b"-----BEGIN", broken] {
            let said = refused("rediss://host", Some(pem));
            assert!(
                said.starts_with("cannot trust these certificates"),
                "{said}"
            );
        }
    }
}
