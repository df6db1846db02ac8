//! `[metrics]`: where Prometheus asks.

use std::net::SocketAddr;

use super::reader::Section;

/// Where Prometheus asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Metrics {
    /// The address of a listener of their own; nothing where nobody counts.
    pub listen: Option<SocketAddr>,
}

/// Reads the section. `public` is where browsers are listened to.
#[must_use]
pub fn read(mut section: Section<'_>, public: Option<SocketAddr>) -> Option<Metrics> {
    let origin = section.origin("listen");
    let listen: Option<SocketAddr> = section.optional("listen")?;
    if let (Some(listen), Some(public)) = (listen, public)
        && listen.port() == public.port()
        && listen.port() != 0
    {
        let said = "the port of server.listen, where everybody could read them: write another one, such as \"127.0.0.1:9090\"";
        section.fault("listen", origin, said);
    }
    section.finish();
    Some(Metrics { listen })
}
