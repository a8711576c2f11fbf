//! The stage for a comparison with psql: pretended servers, a home directory with files, psql itself.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::mpsc::{Receiver, Sender, channel};

use breakglass::connect::{ConfigFiles, ConnectionFlags, Environment, Target, resolve};

/// What arrived at the pretended server.
#[derive(Debug, PartialEq, Eq)]
pub struct Visit {
    pub dialled: String,
    pub user: String,
    pub database: String,
    pub password: Option<String>,
}

/// Flags and variables of one comparison; `{p1}`, `{p2}` and `{dir}` stand for what the stage made up.
pub type Case = (
    &'static [&'static str],
    &'static [(&'static str, &'static str)],
);

/// Two TCP ports, one socket, and a home directory with the files.
pub struct Stage {
    directory: tempfile::TempDir,
    ports: [u16; 2],
    pub visits: Receiver<Visit>,
}

const PASSWORD_FILE: &str = "\
# 127.0.0.1:*:*:*:commented out
127.0.0.1:{p1}:*:eve:for eve
127.0.0.1:{p1}:*:*:by address
localhost:{p2}:orders:ada:by name
{dir}:{p1}:*:*:by directory
*:*:esc\\:aped\\\\:*:p\\\\w\\:d
";

const SERVICE_FILE: &str = "\
[one]
host=127.0.0.1
port={p1}
user=svc
dbname=svcdb
[named]
# host and hostaddr
  host=localhost
hostaddr=127.0.0.1
port={p2}
user=ada
dbname=orders
[password]
host=127.0.0.1
port={p1}
password=from service
[twice]
host=127.0.0.1
host=203.0.113.1
port={p1}
[value-with-space]
host=127.0.0.1
port={p1}
user= ada
[space]
host =127.0.0.1
port={p1}
[unknown-key]
host=127.0.0.1
hots=x
[no-equals]
host
[nested]
service=one
";

impl Stage {
    pub fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let (sender, visits) = channel();
        let ports = [(); 2].map(|()| {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let address = listener.local_addr().unwrap();
            let sender = sender.clone();
            std::thread::spawn(move || {
                for stream in listener.incoming() {
                    receive(stream.unwrap(), &address.to_string(), &sender);
                }
            });
            address.port()
        });
        let socket = directory.path().join(format!(".s.PGSQL.{}", ports[0]));
        let listener = UnixListener::bind(&socket).unwrap();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                receive(stream.unwrap(), socket.to_str().unwrap(), &sender);
            }
        });
        let stage = Self {
            directory,
            ports,
            visits,
        };
        std::fs::create_dir(stage.path("system")).unwrap();
        stage.file(".pgpass", PASSWORD_FILE, 0o600);
        stage.file("loose.pgpass", "*:*:*:*:loose\n", 0o644);
        stage.file("other.pgpass", "*:*:*:*:other\n", 0o600);
        stage.file(".pg_service.conf", SERVICE_FILE, 0o644);
        stage.file(
            "system/pg_service.conf",
            "[one]\nhost=203.0.113.1\n[system]\nhost=127.0.0.1\nport={p1}\nuser=sys\n",
            0o644,
        );
        stage.file(
            "named_service.conf",
            "[one]\nhost=127.0.0.1\nport={p2}\n",
            0o644,
        );
        stage
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn file(&self, name: &str, text: &str, mode: u32) {
        std::fs::write(self.path(name), self.fill(text)).unwrap();
        std::fs::set_permissions(self.path(name), std::fs::Permissions::from_mode(mode)).unwrap();
    }

    fn fill(&self, text: &str) -> String {
        text.replace("{p1}", &self.ports[0].to_string())
            .replace("{p2}", &self.ports[1].to_string())
            .replace("{dir}", self.directory.path().to_str().unwrap())
    }

    fn variables(&self, case: &Case) -> BTreeMap<String, String> {
        let mut variables = BTreeMap::from([
            ("HOME".to_owned(), self.fill("{dir}")),
            ("PGSYSCONFDIR".to_owned(), self.fill("{dir}/system")),
            ("PGCONNECT_TIMEOUT".to_owned(), "5".to_owned()),
        ]);
        variables.extend(
            case.1
                .iter()
                .map(|(name, value)| ((*name).to_owned(), self.fill(value))),
        );
        variables
    }

    pub fn run_psql(&self, case: &Case) -> Output {
        Command::new(psql())
            .args(["-X", "-w", "-c", ""])
            .args(case.0.iter().map(|argument| self.fill(argument)))
            .env_clear()
            .env("LC_ALL", "C")
            .envs(self.variables(case))
            .output()
            .unwrap()
    }

    pub fn resolve(&self, case: &Case) -> Result<Target, String> {
        let mut flags = ConnectionFlags::default();
        for pair in case.0.chunks(2) {
            let value = Some(self.fill(pair[1]));
            match pair[0] {
                "-h" => flags.host = value,
                "-p" => flags.port = value,
                "-U" => flags.username = value,
                "-d" => flags.dbname = value,
                other => panic!("no such flag in this test: {other}"),
            }
        }
        let environment = Environment {
            variables: self.variables(case),
            home: Some(self.path("")),
            config_files: ConfigFiles::default(),
            ..Environment::from_process()
        };
        resolve(&flags, &environment).map_err(|error| error.to_string())
    }
}

