//! The program as it is served, in a process of its own: started, asked whether it is ready, and watched from outside.

use std::io::{BufRead as _, BufReader};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::net::TcpListener;

/// The secret that signs tokens.
pub const TOKEN_SECRET: &str = "0123456789abcdef0123456789abcdef";
/// Where people are sent.
pub const JITSI: &str = "https://meet.example.org";

/// The most lines of its log that are kept.
const MOST_LINES: usize = 20;

/// The program, ended when this one is done with it.
pub struct Program {
    child: Child,
    /// Lines that tell of a defect.
    defects: Arc<Mutex<Vec<String>>>,
}

impl Program {
    /// Starts it with the least settings there can be, and these besides.
    pub fn start(listen: SocketAddr, issuer: &str, further: &[(String, String)]) -> Self {
        let built = Path::new(env!("CARGO_BIN_EXE_jitsi-oidc-bridge"));
        Self::start_other(built, listen, issuer, further)
    }

    /// The same with another build of it.
    pub fn start_other(
        executable: &Path,
        listen: SocketAddr,
        issuer: &str,
        further: &[(String, String)],
    ) -> Self {
        let mut command = Command::new(executable);
        command
            .arg("serve")
            .env_clear()
            .env("BRIDGE_SERVER__LISTEN", listen.to_string())
            .env("BRIDGE_SERVER__PUBLIC_URL", format!("http://{listen}"))
            .env("BRIDGE_JITSI__URL", JITSI)
            .env("BRIDGE_TOKEN__SECRET", TOKEN_SECRET)
            .env("BRIDGE_PROVIDER__ISSUER", issuer)
            .env("BRIDGE_PROVIDER__CLIENT_ID", "bridge")
            .env("BRIDGE_POLICY__DEFAULT", "participant")
            .env("BRIDGE_LOG__LEVEL", "warn")
            .envs(further.iter().cloned());
        Self::watch(command)
    }

    /// Starts a part of this bench in a process of its own; gives the address that it writes to its output first of all.
    pub fn start_part(arguments: &[&str]) -> (Self, SocketAddr) {
        let mut command = Command::new(std::env::current_exe().expect("this program"));
        command.args(arguments).stdout(Stdio::piped());
        let mut part = Self::watch(command);
        let mut line = String::new();
        let output = part.child.stdout.take().expect("its output");
        BufReader::new(output).read_line(&mut line).expect("a line");
        (part, line.trim().parse().expect("an address"))
    }

    fn watch(mut command: Command) -> Self {
        let mut child = command
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let defects = Arc::default();
        let log = child.stderr.take().expect("its log");
        std::thread::spawn({
            let defects = Arc::clone(&defects);
            move || listen_to(log, &defects)
        });
        Self { child, defects }
    }

    pub async fn wait_until_ready(&self, listen: SocketAddr) {
        let deadline = Instant::now() + Duration::from_secs(20);
        let ready = async || {
            let answer = reqwest::get(format!("http://{listen}/readyz")).await;
            answer.is_ok_and(|answer| answer.status().is_success())
        };
        while !ready().await {
            assert!(Instant::now() < deadline, "the server is not ready");
            tokio::task::yield_now().await;
        }
    }

    /// Its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Resident memory in kB.
    pub fn resident_kilobytes(&self) -> u32 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS:"));
        let number = line.and_then(|line| line.split_whitespace().nth(1));
        number.and_then(|number| number.parse().ok()).unwrap()
    }

    /// How long its threads that still run have been on a processor, in microseconds; exact, as the scheduler counts.
    pub fn processor_microseconds(&self) -> f64 {
        let threads = std::fs::read_dir(format!("/proc/{}/task", self.child.id())).unwrap();
        let nanoseconds = |path: &Path| -> Option<u64> {
            let read = std::fs::read_to_string(path.join("schedstat")).ok()?;
            read.split_whitespace().next()?.parse().ok()
        };
        let all: u64 = threads
            .filter_map(|thread| nanoseconds(&thread.ok()?.path()))
            .sum();
        std::time::Duration::from_nanos(all).as_secs_f64() * 1e6
    }

    /// How many file descriptors are open.
    pub fn open_files(&self) -> usize {
        let open = std::fs::read_dir(format!("/proc/{}/fd", self.child.id()));
        open.unwrap().count()
    }

    /// Whether it still runs.
    pub fn runs(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// The first lines of its log that tell of a defect: errors and panics.
    pub fn defects(&self) -> Vec<String> {
        self.defects.lock().unwrap().clone()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A port that nobody uses.
pub async fn free_address() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    listener.local_addr().unwrap()
}

/// Reads the whole log, so that the program never waits for its reader.
fn listen_to(log: ChildStderr, defects: &Mutex<Vec<String>>) {
    for line in BufReader::new(log).lines().map_while(Result::ok) {
        let tells = line.contains("\"level\":\"ERROR\"") || line.contains("panicked");
        let mut defects = defects.lock().unwrap();
        if tells && defects.len() < MOST_LINES {
            defects.push(line);
        }
    }
}
