//! TAB in real shells: it explores the commands, and offers who was there at the last listing, how long ago, without a
//! connection; and no name of an application becomes a command.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{Cli, Pty, Server};

/// A name that a shell would take for several words and a command.
const ODD: &str = "it's; touch HERE *";

/// A home in which a person has listed a server's sessions at a terminal, and that leads to a listener afterwards.
struct Stage {
    cli: Cli,
    listener: TcpListener,
    pids: Vec<i32>,
}

impl Stage {
    fn new() -> Self {
        let server = Server::start(17);
        let held = ["newsletter", "newsletter", ODD].map(|app| server.session("app", app));
        let cli = Cli::on(&server, "breakglass");
        let config = "[target.prod]\ndsn = \"host=db.example.net\"\npassword_command = \"touch HERE\"\n\
                      [target.staging]\ndsn = \"host=db.example.org\"\n";
        cli.file(".config/breakglass/config.toml", config, 0o600);
        let mut listing = Pty::start(cli.command(&["sessions"]));
        assert_eq!(listing.end(), 0, "{}", listing.screen());
        let pids = held.iter().map(|session| session.pid).collect();
        drop(held);
        // Whoever connected would be seen.
        let address = ("127.0.0.1", server.port());
        drop(server);
        let listener = TcpListener::bind(address).unwrap();
        listener.set_nonblocking(true).unwrap();
        let bin = cli.path("bin");
        fs::create_dir(&bin).unwrap();
        symlink(env!("CARGO_BIN_EXE_breakglass"), bin.join("breakglass")).unwrap();
        let path = format!("{}:/usr/local/bin:/usr/bin:/bin", bin.display());
        let cli = cli.with("PATH", path);
        Self {
            cli,
            listener,
            pids,
        }
    }

    fn install(&self, shell: &str) -> PathBuf {
        let ran = self.cli.run(&["completions", shell, "--install"]);
        assert_eq!(ran.code, Some(0), "{}", ran.err);
        let path = ran.err.lines().next().unwrap();
        PathBuf::from(path.strip_prefix("installed ").unwrap())
    }

    /// What the program itself answers a shell that asks.
    fn asked(&self, shell: &str, words: &[&str]) -> String {
        let mut command = self.cli.command(&["--"]);
        command
            .args(words)
            .env("_BREAKGLASS_COMPLETE", shell)
            .env("_CLAP_COMPLETE_INDEX", (words.len() - 1).to_string());
        String::from_utf8(command.output().unwrap().stdout).unwrap()
    }

    #[track_caller]
    fn assert_quiet(&self) {
        assert!(self.listener.accept().is_err(), "TAB connected");
        assert!(!self.cli.path("HERE").exists(), "a name became a command");
    }
}

/// The files that TAB reads.
fn listings(cli: &Cli) -> Vec<PathBuf> {
    let found = fs::read_dir(cli.path("state/breakglass/last-listings"));
    let found = found.into_iter().flatten();
    found.map(|entry| entry.unwrap().path()).collect()
}

fn start(mut command: Command, home: &Path) -> Pty {
    command.current_dir(home);
    Pty::start(command)
}

#[test]
fn bash_completes_and_lists_with_what_they_do() {
    let stage = Stage::new();
    let script = stage.install("bash");
    assert!(script.ends_with("bash-completion/completions/breakglass"));
    let command = stage
        .cli
        .around(Path::new("/bin/bash"), &["--norc", "--noprofile", "-i"]);
    let mut bash = start(command, &stage.cli.path(""));
    // As the package bash-completion does it when the command is first completed.
    bash.press(&format!("PS1='> '; source {}\r", script.display()));
    bash.press("breakglass term\t--stat\tidle-in\t--app new\t");
    bash.await_text("breakglass terminate --state idle-in-transaction --app newsletter ");
    bash.press("\x15breakglass -t \t\t");
    bash.await_text("prod  (target of the configuration)");
    bash.press("\x15breakglass terminate --pid \t\t\t");
    bash.await_text(&format!("{}  (newsletter, idle ", stage.pids[0]));
    bash.await_text("; listed ");
    bash.press("\x15breakglass terminate --app it\t");
    bash.await_text("--app it\\'s\\;\\ touch\\ HERE\\ \\* ");
    stage.assert_quiet();
    bash.press("--dry-run\r");
    // The whole name arrived as one word: the program tries to connect, to nobody who answers.
    bash.press("\x03\x15echo over\r");
    bash.await_text("over");
    assert!(!stage.cli.path("HERE").exists());
}

