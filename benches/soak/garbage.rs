//! What nobody should send: each gets an answer of its own fault (4xx), or none where it never ends.

use std::time::Duration;

use reqwest::Method;
use reqwest::header::CONTENT_TYPE;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::client::Client;

/// The most connections of one client on which half a request stands.
const MOST_LEFT_OPEN: usize = 2;
const FORM: &str = "application/x-www-form-urlencoded";

impl Client {
    /// One piece of garbage.
    pub async fn send_garbage(&mut self) -> Result<(), String> {
        let long = || "x".repeat(20_000);
        match self.random.below(14) {
            0 => {
                self.refused(Method::GET, "/callback?state=AAAA&code=x", "")
                    .await
            }
            1 => {
                self.refused(Method::GET, "/callback?code=x&code=y&state=z", "")
                    .await
            }
            2 => {
                self.refused(Method::GET, "/callback?%00=%ff&state=%", "")
                    .await
            }
            3 => {
                self.refused(Method::GET, &format!("/join?state={}", long()), "")
                    .await
            }
            4 => {
                self.refused(
                    Method::GET,
                    &format!("/callback?state={}&code=x", long()),
                    "",
                )
                .await
            }
            5 => self.refused(Method::GET, "/.env", "").await,
            6 => {
                self.refused(Method::GET, "/room/%2e%2e/%2e%2e/etc/passwd", "")
                    .await
            }
            7 => self.refused(Method::DELETE, "/room/a", "").await,
            8 => self.refused(Method::POST, "/join?room=a", "room=a").await,
            9 => {
                self.refused(
                    Method::POST,
                    "/token",
                    "grant_type=authorization_code&code=x",
                )
                .await
            }
            10 => self.refused(Method::POST, "/token", &long()).await,
            11 => {
                self.refused(Method::POST, "/backchannel-logout", "logout_token=a.b.c")
                    .await
            }
            12 => self.malformed().await,
            _ => self.half().await,
        }
    }

    async fn refused(&mut self, method: Method, path: &str, body: &str) -> Result<(), String> {
        let from = format!(
            "10.255.{}.{}",
            self.random.below(256),
            self.random.below(256)
        );
        let request = self.http.request(method, self.at(path));
        let request = request.header(CONTENT_TYPE, FORM).body(body.to_owned());
        let answer = self.answered(request, &from).await?;
        if answer.status.is_client_error() {
            Ok(())
        } else {
            let path = path.split('?').next().unwrap_or_default();
            Err(answer.told(&format!("{path} is not refused")))
        }
    }

    /// A head that is none.
    async fn malformed(&mut self) -> Result<(), String> {
        let heads = [
            "GET / HTTP/1.1\r\nHost: a\r\nno header\r\n\r\n",
            "GET /\u{1} HTTP/1.1\r\nHost: a\r\n\r\n",
            "\u{16}\u{3}\u{1}\r\n\r\n",
            "POST /token HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n",
        ];
        let which = self.random.below(heads.len());
        let head = heads.get(which).copied().unwrap_or_default();
        let answer = async {
            let mut stream = TcpStream::connect(self.address).await?;
            stream.write_all(head.as_bytes()).await?;
            let mut answer = Vec::new();
            stream.read_to_end(&mut answer).await?;
            Ok::<_, std::io::Error>(answer)
        };
        let answer = timeout(Duration::from_mins(1), answer).await;
        let answer = answer.map_err(|_| format!("head {which}: no end of the answer"))?;
        let answer = answer.map_err(|error| format!("head {which}: {error}"))?;
        if answer.starts_with(b"HTTP/1.1 4") {
            Ok(())
        } else {
            let line: Vec<u8> = answer.into_iter().take(40).collect();
            Err(format!(
                "head {which}: {:?}",
                String::from_utf8_lossy(&line)
            ))
        }
    }

    /// Half a request, on a connection that is left open for a while, or closed at once.
    async fn half(&mut self) -> Result<(), String> {
        let sent = async {
            let mut stream = TcpStream::connect(self.address).await?;
            stream
                .write_all(b"GET /room/half HTTP/1.1\r\nHost: a\r\nCoo")
                .await?;
            Ok::<_, std::io::Error>(stream)
        };
        let stream = sent
            .await
            .map_err(|error| format!("half a request: {error}"))?;
        if self.random.below(2) == 0 {
            self.left_open.push_back(stream);
            if self.left_open.len() > MOST_LEFT_OPEN {
                self.left_open.pop_front();
            }
        }
        Ok(())
    }
}
