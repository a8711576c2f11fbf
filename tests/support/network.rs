//! Two hosts with a cable between them: network namespaces, one for the application and one for the database.
//!
//! Needs root, which is said where it is missing. Makes two namespaces and removes them; touches no other.

use std::fs::File;
use std::io::Write;
use std::os::fd::AsFd;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

use super::Server;

/// Two hosts with a cable between them.
pub struct Network {
    /// In the names of everything it makes.
    pub number: u32,
}

/// The application's host.
pub const APPLICATION: &str = "app";
/// The database's host.
pub const DATABASE: &str = "db";

impl Network {
    /// Makes both.
    pub fn new() -> Self {
        needs_root();
        static COUNT: AtomicU32 = AtomicU32::new(0);
        // Tests of one process run side by side, and each must have its own.
        let number = std::process::id() * 8 + COUNT.fetch_add(1, Ordering::Relaxed);
        let network = Self { number };
        let (app, db) = (network.name(APPLICATION), network.name(DATABASE));
        let (one, other) = (format!("bga{number}"), format!("bgd{number}"));
        for name in [&app, &db] {
            ip(&format!("netns add {name}"));
            ip(&format!("-n {name} link set lo up"));
        }
        ip(&format!(
            "link add {one} netns {app} type veth peer name {other} netns {db}"
        ));
        ip(&format!(
            "-n {app} addr add {}/30 dev {one}",
            network.address(APPLICATION)
        ));
        ip(&format!(
            "-n {db} addr add {}/30 dev {other}",
            network.address(DATABASE)
        ));
        for (host, device) in [(APPLICATION, &one), (DATABASE, &other)] {
            let address = network.address6(host);
            let name = network.name(host);
            ip(&format!(
                "-n {name} -6 addr add {address}/64 dev {device} nodad"
            ));
        }
        ip(&format!("-n {app} link set {one} up"));
        ip(&format!("-n {db} link set {other} up"));
        network
    }

    /// What `ip netns` calls a host.
    pub fn name(&self, host: &str) -> String {
        format!("breakglass-{host}-{}", self.number)
    }

    /// A host's IPv4 address.
    pub fn address(&self, host: &str) -> String {
        format!(
            "10.231.{}.{}",
            self.number % 256,
            if host == APPLICATION { 1 } else { 2 }
        )
    }

    /// A host's IPv6 address.
    pub fn address6(&self, host: &str) -> String {
        let last = if host == APPLICATION { 1 } else { 2 };
        format!("fd42::{:x}:{last}", self.number % 0xffff)
    }

    /// Runs `what` on one of the hosts. Processes it starts stay there.
    pub fn on<T: Send>(&self, host: &str, what: impl FnOnce() -> T + Send) -> T {
        let namespace = File::open(format!("/run/netns/{}", self.name(host))).unwrap();
        std::thread::scope(|scope| {
            let visit = scope.spawn(move || {
                move_into_link_name_space(namespace.as_fd(), Some(LinkNameSpaceType::Network))
                    .unwrap();
                what()
            });
            visit.join().unwrap()
        })
    }

    /// A server on the database's host, open to the application's.
    pub fn server(&self, major: u32) -> Server {
        self.on(DATABASE, || {
            Server::start_with(major, |mut settings| {
                settings
                    .access
                    .push_str("host all all 10.231.0.0/16 trust\nhost all all fd42::/16 trust\nhost all all ::1/128 trust\n");
                settings
                    .set("listen_addresses", "*")
                    .set("max_connections", 50)
            })
        })
    }

    /// A client on the application's host that has sent `sql` and stays.
    pub fn client(&self, server: &Server, sql: &str) -> Psql {
        let address = self.address(DATABASE);
        self.client_of(APPLICATION, server, &address, &[], Stdio::null(), sql)
    }

    /// A client on `host` that connects to `address`, with more of the environment; its answers go to `output`.
    pub fn client_of(
        &self,
        host: &str,
        server: &Server,
        address: &str,
        environment: &[(&str, &str)],
        output: Stdio,
        sql: &str,
    ) -> Psql {
        let port = server.port().to_string();
        let mut command = Command::new("psql");
        command
            .args([
                "-X", "-q", "-h", address, "-p", &port, "-U", "app", "-d", "postgres",
            ])
            .envs(environment.iter().copied())
            .stdin(Stdio::piped())
            .stdout(output)
            .stderr(Stdio::null());
        let mut child = self.on(host, || command.spawn().unwrap());
        let mut input = child.stdin.take().unwrap();
        // A person's pause: what happens within one tick of the clock has no order.
        writeln!(input, "\\! sleep 0.1\n{sql}").unwrap();
        Psql { child, input }
    }

    fn remove(&self) {
        for host in [APPLICATION, DATABASE] {
            let _ = Command::new("ip")
                .args(["netns", "del", &self.name(host)])
                .stderr(Stdio::null())
                .status();
        }
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        self.remove();
    }
}

/// A `psql` that stays until it is dropped.
pub struct Psql {
    pub child: Child,
    pub input: ChildStdin,
}

impl Drop for Psql {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Fails where namespaces cannot be made.
#[track_caller]
pub fn needs_root() {
    assert!(
        nix::unistd::geteuid().is_root(),
        "this test makes network namespaces and severs connections between them: run it as root"
    );
}

/// The command `ip`.
#[track_caller]
pub fn ip(words: &str) {
    let output = Command::new("ip")
        .args(words.split(' '))
        .output()
        .expect("the command 'ip' (package iproute2)");
    assert!(
        output.status.success(),
        "ip {words}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
}
