//! What a check finds out: one attempt to get in, one look, the samples; all of it on a thread that is left behind when
//! the deadline is over, so that neither a name server nor a file system that hangs holds the check.

use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use crate::decide::check::projection::{WINDOW, project};
use crate::decide::check::{Measured, Refusal, Samples, numbers};
use crate::lanes::Counted;
use crate::observe::{QueryText, Source};
use crate::samples;
use crate::stages::Context;
use crate::stages::lockout::summary;
use crate::stages::series::{FileArgs, now, series};
use crate::terminal::waiting::Waiting;

/// What the thread tells.
enum Told {
    /// The server's name, before anybody connects.
    Server(String),
    /// Everything.
    All(Box<Measured>),
}

/// Measures within `deadline`.
pub(super) fn within(deadline: Duration, file: &FileArgs, context: &Context) -> Measured {
    let began = Instant::now();
    let _waiting = Waiting::begin(
        context.terminal,
        "waiting for the server".to_owned(),
        deadline,
    );
    let (teller, told) = channel();
    let started = thread::Builder::new().name("check".into()).spawn({
        let (context, file) = (context.clone(), file.clone());
        move || {
            let measured = measure(deadline, &file, &context, &teller);
            // Whoever asked may have stopped listening.
            let _ = teller.send(Told::All(Box::new(measured)));
        }
    });
    if let Err(error) = started {
        return nothing(
            context,
            format!("this machine cannot start a thread: {error}"),
        );
    }
    let mut server = None;
    while let Ok(word) = told.recv_timeout(deadline.saturating_sub(began.elapsed())) {
        match word {
            Told::Server(name) => server = Some(name),
            Told::All(measured) => return *measured,
        }
    }
    let mut late = nothing(
        context,
        format!(
            "no answer within {}",
            crate::report::duration::limit(deadline)
        ),
    );
    late.server = server.unwrap_or(late.server);
    late.took = began.elapsed();
    late
}

/// Nothing was measured, for this reason.
pub(super) fn nothing(context: &Context, failure: String) -> Measured {
    let typed = &context.connection;
    let named = typed.target.clone().or(typed.host.clone());
    Measured {
        server: named.unwrap_or_else(|| "unknown".to_owned()),
        at: now(),
        took: Duration::ZERO,
        lane: None,
        snapshot: None,
        refusals: Vec::new(),
        failure: Some(failure),
        samples: Samples::None,
    }
}

fn measure(
    deadline: Duration,
    file: &FileArgs,
    context: &Context,
    teller: &Sender<Told>,
) -> Measured {
    let began = Instant::now();
    let target = match context.target() {
        Ok(target) => target,
        Err(failure) => return nothing(context, format!("{:#}", failure.error)),
    };
    let server = series(&target);
    let _ = teller.send(Told::Server(server.clone()));
    let mut measured = Measured {
        server,
        failure: None,
        ..nothing(context, String::new())
    };
    // A little earlier than the deadline, so that what was refused can still be told.
    let limit = deadline.saturating_sub(Duration::from_millis(300).min(deadline / 10));
    let left = || limit.saturating_sub(began.elapsed());
    let refusals = match context.open_once(target, left()) {
        Ok(mut way) => {
            measured.lane = Some(way.database.lane().kind().name());
            way.database.limit_to(left());
            match way.database.look(QueryText::First(0)) {
                Ok(snapshot) => measured.snapshot = Some(snapshot),
                Err(error) => measured.failure = Some(format!("let in, and not answered: {error}")),
            }
            way.refusals
        }
        Err(lockout) => {
            if !lockout.is_full() {
                let last = lockout.refusals.last().map(summary);
                measured.failure = Some(last.unwrap_or_else(|| lockout.to_string()));
            }
            lockout.refusals
        }
    };
    measured.refusals = refusals.iter().map(refused).collect();
    measured.at = now();
    measured.samples = read_samples(file, context, &measured);
    measured.took = began.elapsed();
    measured
}

fn refused(counted: &Counted) -> Refusal {
    let variant = counted.explanation.variant;
    Refusal {
        lane: counted.refusal.lane.name(),
        variant: variant.name(),
        exhaustion: variant.is_exhaustion(),
        what: summary(counted),
    }
}

/// A file that nobody named and that is not there is no reason to complain.
fn read_samples(file: &FileArgs, context: &Context, measured: &Measured) -> Samples {
    let path = match file.path(context) {
        Ok(path) if file.is_named() || path.exists() => path,
        _ => return Samples::None,
    };
    let at = measured.at;
    let window = i64::try_from(WINDOW.as_micros()).unwrap_or(i64::MAX);
    let recent = samples::Samples::open_to_read(&path)
        .and_then(|it| it.recent(&measured.server, at.saturating_sub(window), at));
    match recent {
        Err(sentence) => Samples::Unreadable(sentence),
        Ok(None) => Samples::None,
        Ok(Some(recent)) => {
            let look = measured.snapshot.as_ref();
            let free = look.map_or(0, |it| numbers(it, None).ordinary.free);
            let age = u64::try_from(at.saturating_sub(recent.last)).unwrap_or(0);
            Samples::Known {
                age: Duration::from_micros(age),
                projection: project(&recent.used, free),
            }
        }
    }
}