#[test]
fn zsh_completes_from_the_first_tab_with_descriptions() {
    let stage = Stage::new();
    let script = stage.cli.path("functions/_breakglass");
    fs::create_dir(script.parent().unwrap()).unwrap();
    fs::write(&script, stage.cli.run(&["completions", "zsh"]).out).unwrap();
    let command = stage.cli.around(Path::new("/usr/bin/zsh"), &["-f", "-i"]);
    let mut zsh = start(command, &stage.cli.path(""));
    let functions = script.parent().unwrap().display().to_string();
    zsh.press(&format!(
        "PS1='> '; fpath=({functions} $fpath); autoload -Uz compinit && compinit -u -D; echo rea''dy\r"
    ));
    zsh.await_text("ready");
    zsh.press("breakglass rescu\t");
    zsh.await_text("breakglass rescue");
    zsh.press("\x15breakglass terminate --pid \t\t");
    zsh.await_text(&format!("{}  -- newsletter, idle ", stage.pids[0]));
    zsh.press("\x15breakglass terminate --app it\t");
    zsh.await_text("--app it\\'s\\;\\ touch\\ HERE\\ \\*");
    zsh.press("\x15breakglass sessions -t sta\t");
    zsh.await_text("-t staging");
    stage.assert_quiet();
}

#[test]
fn what_is_installed_for_zsh_is_found_by_zsh() {
    crate::support::needs_root();
    let stage = Stage::new();
    let home = stage.cli.path("");
    let begin = "autoload -Uz compinit && compinit -u -D; PS1='> '; echo rea''dy";
    let shell = |program: &str, words: &[&str], first: &str| {
        let line = format!("{first} breakglass completions zsh --install && exec zsh -f -i");
        let words = [words, &["sh", "-c", &line]].concat();
        start(stage.cli.around(Path::new(program), &words), &home)
    };
    // For everybody: the directory that zsh looks into by itself, here an empty one of our own.
    let empty = "mount -t tmpfs none /usr/local/share &&";
    let mut zsh = shell("/usr/bin/unshare", &["-m"], empty);
    zsh.await_text("installed /usr/local/share/zsh/site-functions/_breakglass");
    zsh.press(&format!("{begin}\r"));
    zsh.await_text("ready");
    zsh.press("breakglass rescu\t");
    zsh.await_text("breakglass rescue");
    drop(zsh);
    assert!(!Path::new("/usr/local/share/zsh/site-functions/_breakglass").exists());
    // For oneself: what it says is to be put into ~/.zshrc.
    let owned = Command::new("chown")
        .args(["-R", "65534"])
        .arg(&home)
        .status();
    assert!(owned.unwrap().success());
    let nobody = ["--reuid", "65534", "--regid", "65534", "--clear-groups"];
    let mut zsh = shell("/usr/bin/setpriv", &nobody, "");
    zsh.await_text("fpath=(");
    let screen = zsh.screen();
    let (_, said) = screen.split_once("once: ").unwrap();
    let line = said.split_once(')').unwrap().0;
    zsh.press(&format!("{line}); {begin}\r"));
    zsh.await_text("ready");
    zsh.press("breakglass rescu\t");
    zsh.await_text("breakglass rescue");
    stage.assert_quiet();
}

