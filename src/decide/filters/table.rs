//! The table of filters, in the order of the help.

use std::time::Duration;

use super::{Filter, Judge, Judged, Offer, Saved, Shown};
use crate::decide::connection::Class;
use crate::decide::criteria::Answer::{self, Hidden, No, NotSeen};
use crate::decide::criteria::{By, Flag, Subject};
use crate::decide::session::{Client, Session, State};
use crate::decide::sockets::{Owners, Socket, SocketsSnapshot};
use crate::decide::workers::selection::State as WorkerState;

use Judged::Blind;

/// `--NAME` and `--not-NAME`.
macro_rules! flag {
    ($name:literal) => {
        Flag {
            plain: concat!("--", $name),
            twin: concat!("--not-", $name),
        }
    };
}
/// All of them.
pub static FILTERS: &[Filter] = &[
    Filter {
        flag: flag!("pid"),
        sessions: judged(
            ["Process ID", "Not this process ID"],
            By::Pid(|pid, it, _| (pid == it.id.pid).into()),
            Offer::Pids,
        ),
        titles: Shown::Always,
        saved: Saved::Always,
        sockets: judged(
            ["Process that has it open", "Not this process"],
            By::Pid(|pid, it, _| owns(pid, it)),
            Offer::Nothing,
        ),
        workers: judged(
            ["Process ID", "Not this process"],
            By::Pid(|pid, it, _| (pid == it.process.id.pid).into()),
            Offer::Nothing,
        ),
    },
    Filter {
        flag: flag!("runtime"),
        sessions: Blind("what runs at the other end; 'breakglass workers' does"),
        titles: Shown::Blind("what runs at the other end; 'breakglass workers' does"),
        saved: Saved::Blind("what runs at the other end"),
        sockets: Blind("what runs there; 'breakglass workers' does"),
        workers: judged(
            [
                "Runtime, as the list names it: gunicorn, uwsgi, puma, systemd, plain, or one of the configuration",
                "Not this runtime",
            ],
            By::Name(|name, it, _| (name == it.runtime.name).into()),
            Offer::Runtimes,
        ),
    },
    Filter {
        flag: flag!("user"),
        sessions: judged(
            ["Role name", "Not this role"],
            By::Name(|name, it, _| (it.user.as_deref() == Some(name)).into()),
            Offer::Users,
        ),
        titles: Shown::Always,
        saved: Saved::Always,
        sockets: Blind("which role logged in"),
        workers: Blind("which role logged in"),
    },
    Filter {
        flag: flag!("database"),
        sessions: judged(
            ["Database name", "Not this database"],
            By::Name(|name, it, _| (it.database.as_deref() == Some(name)).into()),
            Offer::Databases,
        ),
        titles: Shown::Always,
        saved: Saved::Always,
        sockets: Blind("which database it is for"),
        workers: Blind("which database its connections are for"),
    },
    Filter {
        flag: flag!("app"),
        sessions: judged(
            [
                "Application name; '' for sessions that set none",
                "Not this application",
            ],
            By::Name(|name, it, _| (it.application.as_deref().unwrap_or("") == name).into()),
            Offer::Applications,
        ),
        titles: Shown::Blind("the application"),
        saved: Saved::Always,
        sockets: Blind("the application's name (--pid names its process)"),
        workers: Blind("its application_name (--runtime and --pid name it)"),
    },
    Filter {
        flag: flag!("client"),
        sessions: judged(
            [
                "Client address, network (10.0.0.0/8), or 'local' for the Unix socket",
                "Not this client",
            ],
            By::Client(|pattern, it, _| unless_hidden(it, pattern.contains(it.client))),
            Offer::Nothing,
        ),
        titles: Shown::Address,
        saved: Saved::Always,
        sockets: judged(
            [
                "Address or network (10.0.0.0/8) of the application's end",
                "Not this client",
            ],
            By::Client(|pattern, it, _| pattern.contains(Client::Address(it.client())).into()),
            Offer::Nothing,
        ),
        workers: Blind("more than one address: this host's"),
    },
    Filter {
        flag: flag!("state"),
        sessions: judged(
            [
                "State: active, idle, idle-in-transaction, aborted, fastpath, disabled, starting",
                "Not this state",
            ],
            By::State(|state, it, _| unless_hidden(it, it.state == Some(state))),
            Offer::States,
        ),
        titles: Shown::State,
        saved: Saved::Always,
        sockets: judged(
            ["State: idle, waiting, undecided, closing", "Not this state"],
            By::State(|class, it, look| (it.activity(look.grain).class == class).into()),
            Offer::States,
        ),
        workers: judged(
            [
                "State: idle (all its connections), busy (one of them), undecided",
                "Not this state",
            ],
            By::State(|state, it, _| match WorkerState::of(it) {
                // It may be idle, and may be not.
                WorkerState::Undecided if state == WorkerState::Idle => Hidden,
                is => (is == state).into(),
            }),
            Offer::States,
        ),
    },
    Filter {
        flag: flag!("query"),
        sessions: judged(
            [
                "Regular expression found in the running or last statement",
                "Not found in the statement",
            ],
            By::Statement(|regex, it, _| {
                unless_hidden(
                    it,
                    it.query.as_deref().is_some_and(|text| regex.is_match(text)),
                )
            }),
            Offer::Nothing,
        ),
        titles: Shown::Blind("the statement"),
        saved: Saved::WithStatements,
        sockets: Blind("the statement"),
        workers: Blind("the statement"),
    },
    Filter {
        flag: flag!("idle-for"),
        sessions: judged(
            [
                "Idle, outside a transaction, at least this long",
                "Not idle this long",
            ],
            By::Age(&[State::Idle], |age, it, _| old(it, it.idle_for(), age)),
            Offer::Nothing,
        ),
        titles: Shown::Blind("since when its state lasts"),
        saved: Saved::Always,
        sockets: judged(
            [
                "Answered, and quiet at least this long",
                "Not quiet this long after an answer",
            ],
            By::Age(&[Class::Idle], |age, it, look| {
                quiet(it, look, Class::Idle, age)
            }),
            Offer::Nothing,
        ),
        workers: judged(
            [
                "All its connections idle at least this long",
                "Not idle this long",
            ],
            By::Age(&[WorkerState::Idle], |age, it, _| {
                match WorkerState::of(it) {
                    WorkerState::Undecided => Hidden,
                    _ => it.idle_since().is_some_and(|idle| idle >= age).into(),
                }
            }),
            Offer::Nothing,
        ),
    },
    Filter {
        flag: flag!("waiting-for"),
        sessions: Blind("who waits for an answer; --active-for is the nearest"),
        titles: Shown::Blind("since when a statement runs"),
        saved: Saved::Blind("who waits for an answer"),
        sockets: judged(
            [
                "Waiting for the server's answer at least this long",
                "Not waiting this long",
            ],
            By::Age(&[Class::Waiting], |age, it, look| {
                quiet(it, look, Class::Waiting, age)
            }),
            Offer::Nothing,
        ),
        workers: Blind("since when it waits for an answer (--state busy is the nearest)"),
    },
    Filter {
        flag: flag!("in-transaction-for"),
        sessions: judged(
            [
                "In a transaction at least this long",
                "Not in a transaction this long",
            ],
            By::Age(
                &[
                    State::IdleInTransaction,
                    State::Aborted,
                    State::Active,
                    State::Fastpath,
                ],
                |age, it, _| old(it, it.in_transaction_for, age),
            ),
            Offer::Nothing,
        ),
        titles: Shown::Blind("since when its state lasts"),
        saved: Saved::Always,
        sockets: Blind("whether a transaction is open"),
        workers: Blind("whether a transaction is open"),
    },
    Filter {
        flag: flag!("active-for"),
        sessions: judged(
            [
                "Running its statement at least this long",
                "Not running its statement this long",
            ],
            By::Age(&[State::Active, State::Fastpath], |age, it, _| {
                old(it, it.active_for(), age)
            }),
            Offer::Nothing,
        ),
        titles: Shown::Blind("since when its state lasts"),
        saved: Saved::Always,
        sockets: Blind("that a statement runs (--waiting-for is the nearest)"),
        workers: Blind("that a statement runs (--state busy is the nearest)"),
    },
    Filter {
        flag: flag!("connected-for"),
        sessions: judged(
            ["Connected at least this long", "Not connected this long"],
            By::Age(&[], |age, it, _| old(it, it.connected_for, age)),
            Offer::Nothing,
        ),
        titles: Shown::Always,
        saved: Saved::Always,
        sockets: Blind("when it was opened"),
        workers: Blind("when it connected"),
    },
    Filter {
        flag: flag!("blocking"),
        sessions: judged(
            ["Keeps others waiting for a lock", "Keeps nobody waiting"],
            By::Switch(|it, look| match look.blockers.contains(&it.id.pid) {
                true => Answer::Yes,
                // Whoever waits unseen may wait for this one.
                false if look.snapshot.hidden() > 0 => NotSeen,
                false => No,
            }),
            Offer::Nothing,
        ),
        titles: Shown::Blind("whom a session blocks"),
        saved: Saved::Always,
        sockets: Blind("who waits for a lock"),
        workers: Blind("who waits for a lock"),
    },
    Filter {
        flag: flag!("waiting"),
        sessions: judged(
            ["Waits for a lock", "Waits for no lock"],
            By::Switch(|it, _| unless_hidden(it, it.waits_for_lock())),
            Offer::Nothing,
        ),
        titles: Shown::State,
        saved: Saved::Always,
        sockets: Blind("who waits for a lock (--state waiting is for an answer)"),
        workers: Blind("who waits for a lock"),
    },
];

