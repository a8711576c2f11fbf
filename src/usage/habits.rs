//! What fingers type that other tools taught: which command or flag of this program it leads to.
//!
//! Stage: parsing has failed. Pure. clap finds what is spelled almost right; this is for the right idea under another
//! tool's name.

/// Another tool's word for a command, and what to say of ours: "… is how".
const COMMANDS: [(&[&str], &str); 29] = [
    (
        &[
            "pg_terminate_backend",
            "pkill",
            "killall",
            "stop",
            "end",
            "disconnect",
            "close",
            "drop",
            "purge",
        ],
        "breakglass terminate --pid PID ends a session, --app NAME those of an application",
    ),
    (
        &["pg_cancel_backend", "abort", "interrupt"],
        "breakglass cancel --pid PID cancels a running statement",
    ),
    (
        &[
            "pg_stat_activity",
            "activity",
            "list",
            "ls",
            "connections",
            "conns",
            "clients",
            "who",
            "w",
            "processlist",
            "queries",
            "query",
        ],
        "breakglass sessions lists who is connected",
    ),
    (
        &["top", "pg_top", "pg_activity", "pgcenter", "watch", "htop"],
        "breakglass status --watch repaints how full the server is and who holds it",
    ),
    (
        &["stat", "stats", "info", "show", "overview", "summary"],
        "breakglass status shows how full the server is and who holds it",
    ),
    (
        &[
            "locks",
            "lock",
            "pg_locks",
            "pg_blocking_pids",
            "blocking",
            "blocked",
            "waits",
            "waiting",
            "deadlocks",
            "unlock",
        ],
        "breakglass blockers shows who blocks whom",
    ),
    (
        &[
            "restart",
            "reboot",
            "start",
            "pg_ctl",
            "systemctl",
            "service",
        ],
        "breakglass restarts nothing; breakglass rescue leads back in without a restart",
    ),
    (
        &[
            "help-me",
            "fix",
            "recover",
            "auto",
            "go",
            "sos",
            "emergency",
        ],
        "breakglass rescue leads you until clients get in again",
    ),
    (
        &["limit", "throttle", "block", "ban", "connlimit"],
        "breakglass fence --role NAME --limit N keeps a role from taking freed slots",
    ),
    (
        &["unfence", "undo", "unblock", "rollback", "revert"],
        "breakglass fence --undo restores the limit that a fence replaced",
    ),
    (
        &["fences"],
        "breakglass fence --list lists those that stand",
    ),
    (
        &["make-room", "reclaim", "release"],
        "breakglass free N ends the least harmful sessions until N slots are free",
    ),
    (
        &[
            "processes",
            "process",
            "procs",
            "proc",
            "pids",
            "pgrep",
            "titles",
        ],
        "breakglass backends lists the server's processes on its own host",
    ),
    (
        &[
            "ss",
            "netstat",
            "lsof",
            "tcpkill",
            "conntrack",
            "sever",
            "tcp",
            "socket",
        ],
        "breakglass sockets lists this host's TCP connections, sockets sever ends some",
    ),
    (
        &[
            "recycle",
            "gunicorn",
            "uwsgi",
            "puma",
            "unicorn",
            "sidekiq",
            "celery",
            "php-fpm",
            "pm2",
            "supervisorctl",
            "worker",
            "apps",
        ],
        "breakglass workers lists this host's application processes, workers recycle frees their slots",
    ),
    (
        &["pool", "pools", "pooler", "bouncer", "pgb"],
        "breakglass pgbouncer shows the pools",
    ),
    (
        &["pause"],
        "breakglass pgbouncer pause NAME holds a pool's clients back",
    ),
    (&["resume"], "breakglass pgbouncer resume NAME ends a pause"),
    (
        &["reconnect", "disable", "enable", "kill-client"],
        "it is a command of the pooler's; see breakglass pgbouncer --help",
    ),
    (
        &[
            "diagnose",
            "diag",
            "verify",
            "preflight",
            "lint",
            "audit-settings",
        ],
        "breakglass doctor tries every lane and reviews the settings",
    ),
    (
        &["setup", "init", "install", "bootstrap", "grant", "role"],
        "breakglass prepare prints the SQL for the break-glass role",
    ),
    (
        &[
            "test", "simulate", "rehearse", "gameday", "demo", "exercise",
        ],
        "breakglass drill rehearses an outage on a throwaway server",
    ),
    (
        &[
            "nagios",
            "prometheus",
            "metrics",
            "monitor",
            "alert",
            "count",
        ],
        "breakglass check compares the count with the capacity",
    ),
    (
        &[
            "health",
            "healthcheck",
            "health-check",
            "ping",
            "pg_isready",
            "isready",
            "alive",
        ],
        "breakglass probe tries whether a new connection is let in",
    ),
    (
        &["sample", "samples", "collect"],
        "breakglass record appends a sample",
    ),
    (
        &["trend", "capacity", "forecast", "review", "max_connections"],
        "breakglass headroom reviews peaks and trend",
    ),
    (
        &["dump", "export", "save", "evidence", "capture"],
        "breakglass snapshot saves the evidence to a file",
    ),
    (
        &["log", "logs", "audit", "timeline", "journal", "report"],
        "breakglass history shows what was done, by whom",
    ),
    (
        &["psql", "sql", "exec"],
        "breakglass runs no SQL of yours; breakglass sessions lists who is connected",
    ),
];

