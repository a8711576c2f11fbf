//! Compares `target::resolve` with the real psql: both get the same flags, variables and files.
//!
//! psql dials a pretended server that writes down who came, for which database and with which password; or it
//! is refused and says where it tried. Needs the psql program, and says how to get it when it is not there.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use breakglass::target::{
    ConfigFiles, ConnectionFlags, Endpoint, Environment, Host, Secret, Target, resolve,
};

/// What arrived at the pretended server.
#[derive(Debug, PartialEq, Eq)]
struct Visit {
    dialled: String,
    user: String,
    database: String,
    password: Option<String>,
}

/// Flags and variables of one comparison; `{p1}`, `{p2}` and `{dir}` stand for what the stage made up.
type Case = (
    &'static [&'static str],
    &'static [(&'static str, &'static str)],
);

/// Two TCP ports, one socket, and a home directory with the files.
struct Stage {
    directory: tempfile::TempDir,
    ports: [u16; 2],
    visits: Receiver<Visit>,
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
    fn new() -> Self {
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

    fn path(&self, name: &str) -> PathBuf {
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

    fn run_psql(&self, case: &Case) -> Output {
        Command::new(psql())
            .args(["-X", "-w", "-c", ""])
            .args(case.0.iter().map(|argument| self.fill(argument)))
            .env_clear()
            .env("LC_ALL", "C")
            .envs(self.variables(case))
            .output()
            .unwrap()
    }

    fn resolve(&self, case: &Case) -> Result<Target, String> {
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

/// What our target would have left at the pretended server. The database only when somebody named it: for
/// the other case our default differs from psql's on purpose.
fn expected_visit(target: &Target, psql_database: &str) -> Visit {
    let endpoint = &target.endpoints[0];
    let dialled = match &endpoint.host {
        Host::Tcp { name, address } => {
            let name = name
                .as_deref()
                .unwrap_or_default()
                .replace("localhost", "127.0.0.1");
            let address = address.map_or(name, |address| address.to_string());
            format!("{address}:{}", endpoint.port)
        }
        _ => endpoint.label(),
    };
    let database = if target.database_named {
        &target.database
    } else {
        psql_database
    };
    Visit {
        dialled,
        user: target.user.clone(),
        database: database.to_owned(),
        password: target
            .password_for(endpoint)
            .map(Secret::reveal)
            .map(str::to_owned),
    }
}

#[test]
fn we_go_where_psql_goes_as_the_same_role_with_the_same_password() {
    let cases: &[Case] = &[
        (&["-h", "127.0.0.1", "-p", "{p1}"], &[]),
        (
            &["-h", "127.0.0.1", "-p", "{p1}", "-U", "eve", "-d", "orders"],
            &[],
        ),
        (
            &["-h", "localhost", "-p", "{p2}", "-U", "ada", "-d", "orders"],
            &[],
        ),
        (&["-h", "{dir}", "-p", "{p1}", "-U", "ada"], &[]),
        // A connection string in -d goes before the other flags.
        (
            &[
                "-h",
                "203.0.113.1",
                "-p",
                "1",
                "-U",
                "no",
                "-d",
                "host=127.0.0.1 port={p1} user=yes",
            ],
            &[],
        ),
        (
            &[
                "-h",
                "203.0.113.1",
                "-U",
                "yes",
                "-d",
                "postgresql://127.0.0.1:{p1}/x",
            ],
            &[],
        ),
        (
            &["-h", "127.0.0.1", "-p", "{p1}", "-d", "dbname='my db'"],
            &[],
        ),
        (&["-d", "host=203.0.113.1 host=127.0.0.1 port={p1}"], &[]),
        (
            &[
                "-d",
                "host = 127.0.0.1 port= {p1} user='it\\'s' dbname=a\\ b",
            ],
            &[],
        ),
        // URIs.
        (&["-d", "postgresql://ada@localhost:{p2}/orders"], &[]),
        (&["-d", "postgres://127.0.0.1:{p1}/db?user=me@corp"], &[]),
        (&["-d", "postgresql://127.0.0.1:{p1}/esc%3Aaped%5C"], &[]),
        (&["-d", "postgresql:///db?host={dir}&port={p1}&"], &[]),
        (
            &[
                "-d",
                "postgresql://203.0.113.1:1/db?host=127.0.0.1&port={p1}",
            ],
            &[],
        ),
        (&["-d", "postgresql://u:@127.0.0.1:{p1}"], &[]),
        (&["-d", "postgresql://@127.0.0.1:{p1}/"], &[]),
        (
            &[
                "-d",
                "postgresql://127.0.0.1:{p1}?application_name=x&tcp_user_timeout=1",
            ],
            &[],
        ),
        // hostaddr, and which name the password file is asked for.
        (&["-d", "hostaddr=127.0.0.1 port={p1}"], &[]),
        (
            &["-d", "host=nowhere.invalid hostaddr=127.0.0.1 port={p1}"],
            &[],
        ),
        (
            &[
                "-d",
                "host=localhost hostaddr=127.0.0.1 port={p2} user=ada dbname=orders",
            ],
            &[],
        ),
        (
            &["-h", "nowhere.invalid", "-p", "{p1}"],
            &[("PGHOSTADDR", "127.0.0.1")],
        ),
        // Variables; an empty one is set, and means the default.
        (
            &[],
            &[
                ("PGHOST", "127.0.0.1"),
                ("PGPORT", "{p1}"),
                ("PGUSER", "eve"),
                ("PGDATABASE", "v"),
            ],
        ),
        (
            &["-h", "127.0.0.1"],
            &[("PGPORT", "{p1}"), ("PGUSER", ""), ("PGDATABASE", "")],
        ),
        (&["-h", "", "-p", "{p1}"], &[("PGHOST", "127.0.0.1")]),
        (
            &["-d", "port={p1} user='' host=127.0.0.1"],
            &[("PGUSER", "eve")],
        ),
        (
            &["-h", "127.0.0.1", "-p", "{p1}"],
            &[("PGPASSWORD", "from variable")],
        ),
        (&["-h", "127.0.0.1", "-p", "{p1}"], &[("PGPASSWORD", "")]),
        (
            &["-h", "127.0.0.1", "-p", "{p1}"],
            &[("PGPASSFILE", "{dir}/other.pgpass")],
        ),
        (
            &["-h", "127.0.0.1", "-p", "{p1}"],
            &[("PGPASSFILE", "{dir}/loose.pgpass")],
        ),
        (
            &["-h", "127.0.0.1", "-p", "{p1}"],
            &[("PGPASSFILE", "{dir}/none")],
        ),
        (
            &["-d", "host=127.0.0.1 port={p1} passfile={dir}/other.pgpass"],
            &[],
        ),
        // Services go before variables, after all else.
        (&[], &[("PGSERVICE", "one")]),
        (
            &[],
            &[
                ("PGSERVICE", "one"),
                ("PGUSER", "variable"),
                ("PGHOST", "203.0.113.1"),
                ("PGPORT", "1"),
            ],
        ),
        (&["-d", "service=named"], &[("PGSERVICE", "one")]),
        (&["-d", "postgresql://?service=named"], &[]),
        (&["-U", "flag", "-d", "flag"], &[("PGSERVICE", "one")]),
        (
            &[],
            &[("PGSERVICE", "password"), ("PGPASSWORD", "from variable")],
        ),
        (&[], &[("PGSERVICE", "twice")]),
        (&[], &[("PGSERVICE", "value-with-space")]),
        (&[], &[("PGSERVICE", "system")]),
        (
            &[],
            &[
                ("PGSERVICE", "one"),
                ("PGSERVICEFILE", "{dir}/named_service.conf"),
            ],
        ),
        (
            &[],
            &[
                ("PGSERVICE", "system"),
                ("PGSERVICEFILE", "{dir}/named_service.conf"),
            ],
        ),
        // Several servers: the first that answers.
        (&["-d", "host=127.0.0.1,203.0.113.1 port={p1},1"], &[]),
        (&["-h", "127.0.0.1,203.0.113.1", "-p", "{p1}"], &[]),
        // Words without effect.
        (
            &["-h", "127.0.0.1", "-p", "{p1}"],
            &[
                ("PGAPPNAME", "x"),
                ("PGCLIENTENCODING", "LATIN1"),
                ("PGGSSENCMODE", "disable"),
            ],
        ),
    ];
    let stage = Stage::new();
    for case in cases {
        let output = stage.run_psql(case);
        let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
        let visit = stage
            .visits
            .recv_timeout(Duration::from_secs(5))
            .unwrap_or_else(|_| panic!("{case:?}: psql came to no server of ours: {complaint}"));
        while stage.visits.try_recv().is_ok() {}
        let target = stage
            .resolve(case)
            .unwrap_or_else(|error| panic!("{case:?}: {error}"));
        assert_eq!(expected_visit(&target, &visit.database), visit, "{case:?}");
    }
}

/// Where psql says that it tried, one server a line, in our spelling.
fn tried(complaint: &str) -> Vec<String> {
    complaint
        .lines()
        .filter_map(|line| {
            let rest = line.split_once("connection to server ")?.1;
            if let Some(socket) = rest.strip_prefix("on socket \"") {
                return Some(socket.split_once('"')?.0.to_owned());
            }
            let (host, rest) = rest.strip_prefix("at \"")?.split_once('"')?;
            let port = rest.split_once("port ")?.1.split_once(' ')?.0;
            Some(format!("{host}:{port}"))
        })
        .collect()
}

fn dialled(endpoint: &Endpoint) -> String {
    match &endpoint.host {
        Host::Tcp { name, address } => {
            let address = address.map(|address| address.to_string());
            format!("{}:{}", address.or(name.clone()).unwrap(), endpoint.port)
        }
        _ => endpoint.label(),
    }
}

#[test]
fn we_try_the_servers_that_psql_tries_in_its_order() {
    // Port 1 refuses.
    let cases: &[Case] = &[
        (&["-p", "1"], &[]),
        (&["-d", "host='' port=1"], &[("PGHOST", "127.0.0.1")]),
        (&["-h", "@nobody-listens", "-p", "1"], &[]),
        (&["-h", "{dir}", "-p", "1"], &[]),
        (&["-d", "host=127.0.0.1,127.0.0.2 port=1"], &[]),
        (&["-d", "host=127.0.0.1,,127.0.0.2 port=1,2,3"], &[]),
        (&["-d", "hostaddr=127.0.0.1,127.0.0.2 port=1,2"], &[]),
        (&["-d", "postgresql://127.0.0.1:1,127.0.0.2:2/db"], &[]),
        (&["-d", "postgresql://[::1]:1/db"], &[]),
        (&["-d", "postgresql://,127.0.0.2:2/?port=1"], &[]),
        (&["-d", "postgresql://%2Ftmp%2Fnone:1/db"], &[]),
        (&[], &[("PGHOST", "127.0.0.1,127.0.0.2"), ("PGPORT", "1,2")]),
    ];
    let stage = Stage::new();
    for case in cases {
        let complaint = String::from_utf8_lossy(&stage.run_psql(case).stderr).into_owned();
        let target = stage
            .resolve(case)
            .unwrap_or_else(|error| panic!("{case:?}: {error}"));
        let ours: Vec<_> = target.endpoints.iter().map(dialled).collect();
        assert_eq!(ours, tried(&complaint), "{case:?}: {complaint}");
    }
}

#[test]
fn what_psql_refuses_we_refuse_too() {
    let cases: &[Case] = &[
        (&["-d", "host=127.0.0.1 prot=1"], &[]),
        (&["-d", "host=127.0.0.1 port"], &[]),
        (&["-d", "host='127.0.0.1"], &[]),
        (&["-d", "host=127.0.0.1 port=abc"], &[]),
        (&["-d", "host=127.0.0.1 port=70000"], &[]),
        (&["-d", "host=127.0.0.1 port=0"], &[]),
        (&["-d", "host=127.0.0.1,127.0.0.2 port=1,2,3"], &[]),
        (&["-d", "host=x hostaddr=127.0.0.1,127.0.0.2"], &[]),
        (&["-d", "hostaddr=nope"], &[]),
        (&["-d", "postgresql://127.0.0.1:1/db?prot=1"], &[]),
        (&["-d", "postgresql://127.0.0.1:1/db?port"], &[]),
        (&["-d", "postgresql://127.0.0.1:1/db?port=1=2"], &[]),
        (&["-d", "postgresql://127.0.0.1%zz/db"], &[]),
        (&["-d", "postgresql://127.0.0.1/db%00"], &[]),
        (&["-d", "postgresql://[::1/db"], &[]),
        (&["-d", "postgresql://[]/db"], &[]),
        (&["-d", "postgresql://[::1]x/db"], &[]),
        (&["-h", "127.0.0.1", "-p", "1"], &[("PGSSLMODE", "bogus")]),
        (&["-h", "127.0.0.1", "-p", "1"], &[("PGSSLMODE", "")]),
        (
            &["-h", "127.0.0.1", "-p", "1"],
            &[("PGCHANNELBINDING", "bogus")],
        ),
        (
            &["-h", "127.0.0.1", "-p", "1"],
            &[("PGTARGETSESSIONATTRS", "bogus")],
        ),
        (
            &["-h", "127.0.0.1", "-p", "1"],
            &[("PGCONNECT_TIMEOUT", "bogus")],
        ),
        (
            &["-h", "127.0.0.1", "-p", "{p1}"],
            &[("PGSSLMODE", "verify-full")],
        ),
        (&[], &[("PGSERVICE", "unknown")]),
        (&[], &[("PGSERVICE", "")]),
        (&[], &[("PGSERVICE", "space")]),
        (&[], &[("PGSERVICE", "unknown-key")]),
        (&[], &[("PGSERVICE", "no-equals")]),
        (&[], &[("PGSERVICE", "nested")]),
        (
            &[],
            &[("PGSERVICE", "one"), ("PGSERVICEFILE", "{dir}/none.conf")],
        ),
    ];
    let stage = Stage::new();
    for case in cases {
        let output = stage.run_psql(case);
        assert!(!output.status.success(), "{case:?}");
        let error = stage.resolve(case).err();
        assert!(
            error.is_some(),
            "{case:?}: psql says {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    let visit = stage.visits.recv_timeout(Duration::from_millis(100));
    assert!(visit.is_err(), "psql logged in after all: {visit:?}");
}
