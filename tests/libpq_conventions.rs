//! Compares `target::resolve` with the real psql: both get the same flags, variables and files.
//!
//! psql dials a pretended server that writes down who came, for which database and with which password; or it
//! is refused and says where it tried. Needs the psql program, and says how to get it when it is not there.

mod stage;

use std::time::Duration;

use breakglass::connect::{Endpoint, Host, Secret, Target};

use stage::{Case, Stage, Visit};

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
    #[rustfmt::skip]
    let cases: &[Case] = &[
        (&["-h", "127.0.0.1", "-p", "{p1}"], &[]),
        (&["-h", "127.0.0.1", "-p", "{p1}", "-U", "eve", "-d", "orders"], &[]),
        (&["-h", "localhost", "-p", "{p2}", "-U", "ada", "-d", "orders"], &[]),
        (&["-h", "{dir}", "-p", "{p1}", "-U", "ada"], &[]),
        // A connection string in -d goes before the other flags.
        (&["-h", "203.0.113.1", "-p", "1", "-U", "no", "-d", "host=127.0.0.1 port={p1} user=yes"], &[]),
        (&["-h", "203.0.113.1", "-U", "yes", "-d", "postgresql://127.0.0.1:{p1}/x"], &[]),
        (&["-h", "127.0.0.1", "-p", "{p1}", "-d", "dbname='my db'"], &[]),
        (&["-d", "host=203.0.113.1 host=127.0.0.1 port={p1}"], &[]),
        (&["-d", "host = 127.0.0.1 port= {p1} user='it\\'s' dbname=a\\ b"], &[]),
        // URIs.
        (&["-d", "postgresql://ada@localhost:{p2}/orders"], &[]),
        (&["-d", "postgres://127.0.0.1:{p1}/db?user=me@corp"], &[]),
        (&["-d", "postgresql://127.0.0.1:{p1}/esc%3Aaped%5C"], &[]),
        (&["-d", "postgresql:///db?host={dir}&port={p1}&"], &[]),
        (&["-d", "postgresql://203.0.113.1:1/db?host=127.0.0.1&port={p1}"], &[]),
        (&["-d", "postgresql://u:@127.0.0.1:{p1}"], &[]),
        (&["-d", "postgresql://@127.0.0.1:{p1}/"], &[]),
        (&["-d", "postgresql://127.0.0.1:{p1}?application_name=x&tcp_user_timeout=1"], &[]),
        // hostaddr, and which name the password file is asked for.
        (&["-d", "hostaddr=127.0.0.1 port={p1}"], &[]),
        (&["-d", "host=nowhere.invalid hostaddr=127.0.0.1 port={p1}"], &[]),
        (&["-d", "host=localhost hostaddr=127.0.0.1 port={p2} user=ada dbname=orders"], &[]),
        (&["-h", "nowhere.invalid", "-p", "{p1}"], &[("PGHOSTADDR", "127.0.0.1")]),
        // Variables; an empty one is set, and means the default.
        (&[], &[("PGHOST", "127.0.0.1"), ("PGPORT", "{p1}"), ("PGUSER", "eve"), ("PGDATABASE", "v")]),
        (&["-h", "127.0.0.1"], &[("PGPORT", "{p1}"), ("PGUSER", ""), ("PGDATABASE", "")]),
        (&["-h", "", "-p", "{p1}"], &[("PGHOST", "127.0.0.1")]),
        (&["-d", "port={p1} user='' host=127.0.0.1"], &[("PGUSER", "eve")]),
        (&["-h", "127.0.0.1", "-p", "{p1}"], &[("PGPASSWORD", "from variable")]),
        (&["-h", "127.0.0.1", "-p", "{p1}"], &[("PGPASSWORD", "")]),
        (&["-h", "127.0.0.1", "-p", "{p1}"], &[("PGPASSFILE", "{dir}/other.pgpass")]),
        (&["-h", "127.0.0.1", "-p", "{p1}"], &[("PGPASSFILE", "{dir}/loose.pgpass")]),
        (&["-h", "127.0.0.1", "-p", "{p1}"], &[("PGPASSFILE", "{dir}/none")]),
        (&["-d", "host=127.0.0.1 port={p1} passfile={dir}/other.pgpass"], &[]),
        // Services go before variables, after all else.
        (&[], &[("PGSERVICE", "one")]),
        (&[], &[("PGSERVICE", "one"), ("PGUSER", "variable"), ("PGHOST", "203.0.113.1"), ("PGPORT", "1")]),
        (&["-d", "service=named"], &[("PGSERVICE", "one")]),
        (&["-d", "postgresql://?service=named"], &[]),
        (&["-U", "flag", "-d", "flag"], &[("PGSERVICE", "one")]),
        (&[], &[("PGSERVICE", "password"), ("PGPASSWORD", "from variable")]),
        (&[], &[("PGSERVICE", "twice")]),
        (&[], &[("PGSERVICE", "value-with-space")]),
        (&[], &[("PGSERVICE", "system")]),
        (&[], &[("PGSERVICE", "one"), ("PGSERVICEFILE", "{dir}/named_service.conf")]),
        (&[], &[("PGSERVICE", "system"), ("PGSERVICEFILE", "{dir}/named_service.conf")]),
        // Several servers: the first that answers.
        (&["-d", "host=127.0.0.1,203.0.113.1 port={p1},1"], &[]),
        (&["-h", "127.0.0.1,203.0.113.1", "-p", "{p1}"], &[]),
        // Words without effect.
        (&["-h", "127.0.0.1", "-p", "{p1}"], &[("PGAPPNAME", "x"), ("PGCLIENTENCODING", "LATIN1"), ("PGGSSENCMODE", "disable")]),
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
    #[rustfmt::skip]
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
    #[rustfmt::skip]
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
        (&["-h", "127.0.0.1", "-p", "1"], &[("PGCHANNELBINDING", "bogus")]),
        (&["-h", "127.0.0.1", "-p", "1"], &[("PGTARGETSESSIONATTRS", "bogus")]),
        (&["-h", "127.0.0.1", "-p", "1"], &[("PGCONNECT_TIMEOUT", "bogus")]),
        (&["-h", "127.0.0.1", "-p", "{p1}"], &[("PGSSLMODE", "verify-full")]),
        (&[], &[("PGSERVICE", "unknown")]),
        (&[], &[("PGSERVICE", "")]),
        (&[], &[("PGSERVICE", "space")]),
        (&[], &[("PGSERVICE", "unknown-key")]),
        (&[], &[("PGSERVICE", "no-equals")]),
        (&[], &[("PGSERVICE", "nested")]),
        (&[], &[("PGSERVICE", "one"), ("PGSERVICEFILE", "{dir}/none.conf")]),
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
