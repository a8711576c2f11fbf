//! What the program says when it is used wrongly: the whole stderr and the exit code. One sentence each, which
//! says what, where and what to do; nothing is dialled, nothing is done, no record is written.

use std::ffi::OsStr;
use std::net::TcpListener;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use crate::support::{Cli, Said, Server, await_that};

/// A server that is there and must not be dialled, and an environment that leads to it.
struct Stage {
    listener: TcpListener,
    cli: Cli,
}

impl Stage {
    fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let port = listener.local_addr().unwrap().port().to_string();
        let cli = Cli::new().with("PGHOST", "127.0.0.1").with("PGPORT", port);
        Self { listener, cli }
    }

    /// Fails unless the run did nothing but say this.
    #[track_caller]
    fn check(&self, ran: &Said, code: i32, said: &str) {
        let err = self.cli.homed(&ran.err);
        assert_eq!(
            (err.as_str(), ran.code, ran.out.as_str()),
            (said, Some(code), "")
        );
        assert!(self.listener.accept().is_err(), "the server was dialled");
        assert!(!self.cli.record().exists(), "a record was written");
    }
}

#[test]
fn a_mistyped_command_line_is_one_sentence_that_says_what_to_type() {
    let cases: &[(&[&str], &str)] = &[
        (
            &["sessions", "--ap", "web"],
            "there is no flag --ap; did you mean --app?",
        ),
        (
            &["sessions", "--zzz"],
            "there is no flag --zzz; see breakglass sessions --help",
        ),
        (
            &["sesions"],
            "there is no command \"sesions\"; did you mean sessions?",
        ),
        (&["kil"], "there is no command \"kil\"; did you mean kill?"),
        (
            &["xyz"],
            "there is no command \"xyz\"; see breakglass --help",
        ),
        (
            &["a\x1b[31m\r"],
            "there is no command \"a\\u{1b}[31m\\r\"; see breakglass --help",
        ),
        (
            &["status", "extra"],
            "\"extra\" is one word too many; see breakglass status --help",
        ),
        (
            &["terminate", "--reason", "a", "--reason", "b"],
            "--reason may be given only once",
        ),
        (&["sessions", "--query"], "--query needs a value"),
        (
            &["fence", "--role", "app", "--limit", "-3"],
            "--limit: \"-3\": give a whole number of connections, 0 or more",
        ),
        (
            &["fence", "--role", "app", "--limit", "2147483648"],
            "--limit: \"2147483648\": give a whole number of connections, 0 or more",
        ),
        (
            &[
                "fence",
                "--role",
                "app",
                "--database",
                "shop",
                "--limit",
                "3",
            ],
            "--role and --database contradict each other; give one of them",
        ),
        (
            &["fence", "--all"],
            "--undo is missing; see breakglass fence --help",
        ),
        (
            &["backends", "--limit", "3"],
            "there is no flag --limit here; breakglass backends cancel has it",
        ),
        // Taken for the list's alone, the filter would be gone and everybody meant.
        (
            &["backends", "--user", "app", "terminate", "--all", "--yes"],
            "--user before 'terminate' is the list's and does not count; write it behind 'terminate'",
        ),
        (
            &["sockets", "--idle-for", "5m", "sever", "--all", "--yes"],
            "--idle-for before 'sever' is the list's and does not count; write it behind 'sever'",
        ),
        (
            &["workers", "--runtime", "gunicorn", "recycle", "--all"],
            "--runtime before 'recycle' is the list's and does not count; write it behind 'recycle'",
        ),
        (
            &["completions"],
            "<SHELL> is missing; see breakglass completions --help",
        ),
        (
            &["--format", "jsn", "status"],
            "--format: \"jsn\" is none of table, json, csv, markdown; did you mean 'json'?",
        ),
        (
            &["--lane", "x", "status"],
            "--lane: \"x\" is none of auto, login, replication",
        ),
        (
            &["ps", "--state", "idel"],
            "--state: \"idel\": no such state; there are active, idle, idle-in-transaction, aborted, fastpath, disabled, \
             starting; did you mean 'idle'?",
        ),
        (
            &["kill", "--app", "a", "--include", "walsendr"],
            "--include: \"walsendr\": no such kind; there are superusers, listeners, walsenders, syncrep; did you mean \
             'walsenders'?",
        ),
        (
            &["sessions", "--idle-for", "5x"],
            "--idle-for: \"5x\": \"x\" is no unit of time; write a number with its unit, such as 90s, 5m, 1h30m or 2d",
        ),
        (
            &["sessions", "--idle-for", "90"],
            "--idle-for: \"90\": write a number with its unit, such as 90s, 5m, 1h30m or 2d",
        ),
        (
            &["sessions", "--idle-for", "1M"],
            "--idle-for: \"1M\": \"M\" is no unit of time; write a number with its unit, such as 90s, 5m, 1h30m or 2d",
        ),
        (
            &["status", "--watch=5x"],
            "--watch: \"5x\": \"x\" is no unit of time; write a number with its unit, such as 90s, 5m, 1h30m or 2d",
        ),
        (
            &["sessions", "--client", "10.0.0.0/33"],
            "--client: \"10.0.0.0/33\": the part after / must be 0 to 32; write an address (10.1.2.3), a network \
             (10.0.0.0/8), or 'local' for the Unix socket",
        ),
        (
            &["sessions", "--client", "web-1"],
            "--client: \"web-1\": no IP address; write an address (10.1.2.3), a network (10.0.0.0/8), or 'local' for the \
             Unix socket",
        ),
        (
            &["sessions", "--query", "("],
            "--query: \"(\": no regular expression: unclosed group",
        ),
        (
            &["sessions", "--query", "a{1000}{1000}{1000}"],
            "--query: \"a{1000}{1000}{1000}\": no regular expression: Compiled regex exceeds size limit of 10485760 bytes",
        ),
        (
            &["terminate", "--pid", "0"],
            "--pid: \"0\": a PID is a whole number above 0",
        ),
        (
            &["terminate", "--pid", "-1"],
            "--pid: \"-1\": a PID is a whole number above 0",
        ),
        (
            &["terminate", "--pid", "abc"],
            "--pid: \"abc\": a PID is a whole number above 0",
        ),
        (
            &["terminate", "--app", "x", "--limit", "0"],
            "--limit: \"0\": 0 would leave nothing to do; give at least 1",
        ),
        (
            &["free", "0"],
            "N: \"0\": 0 slots are always free; give at least 1",
        ),
        (
            &["free", "-3"],
            "N: \"-3\": give a whole number of slots, at least 1",
        ),
        (
            &["free", "20%"],
            "N: \"20%\": a share goes with --until: --until 20%",
        ),
        (
            &["free", "--until", "101%"],
            "--until: \"101%\": a share is a whole number from 1% to 100%",
        ),
        (
            &["free", "--until", "5"],
            "--until: \"5\": give a share such as 20%; a number of slots goes with --until-free",
        ),
        (
            &["free", "3", "--order", "idel"],
            "--order: \"idel\": no such word for --order; there are aborted, idle, head, idle-in-transaction, active; \
             did you mean 'idle'?",
        ),
        (
            &["sessions", "--limit", "0"],
            "--limit: \"0\": 0 would leave nothing to do; give at least 1",
        ),
        (
            &["sessions", "--limit", "-3"],
            "--limit: \"-3\": give a whole number of at least 1",
        ),
    ];
    let stage = Stage::new();
    for (args, said) in cases {
        stage.check(&stage.cli.run(args), 2, &format!("breakglass: {said}\n"));
    }
}

