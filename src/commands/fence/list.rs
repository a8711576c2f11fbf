//! `fence --list`: every fence by the record, on every server, with the live limit of those on this one.
//!
//! Never: fails because no lane opens; what was not looked at is marked so.

use std::time::Duration;

use super::take_back;
use crate::decide::fence::{Kind, Standing, pool};
use crate::error::Outcome;
use crate::exit_code::ExitCode;
use crate::lanes::{ConsoleRequest, open_console};
use crate::observe::fence::{Key, look_up, system_identifier};
use crate::observe::pools;
use crate::report::fence::{Listed, Seen};
use crate::report::json::fence::fences;
use crate::report::page::hanging;
use crate::report::{Extent, fence as report, sanitize};
use crate::stages::pooler::PoolerArgs;
use crate::stages::telling::{self, Answer, Rows};
use crate::stages::{Context, json_text, standing};

/// How long finding a way in may take; the list does not depend on it.
const LIMIT: Duration = Duration::from_secs(2);

/// Lists them. Exit 0 also when there are none: it was asked, and that is the answer.
pub fn run(typed: &PoolerArgs, context: &Context) -> Outcome {
    let recorded = standing::recorded(context);
    let place = standing::path(context).map(|path| path.display().to_string());
    let seen = if recorded.is_empty() {
        Vec::new()
    } else {
        let mut seen = look(&recorded, context);
        look_into_pooler(&recorded, &mut seen, typed, context);
        seen
    };
    let rows: Vec<Listed<'_>> = recorded
        .iter()
        .zip(seen)
        .map(|(fence, seen)| Listed {
            fence,
            seen,
            age: standing::age(fence),
        })
        .collect();
    let answer = Answer {
        origin: None,
        screen: &|screen| match rows.is_empty() {
            true => {
                let text = format!("{:#}", take_back::none_stands(context).error);
                hanging("", &sanitize::one_line(&text), screen.width)
            }
            false => report::list(&rows, screen),
        },
        rows: Rows::Grid(&|| report::records(&rows)),
        document: &|| json_text(&fences(&rows, place.as_deref())),
        extent: Extent::Brief,
        long: false,
    };
    telling::tell(&answer, ExitCode::Done, context)?;
    if !rows.is_empty() && rows.iter().all(|row| row.seen == Seen::NotLooked) {
        context.terminal.say(
            "breakglass: no lane to these servers and poolers is open with these connection settings; NOW is not known\n",
        );
    }
    Ok(ExitCode::Done)
}

/// The same for those in the pooler whose console is named.
fn look_into_pooler(
    recorded: &[Standing],
    seen: &mut [Seen],
    typed: &PoolerArgs,
    context: &Context,
) {
    if recorded
        .iter()
        .all(|fence| fence.subject.kind != Kind::Pool)
    {
        return;
    }
    let Ok(Some(target)) = typed.target(context) else {
        return;
    };
    let request = ConsoleRequest {
        connect_timeout: LIMIT,
        total: LIMIT,
    };
    let Ok(mut console) = open_console(&target, request) else {
        return;
    };
    let Ok(pooler) = pools::look(&mut console, LIMIT) else {
        return;
    };
    for (fence, seen) in recorded.iter().zip(seen) {
        if fence.is_in_pooler(&pooler.endpoint) {
            *seen = pool::live(&fence.subject.name, &pooler).map_or(Seen::Gone, Seen::Limit);
        }
    }
}

/// What is there now of those that stand on the server that the connection settings lead to.
fn look(recorded: &[Standing], context: &Context) -> Vec<Seen> {
    let nothing = vec![Seen::NotLooked; recorded.len()];
    let Some(mut way) = context.open_at_once(context.connection.lane, LIMIT) else {
        return nothing;
    };
    let endpoint = way.database.lane().greeting().endpoint.clone();
    let (lane, limit) = way.database.statement();
    let identifier = system_identifier(lane, limit).ok().flatten();
    recorded
        .iter()
        .map(|fence| {
            if !fence.is_on(&endpoint, identifier.as_deref()) {
                return Seen::NotLooked;
            }
            let subject = &fence.subject;
            match look_up(lane, limit, subject.kind, Key::Oid(subject.oid)) {
                Ok(Some(live)) => Seen::Limit(live.limit),
                Ok(None) => Seen::Gone,
                Err(_) => Seen::NotLooked,
            }
        })
        .collect()
}