/// The newest real psql. Debian's `/usr/bin/psql` is a wrapper that changes PGHOST, so it comes last.
fn psql() -> PathBuf {
    let mut found: Vec<PathBuf> = ["/usr/lib/postgresql", "/usr/pgsql", "/usr/local/pgsql"]
        .iter()
        .filter_map(|root| std::fs::read_dir(root).ok())
        .flatten()
        .flatten()
        .map(|entry| entry.path().join("bin/psql"))
        .filter(|path| path.exists())
        .collect();
    found.sort();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path = std::env::split_paths(&path).map(|directory| directory.join("psql"));
    found
        .pop()
        .or_else(|| on_path.into_iter().find(|path| path.exists()))
        .expect(
            "this test compares with the real psql: install it (Debian package postgresql-client)",
        )
}

/// One visit: says no to encryption, reads the start-up packet, asks for a password, sends everybody away.
fn receive(mut stream: impl Read + Write, dialled: &str, sender: &Sender<Visit>) {
    const SSL_REQUEST: i32 = 80_877_103;
    const GSS_REQUEST: i32 = 80_877_104;
    let body = loop {
        let Some(body) = packet(&mut stream) else {
            return;
        };
        match i32::from_be_bytes(body[..4].try_into().unwrap()) {
            SSL_REQUEST | GSS_REQUEST => stream.write_all(b"N").unwrap(),
            _ => break body,
        }
    };
    let words: Vec<_> = body[4..]
        .split(|byte| *byte == 0)
        .map(String::from_utf8_lossy)
        .collect();
    let parameter = |name: &str| {
        let pair = words.chunks(2).find(|pair| pair[0] == name);
        pair.map(|pair| pair[1].to_string()).unwrap_or_default()
    };
    stream.write_all(b"R\0\0\0\x08\0\0\0\x03").unwrap();
    let password = read_exactly(&mut stream, 1).and_then(|_| packet(&mut stream));
    let visit = Visit {
        dialled: dialled.to_owned(),
        user: parameter("user"),
        database: parameter("database"),
        password: password
            .map(|body| String::from_utf8_lossy(&body[..body.len() - 1]).into_owned()),
    };
    sender.send(visit).unwrap();
    // The visitor may be gone already.
    let _ = stream.write_all(b"E\0\0\0\x1eSFATAL\0C28000\0Mgo away..\0\0");
}

fn packet(stream: &mut impl Read) -> Option<Vec<u8>> {
    let length = i32::from_be_bytes(read_exactly(stream, 4)?.try_into().unwrap());
    read_exactly(stream, usize::try_from(length).unwrap() - 4)
}

fn read_exactly(stream: &mut impl Read, count: usize) -> Option<Vec<u8>> {
    let mut bytes = vec![0; count];
    stream.read_exact(&mut bytes).ok().map(|()| bytes)
}
