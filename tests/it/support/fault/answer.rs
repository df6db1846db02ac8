//! How any endpoint of the provider may answer that means harm, or is broken.

use std::convert::Infallible;
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use hyper::body::{Bytes, Frame};
use tokio::sync::Notify;
use tokio::time::{Sleep, sleep};

use crate::support::Provider;

/// An answer that is none.
#[derive(Debug, Clone)]
pub enum Bad {
    /// White space, a character now and then, for ever.
    Drips,
    /// White space without an end, as fast as it is taken.
    Endless,
    /// Nothing, for ever.
    Never,
    /// The beginning of what was promised; then the connection is closed.
    ClosesMidway,
    /// White space, packed a hundred and fifty times smaller.
    GzipBomb(Bytes),
    /// Elsewhere.
    Redirects(u16, String),
    /// This.
    Says(u16, &'static str, String),
}

/// What came of it.
#[derive(Debug, Default)]
pub struct Taken {
    bytes: AtomicUsize,
    ended: AtomicUsize,
    end: Notify,
}

impl Taken {
    /// How many bytes the other side took, or its kernel and ours hold for it.
    pub fn bytes(&self) -> usize {
        self.bytes.load(Ordering::SeqCst)
    }

    /// Waits until the answer is over: the other side has gone.
    pub async fn is_over(&self) {
        loop {
            let next = self.end.notified();
            if self.ended.load(Ordering::SeqCst) > 0 {
                return;
            }
            next.await;
        }
    }
}

impl Provider {
    /// Answers this request (`METHOD /path`) so, until `answers_well`.
    pub fn answers_badly(&self, request: &'static str, bad: Bad) {
        self.inner().bad = Some((request, bad));
    }

    pub fn answers_well(&self) {
        self.inner().bad = None;
    }

    /// What was taken of bad answers.
    pub fn taken(&self) -> Arc<Taken> {
        self.inner().taken.clone()
    }
}

impl Bad {
    pub(in crate::support) async fn answer(self, taken: Arc<Taken>) -> Response {
        let body = |sends| Body::new(Answer::new(sends, taken));
        let json = (header::CONTENT_TYPE, "application/json");
        match self {
            Self::Never => std::future::pending::<Infallible>().await.into_response(),
            Self::Drips => ([json], body(Sends::Drops)).into_response(),
            Self::Endless => ([json], body(Sends::Everything)).into_response(),
            Self::ClosesMidway => {
                let promised = (header::CONTENT_LENGTH, "1000");
                ([json, promised], body(Sends::Beginning)).into_response()
            }
            Self::GzipBomb(bomb) => {
                let packed = (header::CONTENT_ENCODING, "gzip");
                ([json, packed], body(Sends::This(bomb))).into_response()
            }
            Self::Redirects(status, to) => (code(status), [(header::LOCATION, to)]).into_response(),
            Self::Says(status, media_type, text) => {
                let kind: [(HeaderName, &str); 1] = [(header::CONTENT_TYPE, media_type)];
                (code(status), kind, text).into_response()
            }
        }
    }
}

fn code(status: u16) -> StatusCode {
    StatusCode::from_u16(status).unwrap()
}

/// What a body sends.
enum Sends {
    Drops,
    Everything,
    Beginning,
    /// Of which there is none.
    Rest,
    This(Bytes),
    Nothing,
}

/// A body that counts, and tells when nobody wants it any more.
struct Answer {
    sends: Sends,
    taken: Arc<Taken>,
    pause: Pin<Box<Sleep>>,
}

/// More than anybody takes who has a bound at all; the end for one who has none.
const EVERYTHING: usize = 256 * 1024 * 1024;

impl Answer {
    fn new(sends: Sends, taken: Arc<Taken>) -> Self {
        Self {
            sends,
            taken,
            pause: Box::pin(sleep(Duration::ZERO)),
        }
    }
}

impl hyper::body::Body for Answer {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let next = match std::mem::replace(&mut self.sends, Sends::Nothing) {
            Sends::Nothing => return Poll::Ready(None),
            Sends::This(all) => all,
            Sends::Everything if self.taken.bytes() >= EVERYTHING => return Poll::Ready(None),
            Sends::Everything => {
                self.sends = Sends::Everything;
                Bytes::from(vec![b' '; 16 * 1024])
            }
            // After a while: what was sent has to leave before the connection is closed.
            Sends::Rest => {
                self.sends = Sends::Rest;
                if self.pause.as_mut().poll(context).is_pending() {
                    return Poll::Pending;
                }
                return Poll::Ready(Some(Err(io::ErrorKind::BrokenPipe.into())));
            }
            Sends::Beginning => {
                self.sends = Sends::Rest;
                self.pause = Box::pin(sleep(Duration::from_millis(20)));
                Bytes::from_static(b"{ \"issuer\":")
            }
            Sends::Drops => {
                self.sends = Sends::Drops;
                if self.pause.as_mut().poll(context).is_pending() {
                    return Poll::Pending;
                }
                self.pause = Box::pin(sleep(Duration::from_millis(20)));
                Bytes::from_static(b" ")
            }
        };
        self.taken.bytes.fetch_add(next.len(), Ordering::SeqCst);
        Poll::Ready(Some(Ok(Frame::data(next))))
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        self.taken.ended.fetch_add(1, Ordering::SeqCst);
        self.taken.end.notify_waiters();
    }
}

/// 140 million spaces as gzip, but for the checksum at their end, to which nobody should come (RFC 1951, 3.2.6: one block
/// with fixed codes, a space, and then nothing but "258 times the last one again").
pub static BOMB: LazyLock<Bytes> = LazyLock::new(|| {
    let mut bits = Bits::default();
    bits.push(0b110, 3); // The last block, with fixed codes; written from the lowest bit.
    bits.push(0x30 + u32::from(b' '), 8);
    for _ in 0..550_000 {
        bits.push(0b1_1000_1010_0000, 13);
    }
    bits.push(0, 7);
    let mut packed = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3];
    packed.append(&mut bits.bytes);
    packed.extend([0; 9]);
    packed.into()
});

/// Bits, of which the first is the lowest of its byte.
#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    used: usize,
}

impl Bits {
    /// The lowest `length` bits, the highest first.
    fn push(&mut self, value: u32, length: usize) {
        for at in (0..length).rev() {
            if self.used.is_multiple_of(8) {
                self.bytes.push(0);
            }
            let bit = u8::from(value >> at & 1 == 1) << (self.used % 8);
            *self.bytes.last_mut().unwrap() |= bit;
            self.used += 1;
        }
    }
}