#[test]
fn fish_completes_with_descriptions() {
    let stage = Stage::new();
    let script = stage.install("fish");
    assert!(script.ends_with("fish/completions/breakglass.fish"));
    let ask = |line: &str| {
        let query = format!("complete -C '{line}'");
        let command = stage
            .cli
            .around(Path::new("/usr/bin/fish"), &["-c", &query])
            .output();
        String::from_utf8(command.unwrap().stdout).unwrap()
    };
    assert!(ask("breakglass resc").starts_with("rescue\tWalk through the lanes"));
    let pids = ask("breakglass terminate --pid ");
    for pid in &stage.pids {
        assert!(pids.contains(&format!("{pid}\t")), "{pids}");
    }
    assert!(pids.contains("newsletter, idle "), "{pids}");
    let apps = ask("breakglass terminate --app ");
    assert!(
        apps.starts_with("newsletter\t2 sessions, 2 idle; listed "),
        "{apps}"
    );
    assert!(apps.contains(&format!("{ODD}\t1 session, ")), "{apps}");
    assert!(ask("breakglass workers --runtime gun").starts_with("gunicorn\tGunicorn"));
    assert!(ask("breakglass drill half").starts_with("half-open\t"));
    assert!(ask("breakglass runbook nobody").starts_with("nobody-gets-in\t"));
    assert!(ask("breakglass help resc").starts_with("rescue\tWalk through"));
    stage.assert_quiet();
}

#[test]
fn every_shell_is_told_the_same_and_each_quotes_for_itself() {
    let stage = Stage::new();
    let words = ["breakglass", "terminate", "--app", "it"];
    assert_eq!(
        stage.asked("bash", &words),
        "it\\'s\\;\\ touch\\ HERE\\ \\*\n"
    );
    let powershell = stage.asked("powershell", &words);
    assert!(
        powershell.starts_with("'it''s; touch HERE *'\t1 session, "),
        "{powershell}"
    );
    let fish = stage.asked("fish", &words);
    assert!(fish.starts_with(&format!("{ODD}\t1 session, ")), "{fish}");
    let users = stage.asked("fish", &["breakglass", "sessions", "--user", ""]);
    assert!(
        users.starts_with("app\t3 sessions, 3 idle; listed "),
        "{users}"
    );
    // A worker's PID is another than a session's, and so is a connection's state.
    let workers = ["breakglass", "workers", "--pid", ""];
    assert_eq!(stage.asked("fish", &workers), "");
    let sockets = stage.asked("fish", &["breakglass", "sockets", "--state", "w"]);
    assert_eq!(sockets, "waiting\twaiting\n");
    let recycle = ["breakglass", "workers", "recycle", "--pid", ""];
    assert_eq!(stage.asked("fish", &recycle), "");
    // What is no listing is none; and other variables of that name in the environment do no harm.
    for listing in listings(&stage.cli) {
        fs::write(listing, "\u{1b}]0;x").unwrap();
    }
    assert_eq!(
        stage.asked("fish", &["breakglass", "sessions", "--user", ""]),
        ""
    );
    let ran = stage
        .cli
        .command(&["-V"])
        .env("COMPLETE", "1")
        .output()
        .unwrap();
    assert!(ran.status.success());
    stage.assert_quiet();
}

#[test]
fn a_server_is_offered_its_own_sessions_and_no_other_servers() {
    let stage = Stage::new();
    let pid = stage.pids[0].to_string();
    let offers = |line: &str| {
        let words: Vec<&str> = line.split(' ').collect();
        stage.asked("fish", &words).contains(&pid)
    };
    assert!(offers("breakglass terminate --pid "));
    assert!(offers("breakglass terminate -h 127.0.0.1 --pid "));
    for elsewhere in [
        "breakglass -t prod terminate --pid ",
        "breakglass terminate --target=staging --pid ",
        "breakglass terminate -t nosuch --pid ",
        "breakglass terminate -p 1 --pid ",
        "breakglass terminate -h localhost --pid ",
        // A URI as bash cuts it: what is left of it would lead to the server of the variables.
        "breakglass -d postgresql : //prod/shop terminate --pid ",
        // Processes of this host, of which there is no listing.
        "breakglass backends terminate --pid ",
    ] {
        assert!(!offers(elsewhere), "{elsewhere}");
    }
    let roles = stage.asked("fish", &["breakglass", "sessions", "-U", ""]);
    assert!(roles.starts_with("app\t3 sessions, "), "{roles}");
    stage.assert_quiet();
}

