//! What TAB offers beside the words of the command line: targets, runtimes, fences, and from the last listing of the
//! server that the line leads to roles, databases, applications and PIDs, with what they were doing and how long ago.
//!
//! Stage: completion. Reads the configuration, the record and that listing. Never: connects, asks, runs a
//! `password_command`, or fails; what cannot be read is not offered.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::time::Duration;

use clap_complete::engine::{ArgValueCompleter, CompletionCandidate};

use crate::connect::{Config, ConnectionFlags, Environment, resolve_in_name};
use crate::decide::criteria::Subject;
use crate::decide::filters::{
    BackendsLane, Filter, FilterLane, Offer, SessionsLane, SocketsLane, WorkersLane, find,
};
use crate::decide::runbook::Runbook;
use crate::decide::session::{Session, State};
use crate::decide::sockets::Socket;
use crate::decide::workers::Worker;
use crate::record::{self, fences};
use crate::report::page::plural;
use crate::report::{duration, runbook, sanitize};
use crate::stages::listing::{self, Listing, Of, Row};

/// The command line with a completer at every argument whose values are found on this machine.
pub fn offer(command: clap::Command) -> clap::Command {
    let commands = commands(&command);
    let of_help = ArgValueCompleter::new(move |typed: &OsStr| matching(commands.clone(), typed));
    offer_in(command, None).mut_subcommand("help", |help| {
        help.mut_arg("command", |arg| arg.add(of_help))
    })
}

/// The same for a command below `family`, the first word after the program's name.
fn offer_in(command: clap::Command, family: Option<&str>) -> clap::Command {
    let names: Vec<String> = command
        .get_subcommands()
        .map(|below| below.get_name().to_owned())
        .collect();
    let of = family.unwrap_or_default();
    let command = command.mut_args(|arg| match completer(of, arg.get_id().as_str()) {
        Some(completer) => arg.add(completer),
        None => arg,
    });
    names.into_iter().fold(command, |command, name| {
        let family = family.unwrap_or(&name).to_owned();
        command.mut_subcommand(name, |below| offer_in(under_one_name(below), Some(&family)))
    })
}

/// The engine would list a command by its alias; which is known all the same when it is typed.
fn under_one_name(command: clap::Command) -> clap::Command {
    let aliases: Vec<String> = command.get_visible_aliases().map(str::to_owned).collect();
    if aliases.is_empty() {
        return command;
    }
    command.visible_alias(None).aliases(aliases)
}

fn completer(command: &str, id: &str) -> Option<ArgValueCompleter> {
    let offer = offered(command, id);
    let last: fn() -> Option<Listing> = match command {
        "backends" => listed_here,
        _ => listed_there,
    };
    let rows: Option<fn(&Listing) -> Vec<Candidate>> = match id {
        "username" => Some(users),
        "dbname" => Some(databases),
        "probe_user" | "role" => Some(users),
        _ => match offer {
            Some(Offer::Pids) => Some(pids),
            Some(Offer::Users) => Some(users),
            Some(Offer::Databases) => Some(databases),
            Some(Offer::Applications) => Some(applications),
            _ => None,
        },
    };
    if let Some(rows) = rows {
        return Some(ArgValueCompleter::new(move |typed: &OsStr| {
            matching(last().as_ref().map(rows).unwrap_or_default(), typed)
        }));
    }
    let found: fn() -> Vec<Candidate> = match id {
        "name" if command == "runbook" => runbooks,
        "target" => targets,
        "via" => recyclers,
        "undo" | "forget" => standing_fences,
        _ => match offer {
            Some(Offer::Runtimes) => runtimes,
            Some(Offer::States) => match command {
                "workers" => states::<Worker>,
                "sockets" => states::<Socket>,
                _ => states::<Session>,
            },
            _ => return None,
        },
    };
    Some(ArgValueCompleter::new(move |typed: &OsStr| {
        matching(found(), typed)
    }))
}

/// What the table of filters offers for this argument: a lane's PIDs and states are its own.
fn offered(command: &str, id: &str) -> Option<Offer> {
    let filter = find(&format!("--{}", id.replace('_', "-")))?;
    match command {
        "workers" => of_lane::<WorkersLane>(filter),
        "sockets" => of_lane::<SocketsLane>(filter),
        "backends" => of_lane::<BackendsLane>(filter),
        _ => of_lane::<SessionsLane>(filter),
    }
}

fn of_lane<L: FilterLane>(filter: &Filter) -> Option<Offer> {
    L::of(filter).ok().map(|judge| judge.offer)
}

/// A value and what is said of it.
type Candidate = (String, String);

