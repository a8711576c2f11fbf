//! `breakglass probe`: can a new connection be had, and does it answer?
//!
//! One attempt over the login lane, one short query, and goodbye. Never: retries, takes another lane, or keeps the slot.

use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

use clap::Args;

use crate::args::{Format, LaneArg, deadline, duration};
use crate::connect::Target;
use crate::decide::capacity::own_slot;
use crate::decide::probe::{Expected, Health, Trial, Verdict, Word, compare, judge};
use crate::error::{Failure, Outcome};
use crate::exit_code::ExitCode;
use crate::lanes::http::{self, Silence, Url};
use crate::lanes::{Counted, LaneKind, Stage, Variant};
use crate::observe::{QueryText, Source, caller};
use crate::report::Extent;
use crate::report::json;
use crate::report::probe::{ProbeView, screen};
use crate::stages::Context;
use crate::stages::database::OpenLane;
use crate::stages::lockout::{runbook, summary};
use crate::stages::survey::once;

/// Probe whether a new connection can be had, and answers
///
/// Connects, logs in and asks one short query, once, and times each. One line with a verdict: ok, slow, full, refused,
/// wrong password, no answer, or read-only. Probe as the application's role, or one like it: a superuser gets in while
/// the application is refused, so one is told, and what it says of the slots is reckoned from their count. Changes
/// nothing, takes one slot for as long as the query, never retries and never takes the replication lane; --retry-for
/// has no effect.
///
/// With --http, an application's health endpoint is asked at the same time, and compared with the truth. Redirects are
/// not followed. https is verified with the system's certificates.
///
/// For readiness probes; never for liveness: a full database is not cured by restarting its clients.
///
/// Needs a role that may log in, and no other right.
///
/// Exit codes: 0 ok; 1 anything else, also when the endpoint tells another story; 2 wrong use.
///
/// Example: breakglass probe -U app --slow 500ms --http http://127.0.0.1:8080/ready
#[derive(Debug, Args)]
pub struct ProbeArgs {
    /// Call it slow when a step, or all together, takes longer
    #[arg(long, value_name = "TIME", value_parser = duration)]
    slow: Option<Duration>,
    /// Call it read-only on a standby, and where default_transaction_read_only is on
    #[arg(long)]
    writable: bool,
    /// A health endpoint to compare with
    #[arg(long, value_name = "URL", value_parser = Url::parse)]
    http: Option<Url>,
    /// How long all of it may take
    #[arg(long, value_parser = deadline, default_value = "5s", value_name = "TIME")]
    deadline: Duration,
    /// Say nothing; the exit code tells
    #[arg(long)]
    quiet: bool,
}

/// Tries, judges, compares, tells.
pub fn run(args: &ProbeArgs, context: &Context) -> Outcome {
    let usage = |sentence: &str| Failure::say(ExitCode::Usage, sentence);
    if matches!(context.format, Format::Csv | Format::Markdown) {
        return Err(usage("probe prints one line, or --format json"));
    }
    if context.connection.lane == LaneArg::Replication {
        return Err(usage(
            "probe tries what an application does, and that is the login lane; leave --lane out",
        ));
    }
    let target = context.target()?;
    let limit = args.deadline;
    let endpoint = args.http.clone().map(|url| {
        let (answer, answers) = channel();
        // Should there be no thread for it, nothing answers, and that is what is told.
        let _ = thread::Builder::new().spawn(move || answer.send(ask(&url, limit)));
        answers
    });
    let began = Instant::now();
    let trial = {
        let _waiting = context.waiting_for(&target, limit);
        within(limit, target)
    };
    let expected = Expected {
        slow: args.slow,
        writable: args.writable,
    };
    let verdict = judge(&trial, expected);
    let compared = endpoint.map(|answers| {
        let left = limit.saturating_sub(began.elapsed());
        let health = answers
            .recv_timeout(left.max(Duration::from_millis(50)))
            .unwrap_or(Health::Late(limit));
        compare(&health, verdict.word)
    });
    let http = args.http.as_ref().zip(compared.as_ref());
    let view = ProbeView {
        trial: &trial,
        verdict: &verdict,
        http: http.map(|(url, compared)| (url.text.as_str(), compared)),
    };
    if !args.quiet {
        let text = match context.format {
            Format::Json => crate::stages::json_text(&json::probe::probe(&view))?,
            _ => screen(&view, context.screen(Extent::Whole)),
        };
        context.answer(&text)?;
    }
    Ok(exit_code(&verdict, compared.is_none_or(|it| it.agrees)))
}