#[test]
fn processes_of_this_host_are_offered_to_the_lane_that_ends_processes() {
    crate::support::needs_root();
    let server = Server::start(17);
    let held = server.session("app", "newsletter");
    let cli = Cli::on(&server, "breakglass");
    let port = server.port().to_string();
    let words = ["backends", "list", "--cluster", &port];
    let mut listing = Pty::start(cli.command(&words));
    assert_eq!(listing.end(), 0, "{}", listing.screen());
    let stage = Stage {
        cli,
        listener: TcpListener::bind("127.0.0.1:0").unwrap(),
        pids: vec![held.pid],
    };
    let offered = |line: &str| {
        let words: Vec<&str> = line.split(' ').collect();
        stage.asked("fish", &words)
    };
    let pids = offered("breakglass backends terminate --pid ");
    assert!(
        pids.contains(&format!("{}\tapp, idle ", held.pid)),
        "{pids}"
    );
    // Of the server's sessions there was no listing.
    assert_eq!(offered("breakglass terminate --pid "), "");
}

#[test]
fn a_script_that_listed_leaves_nothing_for_tab() {
    let server = Server::start(17);
    let cli = Cli::on(&server, "breakglass");
    assert_eq!(cli.run(&["status"]).code, Some(0));
    assert!(listings(&cli).is_empty());
    let mut seen = Pty::start(cli.command(&["status"]));
    assert_eq!(seen.end(), 0);
    let kept = listings(&cli);
    assert_eq!(kept.len(), 1);
    let mode = fs::metadata(&kept[0]).unwrap().permissions();
    assert_eq!(mode.mode() & 0o777, 0o600);
}

#[test]
fn what_is_not_ours_is_not_overwritten() {
    let cli = Cli::new();
    for (shell, place) in [
        (
            "bash",
            ".local/share/bash-completion/completions/breakglass",
        ),
        ("fish", ".config/fish/completions/breakglass.fish"),
        (
            "nushell",
            ".local/share/nushell/vendor/autoload/breakglass.nu",
        ),
        ("powershell", ".config/powershell/breakglass.ps1"),
    ] {
        let typed = ["completions", shell, "--install"];
        for _ in 0..2 {
            let ran = cli.run(&typed);
            assert_eq!((ran.code, ran.out.as_str()), (Some(0), ""), "{}", ran.err);
            let first = ran.err.lines().next().unwrap().to_owned();
            assert_eq!(cli.homed(&first), format!("installed HOME/{place}"));
        }
        let printed = cli.run(&["completions", shell]).out;
        assert_eq!(fs::read_to_string(cli.path(place)).unwrap(), printed);
        fs::write(cli.path(place), "# mine\n").unwrap();
        let ran = cli.run(&typed);
        assert_eq!(ran.code, Some(4));
        assert_eq!(
            cli.homed(&ran.err),
            format!(
                "breakglass: HOME/{place} is there and is not ours; move it away, or print the script into a file\n"
            )
        );
        assert_eq!(fs::read_to_string(cli.path(place)).unwrap(), "# mine\n");
    }
    let nowhere = cli.without("HOME");
    let mut command = nowhere.command(&["completions", "bash", "--install"]);
    let output = command.env("HOME", "/proc/no-such-home").output().unwrap();
    assert_eq!(output.status.code(), Some(4));
}