/// Another tool's flag, and what to type here.
const FLAGS: [(&[&str], &str); 15] = [
    (
        &[
            "-f",
            "--force",
            "--no-confirm",
            "--noconfirm",
            "--assume-yes",
            "-y",
        ],
        "--yes with --limit N or --all skips the question",
    ),
    (
        &[
            "-n",
            "--dryrun",
            "--dry_run",
            "--simulate",
            "--whatif",
            "--what-if",
        ],
        "--dry-run shows the plan and stops",
    ),
    (
        &[
            "--json",
            "--csv",
            "--markdown",
            "--md",
            "-o",
            "--output",
            "-A",
        ],
        "--format json, csv or markdown says the form",
    ),
    (
        &["--no-color", "--no-colour", "--colour", "--nocolor"],
        "--color never switches colour off",
    ),
    (
        &["-u", "--role"],
        "--user NAME selects sessions by role, -U ROLE is whom you log in as",
    ),
    (
        &[
            "--application",
            "--application-name",
            "--application_name",
            "--appname",
        ],
        "--app NAME selects by application name",
    ),
    (
        &["--db", "--datname"],
        "--database NAME selects sessions, -d NAME is the database to log in to",
    ),
    (
        &["--usename", "--rolname"],
        "--user NAME selects sessions by role",
    ),
    (
        &["--older-than", "--min-age", "--age", "--duration", "--for"],
        "--idle-for, --in-transaction-for, --active-for and --connected-for select by age",
    ),
    (
        &["--ip", "--addr", "--client-addr", "--source"],
        "--client ADDR or CIDR selects by where they come from",
    ),
    (&["-a"], "--all means whoever the plan names, however many"),
    (
        &["--timeout", "--deadline"],
        "--connect-timeout TIME is for one attempt to connect, --retry-for TIME for all of them",
    ),
    (
        &["-W", "--password", "--pass"],
        "a password is asked for on a terminal, or comes from PGPASSWORD, .pgpass or password_command",
    ),
    (
        &["-c", "--command", "--sql"],
        "breakglass runs no SQL of yours",
    ),
    (
        &["-i", "--interval", "--refresh"],
        "--watch=TIME repaints status so often",
    ),
];

/// What to say to a word that is no command.
pub fn command(word: &str) -> Option<&'static str> {
    let word = word.to_ascii_lowercase();
    let found = COMMANDS
        .iter()
        .find(|(words, _)| words.contains(&word.as_str()));
    found.map(|(_, ours)| *ours)
}

/// What to say to a flag that its command does not take; `words` is all that was typed.
pub fn flag(flag: &str, words: &[String]) -> Option<String> {
    if let Some(said) = signal(flag, words) {
        return Some(said);
    }
    let found = FLAGS.iter().find(|(flags, _)| flags.contains(&flag));
    found.map(|(_, ours)| (*ours).to_owned())
}

/// `kill -9 4711`, `kill -TERM 4711`.
fn signal(flag: &str, words: &[String]) -> Option<String> {
    let name = flag.trim_start_matches('-').to_ascii_uppercase();
    let name = name.strip_prefix("SIG").unwrap_or(&name);
    let gentle = matches!(name, "15" | "TERM" | "2" | "INT" | "S" | "SIGNAL");
    let deadly = matches!(name, "9" | "KILL" | "3" | "QUIT");
    let pid = words.iter().skip(1).find(|word| number(word));
    let pid = pid.map_or("PID", String::as_str);
    if deadly {
        return Some(format!(
            "SIGKILL and SIGQUIT make PostgreSQL drop every session, so breakglass never sends them; \
             breakglass terminate --pid {pid} ends that one"
        ));
    }
    (gentle && flag.len() > 1)
        .then(|| format!("it sends the right signal by itself: breakglass terminate --pid {pid}"))
}

/// `terminate 4711`: a number where no word is taken, for a command that selects by PID.
pub fn word(command: &str, word: &str) -> Option<String> {
    let acts = [
        "terminate",
        "kill",
        "cancel",
        "sessions",
        "ps",
        "backends",
        "sockets",
        "workers",
    ];
    let selects = command
        .split(' ')
        .nth(1)
        .is_some_and(|name| acts.contains(&name));
    (selects && number(word)).then(|| format!("{command} --pid {word} names a process"))
}

fn number(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli;

    #[test]
    fn every_word_leads_to_a_command_that_there_is() {
        let command = cli::command();
        for (words, ours) in COMMANDS {
            for word in words {
                let taken = command.find_subcommand(word).is_some();
                assert!(!taken, "{word} is a command by now");
            }
            for named in ours.split("breakglass ").skip(1) {
                let name: String = named.chars().take_while(char::is_ascii_lowercase).collect();
                let known = ["restarts", "runs"].contains(&name.as_str())
                    || command.find_subcommand(&name).is_some();
                assert!(known, "{ours}");
            }
        }
    }

    #[test]
    fn no_word_stands_twice() {
        let mut words: Vec<&str> = COMMANDS
            .iter()
            .flat_map(|(words, _)| words.iter().copied())
            .collect();
        words.extend(FLAGS.iter().flat_map(|(flags, _)| flags.iter().copied()));
        let count = words.len();
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), count);
    }

    #[test]
    fn a_signal_leads_to_terminate_with_the_process_that_was_typed() {
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let said = flag("-9", &words("kill -9 4711")).unwrap_or_default();
        assert!(
            said.ends_with("breakglass terminate --pid 4711 ends that one"),
            "{said}"
        );
        let said = flag("-TERM", &words("kill -TERM")).unwrap_or_default();
        assert!(said.ends_with("breakglass terminate --pid PID"), "{said}");
        assert_eq!(flag("--zzz", &[]), None);
        let said = word("breakglass terminate", "4711").unwrap_or_default();
        assert_eq!(said, "breakglass terminate --pid 4711 names a process");
        assert_eq!(word("breakglass status", "4711"), None);
        assert_eq!(word("breakglass terminate", "47x"), None);
    }
}
