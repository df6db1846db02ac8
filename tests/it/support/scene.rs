//! A bridge whose configuration stands in a file and is looked at when a test says so.

use std::path::PathBuf;

use jitsi_oidc_bridge::clock::SharedClock;
use jitsi_oidc_bridge::config::Sources;
use jitsi_oidc_bridge::config::inputs::Inputs;
use jitsi_oidc_bridge::observe::LogLevel;
use jitsi_oidc_bridge::reload::{Looked, Origin, Reloader};
use tokio::net::TcpListener;

use super::bridge::{Bridge, POLICY, settings};
use super::keyring::KeyFolder;
use super::log::Log;
use super::{Provider, sara};

pub struct Scene {
    pub bridge: Bridge,
    pub provider: Provider,
    pub reloader: Reloader,
    pub folder: KeyFolder,
    pub log: Log,
}

impl Scene {
    /// With the usual rules, and further settings.
    pub async fn with(further: &str) -> Self {
        Self::in_folder(KeyFolder::new(), further, POLICY).await
    }

    /// With these rules, and in a folder where further files may be.
    pub async fn in_folder(folder: KeyFolder, further: &str, policy: &str) -> Self {
        let log = Log::of("warn,jitsi_oidc_bridge=trace,audit=info");
        let provider = Provider::start().await;
        provider.signs_in(sara());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        folder.put("bridge.toml", &settings(&provider, &url, further, policy));
        let mut origin = Origin::new(Some(folder.path().join("bridge.toml")), Sources::default());
        let clock: SharedClock = provider.clock.clone();
        let mut inputs = Inputs::default();
        let loaded = origin
            .load(&mut inputs, &clock)
            .unwrap_or_else(|error| panic!("{error}"));
        let bridge = Bridge::of(loaded, &provider, listener, url);
        let reloader = Reloader::new(origin, inputs, bridge.live.clone(), LogLevel::fixed());
        Self {
            bridge,
            provider,
            reloader,
            folder,
            log,
        }
    }

    pub fn file(&self) -> PathBuf {
        self.folder.path().join("bridge.toml")
    }

    /// The configuration as it could be written.
    pub fn text(&self, further: &str, policy: &str) -> String {
        settings(&self.provider, &self.bridge.url, further, policy)
    }

    /// Writes a configuration.
    pub fn write(&self, further: &str, policy: &str) {
        self.folder.put("bridge.toml", &self.text(further, policy));
    }

    /// Writes a configuration, which is then taken over.
    pub async fn changes(&mut self, further: &str, policy: &str) {
        self.write(further, policy);
        self.is_taken().await;
    }

    /// What has changed is seen, and taken at the second look.
    pub async fn is_taken(&mut self) {
        assert_eq!(self.reloader.look().await, Looked::Unsettled);
        let looked = self.reloader.look().await;
        assert_eq!(looked, Looked::Reloaded, "{}", self.log.text());
    }

    /// What has changed is seen, and refused at the second look.
    pub async fn is_refused(&mut self) {
        assert_eq!(self.reloader.look().await, Looked::Unsettled);
        assert_eq!(self.reloader.look().await, Looked::Refused);
    }
}
