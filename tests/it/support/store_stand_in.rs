//! Something that speaks as Redis does, keeps what is set, and refuses what it is told to refuse.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// The answer to a command that is refused; nothing where the usual one is given.
pub type Refuses = fn(&str) -> Option<&'static str>;

/// What is set, by its key.
type Kept = Arc<Mutex<HashMap<Vec<u8>, Vec<u8>>>>;

/// Starts one, and gives its host and port. Each answer takes as long as is said.
pub async fn start(refuses: Refuses, each_takes: Duration) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        let kept = Kept::default();
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(speak(stream, refuses, each_takes, kept.clone()));
        }
    });
    address
}

async fn speak(
    stream: TcpStream,
    refuses: Refuses,
    each_takes: Duration,
    kept: Kept,
) -> Option<()> {
    let mut stream = BufReader::new(stream);
    loop {
        let command = command(&mut stream).await?;
        tokio::time::sleep(each_takes).await;
        let name = String::from_utf8_lossy(&command[0]).to_uppercase();
        let answer = match refuses(&name) {
            Some(error) => format!("-{error}\r\n").into_bytes(),
            None => answer(&name, &command[1..], &kept),
        };
        stream.write_all(&answer).await.ok()?;
    }
}

fn answer(name: &str, arguments: &[Vec<u8>], kept: &Kept) -> Vec<u8> {
    let usual = match (name, arguments) {
        ("GET", [key]) => {
            if let Some(value) = kept.lock().unwrap().get(key) {
                let length = format!("${}\r\n", value.len());
                return [length.as_bytes(), value, b"\r\n"].concat();
            }
            "$-1\r\n"
        }
        ("SET", [key, value, ..]) => {
            kept.lock().unwrap().insert(key.clone(), value.clone());
            "+OK\r\n"
        }
        ("GETDEL", _) => "$-1\r\n",
        (
            "INCR" | "EXPIRE" | "ZADD" | "ZREM" | "DEL" | "ZREMRANGEBYSCORE" | "ZREMRANGEBYRANK"
            | "CLIENT",
            _,
        ) => ":1\r\n",
        ("ZRANGE" | "ZRANGEBYSCORE", _) => "*0\r\n",
        ("INFO", _) => "$19\r\nredis_version:7.0.0\r\n",
        _ => "+OK\r\n",
    };
    usual.into()
}

/// The next command, its name first (RESP: an array of bulk strings).
async fn command(stream: &mut BufReader<TcpStream>) -> Option<Vec<Vec<u8>>> {
    let count = number(stream, '*').await?;
    let mut command = Vec::with_capacity(count);
    for _ in 0..count {
        let length = number(stream, '$').await?;
        let mut argument = vec![0; length + 2];
        stream.read_exact(&mut argument).await.ok()?;
        argument.truncate(length);
        command.push(argument);
    }
    Some(command)
}

async fn number(stream: &mut BufReader<TcpStream>, kind: char) -> Option<usize> {
    let mut line = String::new();
    stream.read_line(&mut line).await.ok()?;
    line.trim_end().strip_prefix(kind)?.parse().ok()
}
