//! A Redis of this bench's own, and what it says of its work.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Ended when this one is done with it.
pub struct Redis {
    child: Child,
    address: SocketAddr,
}

/// What it has done since it was started.
pub struct Work {
    /// Microseconds on a processor, of all its threads.
    pub processor: f64,
    /// By command: how often, and how many microseconds in all.
    pub commands: BTreeMap<String, (f64, f64)>,
}

impl Redis {
    /// Starts one that keeps everything in memory.
    pub fn start(address: SocketAddr) -> Self {
        let port = address.port().to_string();
        let child = Command::new("redis-server")
            .args([
                "--bind",
                "127.0.0.1",
                "--port",
                &port,
                "--save",
                "",
                "--appendonly",
                "no",
            ])
            .stdout(Stdio::null())
            .spawn()
            .expect("redis-server is installed");
        let redis = Self { child, address };
        let deadline = Instant::now() + Duration::from_secs(20);
        while redis.info("server").is_none() {
            assert!(Instant::now() < deadline, "Redis does not start");
            std::thread::yield_now();
        }
        redis
    }

    pub fn url(&self) -> String {
        format!("redis://{}", self.address)
    }

    pub fn work(&self) -> Work {
        let processor = self.info("cpu").expect("it says");
        let seconds = |name| number(processor.lines().find_map(|line| line.strip_prefix(name)));
        let commands = self.info("commandstats").expect("it says");
        Work {
            processor: 1e6 * (seconds("used_cpu_user:") + seconds("used_cpu_sys:")),
            commands: commands.lines().filter_map(command).collect(),
        }
    }

    /// A section of what `INFO` says; nothing where nobody answers.
    fn info(&self, section: &str) -> Option<String> {
        let mut stream = TcpStream::connect(self.address).ok()?;
        write!(stream, "INFO {section}\r\nQUIT\r\n").ok()?;
        let mut said = String::new();
        stream.read_to_string(&mut said).ok()?;
        said.contains("\r\n# ").then_some(said)
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// `cmdstat_get:calls=3,usec=12,usec_per_call=4.00,…`
fn command(line: &str) -> Option<(String, (f64, f64))> {
    let (name, figures) = line.strip_prefix("cmdstat_")?.split_once(':')?;
    let of = |wanted: &str| {
        let mut figures = figures
            .split(',')
            .filter_map(|figure| figure.split_once('='));
        number(
            figures
                .find(|(name, _)| *name == wanted)
                .map(|(_, value)| value),
        )
    };
    Some((name.to_owned(), (of("calls"), of("usec"))))
}

fn number(text: Option<&str>) -> f64 {
    text.and_then(|text| text.trim().parse().ok())
        .expect("a number")
}