#[test]
fn contradictions_and_missing_bounds_are_refused_before_anything_is_dialled() {
    let cases: &[(&[&str], &str)] = &[
        (
            &["sessions", "--user", "a", "--not-user", "a"],
            "--user and --not-user both name \"a\"; remove one of them",
        ),
        (
            &[
                "sessions",
                "--client",
                "10.0.0.1",
                "--not-client",
                "10.0.0.1/32",
            ],
            "--client and --not-client both name \"10.0.0.1\"; remove one of them",
        ),
        (
            &["sessions", "--state", "idle", "--not-state", "idle"],
            "--state and --not-state both name \"idle\"; remove one of them",
        ),
        (
            &["sessions", "--state", "active", "--idle-for", "5m"],
            "--idle-for contradicts a --state other than idle; give one of them",
        ),
        (
            &["sessions", "--idle-for", "5m", "--not-idle-for", "1m"],
            "--idle-for and --not-idle-for leave nothing between them; make --not-idle-for the longer one",
        ),
        (
            &["sessions", "--blocking", "--not-blocking"],
            "--blocking and --not-blocking contradict each other; give one of them",
        ),
        (
            &["terminate", "--all", "--limit", "3"],
            "--all and --limit contradict each other; give one of them",
        ),
        (
            &["terminate", "--app", "x", "--yes"],
            "--yes needs to know how many that may be; add --limit N, or --all for however many match",
        ),
        (
            &["terminate"],
            "terminate needs to know which sessions; give a filter such as --user or --state, or --all",
        ),
        (
            &["cancel", "--dry-run"],
            "cancel needs to know which sessions; give a filter such as --user or --state, or --all",
        ),
        (
            &["free", "3", "--until", "20%"],
            "N and --until contradict each other; give one of them",
        ),
        (
            &["free"],
            "free needs to know how many slots; give their number, or a share with --until 20%",
        ),
        (
            &["free", "3", "--yes"],
            "--yes needs to know how many that may be; add --limit N, or --all for however many match",
        ),
        (
            &["free", "3", "--order", "idle,active"],
            "--order names active, which ends running statements; say so with --active",
        ),
        (
            &["free", "3", "--order", "idle,idle"],
            "--order names idle twice",
        ),
        (
            &["status", "--watch", "--format", "json"],
            "--watch paints a screen; leave --format out, or --watch",
        ),
        (
            &["status", "--watch=1ms"],
            "--watch needs an interval of at least 250ms",
        ),
    ];
    let stage = Stage::new();
    for (args, said) in cases {
        stage.check(&stage.cli.run(args), 2, &format!("breakglass: {said}\n"));
    }
    stage.check(
        &stage.cli.run(&["terminate", "--app", "x"]),
        4,
        "breakglass: there is no terminal to confirm the plan on; nothing was done\n  look at the plan with --dry-run, \
         then run it with --yes and --limit N or --all\n",
    );
}

