//! What lies below a connection: one of the two ways, as one.

use std::time::Duration;

use aws_lc_rs::rand::SecureRandom;
use time::OffsetDateTime;
use tokio::time::{Instant, timeout, timeout_at};

use super::bosh::Bosh;
use super::element::Element;
use super::trouble::Trouble;
use super::way::{Kind, Visit, Way};
use super::websocket::WebSocket;

/// A way in use.
pub enum Link {
    Bosh(Bosh),
    WebSocket(Box<WebSocket>),
}

impl Link {
    /// Connects to that domain; gives what came along.
    pub async fn open(
        way: &Way,
        domain: &str,
        visit: Visit<'_>,
        patience: Duration,
        random: &dyn SecureRandom,
    ) -> Result<(Self, Vec<Element>), Trouble> {
        let mut bytes = [0; 16];
        let drawn = random.fill(&mut bytes);
        drawn.map_err(|_| Trouble::NoAnswer("the system gave no random numbers".to_owned()))?;
        let address = way.address(visit);
        match way.kind {
            Kind::Bosh => {
                // No more than JavaScript counts exactly (XEP-0124, 7.1).
                let [a, b, c, d, ..] = bytes;
                let first = u64::from(u32::from_be_bytes([a, b, c, d]));
                let opened = Bosh::open(way, address, domain, first);
                let (bosh, came) = in_time(patience, opened).await?;
                Ok((Self::Bosh(bosh), came))
            }
            Kind::WebSocket => {
                let opened = WebSocket::open(way, address, domain, bytes);
                let socket = in_time(patience, opened).await?;
                Ok((Self::WebSocket(Box::new(socket)), Vec::new()))
            }
        }
    }

    /// Begins anew, as one does after signing in; gives what came along.
    pub async fn restart(&mut self, patience: Duration) -> Result<Vec<Element>, Trouble> {
        match self {
            Self::Bosh(bosh) => in_time(patience, bosh.restart()).await,
            Self::WebSocket(socket) => {
                in_time(patience, socket.restart()).await?;
                Ok(Vec::new())
            }
        }
    }

    /// Sends; gives what came along.
    pub async fn send(&mut self, xml: &str, patience: Duration) -> Result<Vec<Element>, Trouble> {
        match self {
            Self::Bosh(bosh) => in_time(patience, bosh.send(xml)).await,
            Self::WebSocket(socket) => {
                in_time(patience, socket.send(xml)).await?;
                Ok(Vec::new())
            }
        }
    }

    /// Waits for what comes; `None` when the time is over.
    pub async fn receive(&mut self, deadline: Instant) -> Result<Option<Vec<Element>>, Trouble> {
        match self {
            // A request is never broken off: what its answer holds would be lost.
            Self::Bosh(_) if Instant::now() >= deadline => Ok(None),
            Self::Bosh(bosh) => bosh.receive(deadline).await.map(Some),
            Self::WebSocket(socket) => timeout_at(deadline, socket.receive())
                .await
                .ok()
                .transpose(),
        }
    }

    /// What time it is there, where that was told.
    pub fn date(&self) -> Option<OffsetDateTime> {
        match self {
            Self::Bosh(bosh) => bosh.date,
            Self::WebSocket(_) => None,
        }
    }

    /// Says goodbye. Whoever does not listen is left all the same.
    pub async fn close(self, patience: Duration) {
        let _ = match self {
            Self::Bosh(bosh) => timeout(patience, bosh.close()).await,
            Self::WebSocket(socket) => timeout(patience, socket.close()).await,
        };
    }
}

async fn in_time<T>(
    patience: Duration,
    work: impl Future<Output = Result<T, Trouble>>,
) -> Result<T, Trouble> {
    let done = timeout(patience, work).await;
    done.map_err(|_| Trouble::Silence(patience))?
}
