//! A folder with a keyring in it, gone when the test is over. Keys are made once a process and never written elsewhere.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jitsi_oidc_bridge::token::keyring::generate::{GenerateError, Made, Wish, generate};
use jitsi_oidc_bridge::token::keyring::rsa::SigningKey;
use secrecy::ExposeSecret as _;
use time::{Duration, OffsetDateTime};

/// Private keys as PKCS#8 in PEM.
pub static PEM: LazyLock<[String; 3]> = LazyLock::new(|| {
    [(); 3].map(|()| {
        let (_, pem) = SigningKey::generate("x".to_owned(), KeySize::Rsa2048).unwrap();
        pem.expose_secret().to_owned()
    })
});

/// The first of them as PKCS#1.
pub fn pkcs1() -> String {
    // In PKCS#8 of RSA-2048, the inner PKCS#1 key begins after 26 bytes (RFC 5208, 5).
    armoured("RSA PRIVATE KEY", &der(&PEM[0])[26..])
}

/// What is between a PEM file's lines.
pub fn der(pem: &str) -> Vec<u8> {
    let base64: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    STANDARD.decode(base64).unwrap()
}

pub fn armoured(label: &str, der: &[u8]) -> String {
    let base64 = STANDARD.encode(der);
    format!("-----BEGIN {label}-----\n{base64}\n-----END {label}-----\n")
}

/// An RSA key of 1024 bits as PKCS#1 in DER. Nothing anywhere trusts it.
pub const WEAK: &str = "MIICWwIBAAKBgQCyk7CEocC14ZOEFlF88f4oAMYYcia9TXIAFO36hrCZCvUUAxjxvzXq60qTg3FBOZY/X0C1DBftar8NmBx5klPiITjTBwlQ7xjG/eDQekYybckG+43KI2hiOVp6qjYuZH+NV6THn1kjFltfw0cbQ87f1t/KBjKhQ07aSe27wAGn0wIDAQABAoGAHWgEoVKhkVHcINwr/w86cwvtkwj5KCMgqrLHnYGggxMy2GDKMsTx9AVa+n+insME4tqkpSugpQ/29h4eUkauWT/+jgDL0om8NLTiY/MeV471I7eedui53lGf41lcfm0BzqBUNteGvAEU3UL3tFCeNNd5tLdZvJVR7a+e/B7HCMECQQDbPQjcHdxJcjCXmzBw4nvEt8zC5tz1Uc1YfjXiLKtDDxrX1b3PN0gQ1AmH+uHVFuJdJyYqSi8vQZf35zaNHgL1AkEA0IU7GKiT08twm/+UhRC4brJHZG/tlCqHs4xB57uFj+FGO2yROF+jCzN/am7HkA73FAnzuipkb++VZys/OgaSpwJADgsc1Cy9fZ7o6e0w7yoyz2kOnrV3FefFhZOgE/rUhZkkGQtB+1IJNbq/WYyChsnOejUVxsO1vgsvltuirOttOQJAaknfS7xyTd0/c2Ud0Y4qVNKvLXUYRxQ+w7jUx0iA1kxgPl4iz/d/5m/DnP8G3lmifCZuhBCjzaL0JviWa/95tQJAfE7sGXbDQ3ec1PMIKGLviDc3zGO3qcnURWAlc3VxZeJ8vL8QHIX9F0A20HVOgjYXMdA/ueTewVEMpJoGIoi6hA==";

static FOLDERS: AtomicUsize = AtomicUsize::new(0);

pub struct KeyFolder(pub PathBuf);

impl KeyFolder {
    /// With the files 1.pem, 2.pem and 3.pem, and no keyring yet.
    pub fn new() -> Self {
        let number = FOLDERS.fetch_add(1, Ordering::Relaxed);
        let name = format!("bridge-test-keys-{}-{number}", std::process::id());
        let folder = Self(std::env::temp_dir().join(name));
        fs::create_dir_all(&folder.0).unwrap();
        for (number, pem) in (1..).zip(PEM.iter()) {
            folder.put(&format!("{number}.pem"), pem);
        }
        folder
    }

    /// With a keyring of this text.
    pub fn with(keyring: &str) -> Self {
        let folder = Self::new();
        folder.write(keyring);
        folder
    }

    pub fn keyring(&self) -> PathBuf {
        self.0.join("keys.toml")
    }

    pub fn text(&self) -> String {
        fs::read_to_string(self.keyring()).unwrap()
    }

    /// Replaces the keyring, as editors do.
    pub fn write(&self, keyring: &str) {
        let next = self.0.join("next");
        fs::write(&next, keyring).unwrap();
        fs::rename(next, self.keyring()).unwrap();
    }

    /// Puts a file there that its owner alone can read.
    pub fn put(&self, name: &str, content: &str) {
        let path = self.0.join(name);
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    }

    /// The names of all files, sorted.
    pub fn files(&self) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(&self.0)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    /// `keys generate` at this time, with its defaults.
    pub fn generate(&self, now: OffsetDateTime) -> Result<Made, GenerateError> {
        self.generate_as(None, now)
    }

    pub fn generate_as(
        &self,
        kid: Option<&str>,
        now: OffsetDateTime,
    ) -> Result<Made, GenerateError> {
        self.generate_with(kid, Duration::hours(2), now)
    }

    pub fn generate_with(
        &self,
        kid: Option<&str>,
        publish_ahead: Duration,
        now: OffsetDateTime,
    ) -> Result<Made, GenerateError> {
        let wish = Wish {
            size: KeySize::Rsa2048,
            kid: kid.map(ToOwned::to_owned),
            publish_ahead,
            retire_after: Duration::hours(26),
        };
        generate(&self.keyring(), wish, now, &SystemRandom::new())
    }

    /// The settings of a bridge that signs with this keyring.
    pub fn settings(&self, algorithm: &str) -> String {
        let keyring = self.keyring();
        format!(
            "# no token.secret\ntoken.algorithm = {algorithm:?}\ntoken.keyring = \"{}\"\n",
            keyring.display()
        )
    }

    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for KeyFolder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