/// Flags, variables, and what is said of them.
type Mistyped<'a> = (&'a [&'a str], &'a [(&'a str, &'a str)], &'a str);

#[test]
fn mistyped_connection_settings_name_their_place() {
    let cases: &[Mistyped] = &[
        (
            &["-p", "99999"],
            &[],
            "--port: \"99999\" is no port: a port is between 1 and 65535",
        ),
        (&["-p", "abc"], &[], "--port: \"abc\" is not an integer"),
        (
            &["-d", "password=x"],
            &[],
            "-d: a password on the command line can be read by everybody on this host; give it by PGPASSWORD, .pgpass, a \
             service file or the configuration instead",
        ),
        (
            &["-d", "postgres://u:pw@h/d"],
            &[],
            "-d: a password on the command line can be read by everybody on this host; give it by PGPASSWORD, .pgpass, a \
             service file or the configuration instead",
        ),
        (
            &["-d", "sslmode=requre"],
            &[],
            "sslmode in -d: \"requre\" is not one of disable, allow, prefer, require, verify-ca, verify-full",
        ),
        (
            &["-d", "hots=x"],
            &[],
            "-d: unknown connection keyword \"hots\"; did you mean \"host\"?",
        ),
        (
            &[],
            &[("PGSSLMODE", "requre")],
            "PGSSLMODE: \"requre\" is not one of disable, allow, prefer, require, verify-ca, verify-full",
        ),
        (
            &[],
            &[("PGPORT", "70000")],
            "PGPORT: \"70000\" is no port: a port is between 1 and 65535",
        ),
        (
            &[],
            &[("PGCONNECT_TIMEOUT", "abc")],
            "PGCONNECT_TIMEOUT: \"abc\" is not an integer",
        ),
        (
            &["--service", "nope"],
            &[],
            "service \"nope\" is not defined: there is no service file; add a section [nope] to ~/.pg_service.conf",
        ),
        (
            &["-t", "nope"],
            &[],
            "--target: unknown target \"nope\"; there is no configuration file",
        ),
        (
            &[],
            &[("BREAKGLASS_CONFIG", "/nonexistent")],
            "/nonexistent: cannot read the configuration: No such file or directory (os error 2)",
        ),
    ];
    for (flags, variables, said) in cases {
        let mut stage = Stage::new();
        for (name, value) in *variables {
            stage.cli = stage.cli.with(name, value);
        }
        let args = [flags, ["status"].as_slice()].concat();
        stage.check(&stage.cli.run(&args), 2, &format!("breakglass: {said}\n"));
    }
}

#[test]
fn a_mistake_in_a_file_is_shown_with_its_line_and_the_nearest_right_word() {
    const CONFIG: &str = ".config/breakglass/config.toml";
    let cases: &[(&str, u32, &[&str], &str)] = &[
        (
            "[target.db1]\ndns = \"host=x\"\n",
            0o600,
            &[],
            "HOME/.config/breakglass/config.toml, line 2: unknown key \"dns\"; did you mean \"dsn\"?",
        ),
        (
            "[target.db1]\ndsn = 5\n",
            0o600,
            &[],
            "HOME/.config/breakglass/config.toml, line 2: \"dsn\" must be a string, not 5",
        ),
        (
            "x = [\n",
            0o600,
            &[],
            "HOME/.config/breakglass/config.toml, line 1: unclosed array, expected `]`",
        ),
        (
            "[target.db1]\ndsn = \"host=x\"\n",
            0o620,
            &[],
            "HOME/.config/breakglass/config.toml: group or others may write this configuration, so it is not trusted; run: \
             chmod go-w HOME/.config/breakglass/config.toml",
        ),
        (
            "[target.db1]\ndsn = \"host=x\"\n",
            0o600,
            &["-t", "db2"],
            "--target: unknown target \"db2\"; did you mean \"db1\"?",
        ),
        (
            "[target.db1]\ndsn = \"host=x sslmode=requre\"\n",
            0o600,
            &["-t", "db1"],
            "sslmode in dsn of target \"db1\" (HOME/.config/breakglass/config.toml, line 2): \"requre\" is not one of \
             disable, allow, prefer, require, verify-ca, verify-full",
        ),
    ];
    for (text, mode, flags, said) in cases {
        let stage = Stage::new();
        stage.cli.file(CONFIG, text, *mode);
        let args = [flags, ["status"].as_slice()].concat();
        stage.check(&stage.cli.run(&args), 2, &format!("breakglass: {said}\n"));
    }
    let stage = Stage::new();
    stage
        .cli
        .file(".pg_service.conf", "[one]\nhost =127.0.0.1\n", 0o644);
    stage.check(
        &stage.cli.run(&["--service", "one", "status"]),
        2,
        "breakglass: HOME/.pg_service.conf, line 2: there is a space before the \"=\" of \"host\"; libpq does not allow \
         it: write keyword=value\n",
    );
}

#[test]
fn arguments_that_are_no_utf8_are_refused() {
    let stage = Stage::new();
    let bad = OsStr::from_bytes(b"a\xff\xfe");
    for args in [
        [OsStr::new("sessions"), OsStr::new("--app"), bad],
        [OsStr::new("-U"), bad, OsStr::new("status")],
        [OsStr::new("terminate"), OsStr::new("--reason"), bad],
    ] {
        let said = "breakglass: an argument is not UTF-8; nothing can be called that\n";
        stage.check(&stage.cli.run(&args), 2, said);
    }
    let said = "breakglass: there is no command \"a\u{fffd}\u{fffd}\"; see breakglass --help\n";
    stage.check(&stage.cli.run(&[bad]), 2, said);
}

#[test]
fn a_password_file_that_others_may_read_is_ignored_and_said_to_be() {
    let server = Server::start(17);
    let mut cli = Cli::new();
    for (name, value) in server.environment("with_password") {
        cli = cli.with(name, value);
    }
    cli.file(".pgpass", "*:*:*:*:correct horse\n", 0o644);
    let ran = cli.run(&["status"]);
    let warning = "breakglass: warning: password file HOME/.pgpass is ignored: group or others may use it; run: chmod \
                   0600 HOME/.pgpass\n";
    assert!(cli.homed(&ran.err).starts_with(warning), "{}", ran.err);
    assert_eq!(ran.code, Some(3), "{}", ran.err);
    cli.file(".pgpass", "*:*:*:*:correct horse\n", 0o600);
    let ran = cli.run(&["status"]);
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""));
}