const fn judged<S: Subject>(help: [&'static str; 2], by: By<S>, offer: Offer) -> Judged<S> {
    let [help, not] = help;
    Judged::Judged(Judge {
        help,
        not,
        by,
        offer,
    })
}

/// What the server hides from our role cannot be judged.
fn unless_hidden(session: &Session, is: bool) -> Answer {
    if session.hidden { Hidden } else { is.into() }
}

fn old(session: &Session, age: Option<Duration>, least: Duration) -> Answer {
    unless_hidden(session, age.is_some_and(|age| age >= least))
}

fn owns(pid: i32, socket: &Socket) -> Answer {
    match &socket.owners {
        Owners::NotVisible => Hidden,
        owners => owners.known().iter().any(|owner| owner.pid == pid).into(),
    }
}

/// Whether the last word was said that long ago by the end that makes it `class`.
fn quiet(socket: &Socket, look: &SocketsSnapshot, class: Class, least: Duration) -> Answer {
    let activity = socket.activity(look.grain);
    let quiet = activity.since.unwrap_or_default();
    if activity.class != Class::Undecided {
        (activity.class == class && quiet >= least).into()
    } else if activity.since.is_some() && quiet + look.grain < least {
        // Whatever the order of the last two words, neither was said that long ago.
        NotSeen
    } else {
        Hidden
    }
}