fn exit_code(verdict: &Verdict, agrees: bool) -> ExitCode {
    if verdict.word == Word::Ok && agrees {
        ExitCode::Done
    } else {
        ExitCode::Nothing
    }
}

fn ask(url: &Url, limit: Duration) -> Health {
    match http::get(url, limit) {
        Ok(answer) => match answer.location {
            Some(to) if (300..400).contains(&answer.status) => Health::Elsewhere(answer.status, to),
            _ => Health::Says(answer.status),
        },
        Err(Silence::Late(limit)) => Health::Late(limit),
        Err(Silence::Unreachable(why)) => Health::Unreachable(why),
        Err(Silence::Garbage(what)) => Health::Garbage(what),
    }
}

/// The trial, on a thread that is left behind when it does not come back: nothing may hold a probe.
fn within(limit: Duration, target: Target) -> Trial {
    let late = Trial {
        failure: Some((Word::NoAnswer, format!("no answer within {limit:?}"))),
        took: limit,
        ..nothing(&target)
    };
    let (teller, told) = channel();
    let started = thread::Builder::new().spawn(move || teller.send(attempt(limit, &target)));
    match started {
        // The lane keeps the limit by itself; this is for what has none.
        Ok(_) => told
            .recv_timeout(limit + Duration::from_millis(500))
            .unwrap_or(late),
        Err(error) => Trial {
            failure: Some((
                Word::Refused,
                format!("this machine cannot start a thread: {error}"),
            )),
            took: Duration::ZERO,
            ..late
        },
    }
}

fn nothing(target: &Target) -> Trial {
    let labels: Vec<String> = target.endpoints.iter().map(|it| it.label()).collect();
    Trial {
        role: target.user.clone(),
        endpoint: labels.join(","),
        connect: None,
        authenticate: None,
        query: None,
        failure: None,
        runbook: None,
        facts: None,
        slot: None,
        took: Duration::ZERO,
    }
}

fn attempt(limit: Duration, target: &Target) -> Trial {
    let began = Instant::now();
    let mut trial = nothing(target);
    let mut lane = match once(target, LaneKind::Login, limit) {
        Ok(lane) => lane,
        Err(lockout) => {
            trial.took = began.elapsed();
            trial.runbook = runbook(&lockout);
            // The last endpoint's word is what a client would have seen.
            match lockout.refusals.last() {
                Some(counted) => {
                    trial.endpoint.clone_from(&counted.refusal.endpoint);
                    trial.connect = counted.refusal.connected_in;
                    trial.failure = Some((word(counted), summary(counted)));
                }
                None => trial.failure = Some((Word::NoAnswer, lockout.to_string())),
            }
            return trial;
        }
    };
    let let_in = began.elapsed();
    let greeting = lane.greeting();
    trial.endpoint.clone_from(&greeting.endpoint);
    trial.connect = greeting.connected_in;
    trial.authenticate = Some(let_in.saturating_sub(greeting.connected_in.unwrap_or_default()));
    let left = || limit.saturating_sub(began.elapsed());
    match caller::ask(lane.as_mut(), left()) {
        Ok(facts) => {
            trial.took = began.elapsed();
            trial.query = Some(trial.took.saturating_sub(let_in));
            trial.facts = Some(facts);
            if facts.superuser || facts.reserved {
                // Its login proves nothing for others; the slot it stands on does.
                let look = OpenLane::new(lane, left()).look(QueryText::First(0)).ok();
                trial.slot =
                    look.map(|seen| own_slot(&seen.capacity(), facts.superuser, facts.reserved).0);
            }
        }
        Err(error) => {
            trial.took = began.elapsed();
            let word = match error {
                crate::lanes::LaneError::Deadline(_) => Word::NoAnswer,
                _ => Word::Refused,
            };
            trial.failure = Some((word, format!("its query failed: {error}")));
        }
    }
    trial
}

fn word(counted: &Counted) -> Word {
    let variant = counted.explanation.variant;
    match variant {
        _ if variant.is_exhaustion() => Word::Full,
        Variant::WrongPassword
        | Variant::PasswordMissing
        | Variant::AuthenticationFailed
        | Variant::PoolerLogin => Word::WrongPassword,
        Variant::NoAnswer | Variant::MuteServer | Variant::NameTimeout => Word::NoAnswer,
        Variant::Unreachable if counted.refusal.stage == Stage::Socket => Word::NoAnswer,
        _ => Word::Refused,
    }
}