#[test]
fn aliases_are_the_commands_they_stand_for() {
    let cli = Cli::new();
    for (alias, command) in [("ps", "sessions"), ("kill", "terminate")] {
        let (one, other) = (cli.run(&[alias, "--help"]), cli.run(&[command, "--help"]));
        assert_eq!((one.code, one.out), (Some(0), other.out), "{alias}");
    }
}

#[test]
fn variables_that_change_other_programs_change_nothing_here() {
    let plain = Stage::new().cli.run(&["sessions", "--ap"]);
    for (name, value) in [
        ("COMPLETE", "1"),
        ("RUST_BACKTRACE", "1"),
        ("CLICOLOR_FORCE", "1"),
        ("RUST_LOG", "trace"),
    ] {
        let stage = Stage::new();
        let cli = stage.cli.with(name, value);
        let version = cli.run(&["--version"]);
        assert_eq!(
            (version.code, version.err.as_str()),
            (Some(0), ""),
            "{name}"
        );
        let ran = cli.run(&["sessions", "--ap"]);
        assert_eq!(
            (ran.code, ran.err.as_str()),
            (Some(2), plain.err.as_str()),
            "{name}"
        );
        // Nobody listens at the lowest port: a failure with causes, where a backtrace would stand.
        let ran = cli.run(&["-p", "1", "status"]);
        assert_eq!(ran.code, Some(3), "{name}: {}", ran.err);
        assert!(
            !ran.err.contains("acktrace") && !ran.err.contains("src/"),
            "{name}: {}",
            ran.err
        );
    }
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let server = Server::start(17);
    let mut cli = Cli::new();
    for (name, value) in server.environment("postgres") {
        cli = cli.with(name, value);
    }
    let mut held = server.session("app", "talkative");
    // More than a pipe holds, so that writing goes on when nobody reads any more.
    held.send(&format!("SELECT pg_sleep(60) /* {} */", "x".repeat(900)))
        .unwrap();
    await_that("the statement runs", || {
        let sql = "SELECT 1 FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60) /*%' AND state = 'active'";
        !server.ask_witness(sql).is_empty()
    });
    let program = env!("CARGO_BIN_EXE_breakglass");
    for (args, reader) in [
        ("sessions --full", "true"),
        ("sessions --format json", "head -1"),
        ("completions bash", "head -1"),
        ("completions zsh", "true"),
        ("terminate --help", "head -1"),
        ("blockers", "true"),
    ] {
        let script = format!("{program} {args} | {reader} >/dev/null; echo ${{PIPESTATUS[0]}}");
        let ran: Said = cli
            .around(Path::new("/bin/bash"), &["-c", &script])
            .output()
            .unwrap()
            .into();
        assert_eq!(
            (ran.out.as_str(), ran.err.as_str()),
            ("0\n", ""),
            "{args} | {reader}"
        );
    }
    // A full disk is another matter.
    let script = format!("{program} sessions >/dev/full");
    let ran: Said = cli
        .around(Path::new("/bin/bash"), &["-c", &script])
        .output()
        .unwrap()
        .into();
    assert_eq!(
        (ran.code, ran.err.as_str()),
        (
            Some(1),
            "breakglass: cannot print: No space left on device (os error 28)\n"
        )
    );
    drop(held);
}