fn matching(found: Vec<Candidate>, typed: &OsStr) -> Vec<CompletionCandidate> {
    let Some(typed) = typed.to_str() else {
        return Vec::new();
    };
    found
        .into_iter()
        .filter(|(value, _)| value.starts_with(typed))
        // What nobody can type, and what a shell's list would break at.
        .filter(|(value, _)| !value.is_empty() && !value.chars().any(sanitize::is_dangerous))
        .enumerate()
        .map(|(place, (value, help))| {
            let help: String = help
                .chars()
                .filter(|c| !sanitize::is_dangerous(*c))
                .collect();
            CompletionCandidate::new(value)
                .help((!help.is_empty()).then(|| help.into()))
                .display_order(Some(place))
        })
        .collect()
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

fn config() -> Option<Config> {
    Config::read(&Environment::from_process()).ok()
}

fn targets() -> Vec<Candidate> {
    let config = config();
    let names = config.iter().flat_map(Config::target_names);
    names
        .map(|name| (name.to_owned(), "target of the configuration".to_owned()))
        .collect()
}

fn runbooks() -> Vec<Candidate> {
    let told = |one: &Runbook| (one.name().to_owned(), runbook::symptom(*one).to_owned());
    Runbook::ALL.iter().map(told).collect()
}

fn commands(program: &clap::Command) -> Vec<Candidate> {
    let told = |command: &clap::Command| {
        let about = command.get_about().map(ToString::to_string);
        (command.get_name().to_owned(), about.unwrap_or_default())
    };
    program.get_subcommands().map(told).collect()
}

fn runtimes() -> Vec<Candidate> {
    let found = config().and_then(|config| config.runtimes().ok());
    found
        .into_iter()
        .flatten()
        .map(|runtime| (runtime.name.clone(), runtime.title.clone()))
        .collect()
}

fn recyclers() -> Vec<Candidate> {
    let config = config();
    let names = config.iter().flat_map(Config::recycler_names);
    names
        .map(|name| (name.to_owned(), "recycler of the configuration".to_owned()))
        .collect()
}

fn standing_fences() -> Vec<Candidate> {
    let path = record::location(nix::unistd::geteuid().is_root(), variable);
    let read = path.and_then(|path| fences::read(&path).ok());
    read.unwrap_or_default()
        .standing
        .into_iter()
        .map(|fence| {
            let what = format!(
                "{} {} at {}, since {}",
                fence.subject.kind.name(),
                fence.subject.name,
                fence.endpoint,
                fence.since
            );
            (fence.id, what)
        })
        .collect()
}

fn states<S: Subject>() -> Vec<Candidate> {
    S::STATES
        .iter()
        .map(|state| (S::word(*state).to_owned(), S::shown(*state).to_owned()))
        .collect()
}

/// The last listing of this host's processes.
fn listed_here() -> Option<Listing> {
    listing::read(Of::Host, variable)
}

/// The last listing of the server that the line so far leads to; none where that cannot be told from the line.
fn listed_there() -> Option<Listing> {
    let words: Vec<String> = std::env::args_os()
        .skip_while(|word| word != "--")
        .skip(1)
        .map(OsString::into_string)
        .collect::<Result<_, _>>()
        .ok()?;
    if cut(&words) {
        return None;
    }
    let target = resolve_in_name(&connection(&words), &Environment::from_process()).ok()?;
    listing::read(Of::Server(&target), variable)
}

/// Whether the value of `-d` may be a URI or a key=value string in pieces: bash cuts both, and leaves the quotes.
fn cut(words: &[String]) -> bool {
    let in_pieces = |value: &str, after: &str| {
        value.contains(['\'', '"']) || matches!(after, ":" | "=") || value.ends_with([':', '='])
    };
    let mut values = words.iter().enumerate().filter_map(|(at, word)| {
        let next = |step: usize| words.get(at + step).map_or("", String::as_str);
        match word.as_str() {
            "--dbname" if next(1) == "=" => Some((next(2), next(3))),
            "-d" | "--dbname" => Some((next(1), next(2))),
            short if short.starts_with("-d") => Some((short, next(1))),
            _ => None,
        }
    });
    values.any(|(value, after)| in_pieces(value, after))
}

/// The connection flags on a line that is not finished, the last of each; bash cuts `--port=5432` in three.
fn connection(words: &[String]) -> ConnectionFlags {
    let value = |short: &str, long: &str| {
        let mut found = None;
        for (at, word) in words.iter().enumerate() {
            let mut after = words.iter().skip(at + 1).filter(|word| *word != "=");
            if word == short || word == long {
                found = after.next().cloned();
            } else if let Some(value) = word.strip_prefix(long).and_then(|it| it.strip_prefix('='))
            {
                found = Some(value.to_owned());
            } else if let Some(value) = word.strip_prefix(short).filter(|_| !short.is_empty()) {
                found = Some(value.to_owned());
            }
        }
        found.filter(|value| !value.is_empty())
    };
    ConnectionFlags {
        host: value("-h", "--host"),
        port: value("-p", "--port"),
        username: value("-U", "--username"),
        dbname: value("-d", "--dbname"),
        service: value("", "--service"),
        target: value("-t", "--target"),
    }
}

/// `; listed 40s ago at db:5432`
fn listed(listing: &Listing) -> String {
    let age = duration::age(listing.age);
    format!("; listed {age} ago at {}", listing.server)
}

fn pids(listing: &Listing) -> Vec<Candidate> {
    let told = |row: &Row| {
        let age = row
            .seconds
            .map(|seconds| duration::age(Duration::from_secs(seconds)));
        let whose = match row.application.as_str() {
            "" => row.user.as_str(),
            application => application,
        };
        let help = format!(
            "{whose}, {} {}{}",
            row.state,
            age.unwrap_or_default(),
            listed(listing)
        );
        (row.pid.to_string(), help)
    };
    listing.rows.iter().map(told).collect()
}

fn users(listing: &Listing) -> Vec<Candidate> {
    counted(listing, |row| &row.user)
}

fn databases(listing: &Listing) -> Vec<Candidate> {
    counted(listing, |row| &row.database)
}

fn applications(listing: &Listing) -> Vec<Candidate> {
    counted(listing, |row| &row.application)
}

/// Every name with how many sessions it has, the most first.
fn counted(listing: &Listing, name: impl Fn(&Row) -> &String) -> Vec<Candidate> {
    let mut names: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for row in &listing.rows {
        let (all, idle) = names.entry(name(row)).or_default();
        *all += 1;
        *idle += usize::from(row.state == State::Idle.name());
    }
    let mut names: Vec<_> = names.into_iter().collect();
    names.sort_by_key(|(_, (all, _))| std::cmp::Reverse(*all));
    names
        .into_iter()
        .map(|(name, (all, idle))| {
            let help = format!("{}, {idle} idle{}", plural(all, "session"), listed(listing));
            (name.to_owned(), help)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_begins_so_and_can_be_typed_is_offered() {
        let found = ["web", "web\nx", "", "worker", "batch"];
        let found = found.map(|name| (name.to_owned(), "1\x1b[2J session".to_owned()));
        let offered = matching(found.to_vec(), OsStr::new("w"));
        let values: Vec<_> = offered.iter().map(CompletionCandidate::get_value).collect();
        assert_eq!(values, ["web", "worker"]);
        let help = offered[0].get_help().map(ToString::to_string);
        assert_eq!(help.as_deref(), Some("1[2J session"));
    }

    #[test]
    fn the_connection_is_read_from_a_line_that_is_not_finished() {
        let read = |line: &str| {
            let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
            let flags = connection(&words);
            [flags.host, flags.port, flags.target, flags.service].map(Option::unwrap_or_default)
        };
        let table = [
            ("breakglass terminate --pid ", ["", "", "", ""]),
            ("breakglass -t prod terminate --pid ", ["", "", "prod", ""]),
            (
                "breakglass -tprod status --target=staging ",
                ["", "", "staging", ""],
            ),
            (
                "breakglass -h db -p5433 ps --service night",
                ["db", "5433", "", "night"],
            ),
            ("breakglass ps --port = 6432 --host", ["", "6432", "", ""]),
        ];
        for (line, wanted) in table {
            assert_eq!(read(line), wanted, "{line}");
        }
    }

    #[test]
    fn a_connection_string_in_pieces_leads_nowhere() {
        let is_cut = |line: &str| {
            let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
            cut(&words)
        };
        for line in [
            "breakglass -d postgresql : //prod/shop terminate --pid ",
            "breakglass -d host = prod terminate --pid ",
            "breakglass --dbname = postgresql : //prod terminate --pid ",
            "breakglass -d 'host = prod user = x' terminate --pid ",
            "breakglass -dpostgresql : //prod terminate --pid ",
        ] {
            assert!(is_cut(line), "{line}");
        }
        for line in [
            "breakglass -d shop terminate --pid ",
            "breakglass --dbname = shop terminate --pid ",
            "breakglass -d postgresql://prod/shop terminate --pid ",
            "breakglass terminate --pid ",
        ] {
            assert!(!is_cut(line), "{line}");
        }
    }

    #[test]
    fn every_argument_that_is_meant_is_there() {
        let command = crate::cli::command();
        let ids: Vec<String> = command
            .get_subcommands()
            .flat_map(|below| {
                let nested = below
                    .get_subcommands()
                    .flat_map(clap::Command::get_arguments);
                below.get_arguments().chain(nested)
            })
            .chain(command.get_arguments())
            .map(|arg| arg.get_id().to_string())
            .collect();
        for id in [
            "pid",
            "not_pid",
            "user",
            "not_user",
            "probe_user",
            "username",
            "dbname",
            "role",
            "database",
            "not_database",
            "app",
            "not_app",
            "state",
            "not_state",
            "target",
            "runtime",
            "not_runtime",
            "via",
            "undo",
            "forget",
        ] {
            assert!(ids.iter().any(|known| known == id), "{id}");
            let command = if id.ends_with("runtime") {
                "workers"
            } else {
                "terminate"
            };
            assert!(completer(command, id).is_some(), "{id}");
        }
        // There a PID is a process of this host: no session's would be right.
        for id in ["pid", "user", "app"] {
            assert!(completer("workers", id).is_none() && completer("sockets", id).is_none());
        }
        assert!(completer("backends", "app").is_none());
    }
}
