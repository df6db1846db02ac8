//! The least HTTP server: what the bridge stands on (hyper, HTTP/1.1, kept connections), and nothing on top of it.

use std::convert::Infallible;
use std::net::Ipv4Addr;

use axum::body::Body;
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONTENT_TYPE, HeaderValue, LOCATION, SET_COOKIE};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use url::form_urlencoded;

pub type Answer = Response<Body>;

/// The longest body that is read, in bytes.
const LONGEST_BODY: usize = 16 * 1024;

/// A port of this machine; its address is the first line of the output, for whoever started this process.
pub async fn listen() -> TcpListener {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    println!("{}", listener.local_addr().unwrap());
    listener
}

/// Serves until the process is ended.
pub async fn serve<F, A>(listener: TcpListener, answer: F)
where
    F: Fn(Request<Incoming>) -> A + Clone + Send + 'static,
    A: Future<Output = Answer> + Send + 'static,
{
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            continue;
        };
        let answer = answer.clone();
        tokio::spawn(async move {
            let service = service_fn(move |request| {
                let answer = answer(request);
                async { Ok::<_, Infallible>(answer.await) }
            });
            // A connection that breaks is the other side's business.
            let _ = http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

pub async fn body_of(request: Request<Incoming>) -> Bytes {
    let body = Body::new(request.into_body());
    axum::body::to_bytes(body, LONGEST_BODY).await.unwrap()
}

/// One parameter of a query or a form.
pub fn parameter(encoded: &[u8], name: &str) -> Option<String> {
    let mut pairs = form_urlencoded::parse(encoded);
    let found = pairs.find(|(key, _)| key == name);
    found.map(|(_, value)| value.into_owned())
}

pub fn json(body: impl Into<Body>) -> Answer {
    let mut answer = Response::new(body.into());
    let json = HeaderValue::from_static("application/json");
    answer.headers_mut().insert(CONTENT_TYPE, json);
    answer
}

pub fn redirect(to: &str, cookie: Option<&str>) -> Answer {
    let mut answer = status(StatusCode::SEE_OTHER);
    let headers = answer.headers_mut();
    headers.insert(LOCATION, to.parse().unwrap());
    if let Some(cookie) = cookie {
        headers.insert(SET_COOKIE, cookie.parse().unwrap());
    }
    answer
}

pub fn status(status: StatusCode) -> Answer {
    let mut answer = Response::new(Body::empty());
    *answer.status_mut() = status;
    answer
}