#[test]
fn without_descriptors_there_is_a_sentence_and_no_panic() {
    let cli = Cli::new().with("PGHOST", "127.0.0.1").with("PGPORT", "1");
    let program = env!("CARGO_BIN_EXE_breakglass");
    for limit in 4..=8 {
        let script = format!("ulimit -n {limit}; exec {program} status");
        let ran: Said = cli
            .around(Path::new("/bin/bash"), &["-c", &script])
            .output()
            .unwrap()
            .into();
        assert_eq!(ran.code, Some(3), "{limit} descriptors: {}", ran.err);
        assert!(
            ran.err.starts_with("breakglass: no way in: "),
            "{}",
            ran.err
        );
        assert!(!ran.err.contains("panicked"), "{}", ran.err);
    }
}

#[test]
fn without_processes_there_is_a_way_in_or_a_sentence_and_no_panic() {
    let server = Server::start(17);
    let program = env!("CARGO_BIN_EXE_breakglass");
    // Root is not held to the limit; another account is, and one process is what it has.
    let account = if nix::unistd::geteuid().is_root() {
        "setpriv --reuid 54321 --regid 54321 --clear-groups"
    } else {
        ""
    };
    // A name takes the resolver, which likes threads; an address does not.
    for host in ["127.0.0.1", "localhost"] {
        for (port, code) in [(server.port().to_string(), 0), ("1".to_owned(), 3)] {
            let cli = Cli::new()
                .with("PGHOST", host)
                .with("PGPORT", &port)
                .with("PGUSER", "breakglass");
            let script = format!(
                "exec {account} /bin/bash -c 'export HOME=/nonexistent XDG_STATE_HOME=/nonexistent; ulimit -u 1; exec {program} status'"
            );
            let ran: Said = cli
                .around(Path::new("/bin/bash"), &["-c", &script])
                .output()
                .unwrap()
                .into();
            assert_eq!(ran.code, Some(code), "{host}:{port}: {}", ran.err);
            assert!(!ran.err.contains("panicked"), "{}", ran.err);
        }
    }
}

#[test]
fn a_unix_socket_is_opened_whatever_sslmode_says() {
    let server = Server::start(17);
    for mode in [
        "disable",
        "allow",
        "prefer",
        "require",
        "verify-ca",
        "verify-full",
    ] {
        let ran = Cli::new()
            .with("PGHOST", server.throwaway.directory())
            .with("PGPORT", server.port().to_string())
            .with("PGUSER", "postgres")
            .with("PGSSLMODE", mode)
            .run(&["status", "--format", "json"]);
        assert_eq!(ran.code, Some(0), "{mode}: {}", ran.err);
        assert!(ran.out.contains("\"encrypted\": false"), "{mode}");
    }
}
