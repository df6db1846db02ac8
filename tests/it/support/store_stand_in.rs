//! Something that speaks as Redis does, and refuses what it is told to refuse.

use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// The answer to a command that is refused; nothing where the usual one is given.
pub type Refuses = fn(&str) -> Option<&'static str>;

/// Starts one, and gives its host and port. Each answer takes as long as is said.
pub async fn start(refuses: Refuses, each_takes: Duration) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(speak(stream, refuses, each_takes));
        }
    });
    address
}

async fn speak(stream: TcpStream, refuses: Refuses, each_takes: Duration) -> Option<()> {
    let mut stream = BufReader::new(stream);
    loop {
        let command = command(&mut stream).await?;
        tokio::time::sleep(each_takes).await;
        let usual = match command.as_str() {
            "GET" | "GETDEL" => "$-1\r\n",
            "INCR" | "EXPIRE" | "ZADD" | "ZREM" | "DEL" | "ZREMRANGEBYSCORE"
            | "ZREMRANGEBYRANK" | "CLIENT" => ":1\r\n",
            "ZRANGE" | "ZRANGEBYSCORE" => "*0\r\n",
            "INFO" => "$19\r\nredis_version:7.0.0\r\n",
            _ => "+OK\r\n",
        };
        let answer = match refuses(&command) {
            Some(error) => format!("-{error}\r\n"),
            None => usual.to_owned(),
        };
        stream.write_all(answer.as_bytes()).await.ok()?;
    }
}

/// The name of the next command (RESP: an array of bulk strings).
async fn command(stream: &mut BufReader<TcpStream>) -> Option<String> {
    let count = number(stream, '*').await?;
    let mut name = None;
    for _ in 0..count {
        let length = number(stream, '$').await?;
        let mut argument = vec![0; length + 2];
        stream.read_exact(&mut argument).await.ok()?;
        let argument = String::from_utf8_lossy(&argument[..length]).to_uppercase();
        name.get_or_insert(argument);
    }
    name
}

async fn number(stream: &mut BufReader<TcpStream>, kind: char) -> Option<usize> {
    let mut line = String::new();
    stream.read_line(&mut line).await.ok()?;
    line.trim_end().strip_prefix(kind)?.parse().ok()
}
