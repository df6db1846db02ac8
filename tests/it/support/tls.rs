//! Servers with certificates that are good, or not.

use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;

/// What is wrong with a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Certificate {
    /// Nothing, for whoever trusts its authority.
    Good,
    /// It vouches for itself.
    SelfSigned,
    /// It has expired.
    Expired,
    /// It is for another host.
    ForAnotherHost,
}

/// A server with TLS in front of another without.
pub struct Tls {
    /// `https://localhost:…`
    pub origin: String,
    /// Its authority, in PEM.
    pub authority: String,
    /// The protocol agreed upon for each connection (RFC 7301), in the order of their coming.
    protocols: Arc<Mutex<Vec<String>>>,
}

impl Tls {
    /// In front of the server at this origin (`http://host:port`).
    pub async fn before(origin: &str, kind: Certificate) -> Self {
        Self::speaking(&[], origin, kind).await
    }

    /// The same, with a good certificate, speaking HTTP/2 where the other end does.
    pub async fn with_http2_before(origin: &str) -> Self {
        Self::speaking(&["h2", "http/1.1"], origin, Certificate::Good).await
    }

    /// The protocols of the connections so far.
    pub fn protocols(&self) -> Vec<String> {
        self.protocols.lock().unwrap().clone()
    }

    async fn speaking(protocols: &[&str], origin: &str, kind: Certificate) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (chain, key, authority) = made(kind);
        let mut config =
            ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
                .with_safe_default_protocol_versions()
                .unwrap()
                .with_no_client_auth()
                .with_single_cert(vec![chain], key)
                .unwrap();
        config.alpn_protocols = protocols.iter().map(|&name| name.into()).collect();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let agreed = Arc::new(Mutex::new(Vec::new()));
        let told = agreed.clone();
        let behind = origin.strip_prefix("http://").unwrap().to_owned();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, behind) = (acceptor.clone(), behind.clone());
                let told = told.clone();
                tokio::spawn(async move {
                    let mut encrypted = acceptor.accept(stream).await.ok()?;
                    let protocol = encrypted.get_ref().1.alpn_protocol().unwrap_or_default();
                    told.lock()
                        .unwrap()
                        .push(String::from_utf8_lossy(protocol).into_owned());
                    let mut plain = TcpStream::connect(behind).await.ok()?;
                    copy_bidirectional(&mut encrypted, &mut plain).await.ok()
                });
            }
        });
        Self {
            origin: format!("https://localhost:{port}"),
            authority,
            protocols: agreed,
        }
    }
}

fn made(kind: Certificate) -> (CertificateDer<'static>, PrivateKeyDer<'static>, String) {
    let name = match kind {
        Certificate::ForAnotherHost => "other.example",
        _ => "localhost",
    };
    let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    params
        .distinguished_name
        .push(DnType::CommonName, format!("The server {name}"));
    if kind == Certificate::Expired {
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(2021, 1, 1);
    }
    let key = KeyPair::generate().unwrap();
    let mut of_authority = CertificateParams::new(Vec::new()).unwrap();
    of_authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    of_authority
        .distinguished_name
        .push(DnType::CommonName, "The company's authority");
    let authority_key = KeyPair::generate().unwrap();
    let authority = of_authority.self_signed(&authority_key).unwrap();
    let issuer = Issuer::new(of_authority, &authority_key);
    let certificate = match kind {
        Certificate::SelfSigned => params.self_signed(&key).unwrap(),
        _ => params.signed_by(&key, &issuer).unwrap(),
    };
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    (certificate.der().clone(), key, pem(authority.der()))
}

fn pem(der: &CertificateDer<'_>) -> String {
    format!(
        "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n",
        STANDARD.encode(der)
    )
}
