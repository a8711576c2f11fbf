//! `fence --undo` and `--forget`: by the record, and only what the fence itself set.
//!
//! Never: overwrites a limit that somebody else has set meanwhile; restores anything but the recorded one.

use super::change::{Deeds, Matter, exit_code};
use super::put_up::say_unrecorded;
use super::site::Site;
use super::{Agreement, cannot_read, not_confirmed, pool};
use crate::args::Format;
use crate::decide::confirmation::{Approval, Cap};
use crate::decide::fence::{Came, Change, ConfirmedChange, Kind, Standing, Undoing};
use crate::decide::snapshot::Server;
use crate::error::{Failure, Outcome};
use crate::exit_code::ExitCode;
use crate::observe::{QueryText, Source};
use crate::record::Record;
use crate::report::fence::{Listed, Seen};
use crate::report::json::fence::{FenceView, fence as fence_json};
use crate::report::{Extent, LaneView, fence as report};
use crate::stages::acting::{open_record, say_lines};
use crate::stages::pooler::PoolerArgs;
use crate::stages::signals::Interruption;
use crate::stages::{Context, cannot_look, json_text, standing};

/// Which fences.
#[derive(Debug, Clone, Copy)]
pub enum Which<'a> {
    /// This one.
    Id(&'a str),
    /// The only one on this server.
    Only,
    /// All on this server.
    All,
}

/// Runs `fence --undo`: on the server; or, for a pool's ID, with `--pgbouncer`, or where no other fence stands, in the
/// pooler.
pub fn run(
    which: Which<'_>,
    typed: &PoolerArgs,
    agreement: &Agreement,
    context: &Context,
) -> Outcome {
    let recorded = standing::recorded(context);
    if let Which::Id(id) = which {
        named(id, &recorded, context)?;
    } else if recorded.is_empty() {
        return Err(none_stands(context));
    }
    agreement.somebody_can_agree(context)?;
    let record = open_record(&agreement.approval(), context)?;
    let is_pool = |fence: &Standing| fence.subject.kind == Kind::Pool;
    let in_pooler = match which {
        Which::Id(id) => is_pool(named(id, &recorded, context)?),
        Which::Only | Which::All => typed.pgbouncer.is_some() || recorded.iter().all(is_pool),
    };
    if in_pooler {
        let one = match which {
            Which::Id(id) => Some(named(id, &recorded, context)?),
            Which::Only | Which::All => recorded.first(),
        };
        let mut eyes = pool::open(typed, one, context)?;
        let endpoint = eyes.console.endpoint().to_owned();
        let here = |fence: &&Standing| fence.is_in_pooler(&endpoint);
        let meant = meant(which, &recorded, here, "in this pooler", context)?;
        let telling = Telling {
            server: None,
            lane: None,
            context,
        };
        let mut site = Site::Pooler(&mut eyes);
        return undo(meant, &mut site, record, agreement, &telling);
    }
    let mut way = context.open_in_silence()?;
    let snapshot = way
        .database
        .look(QueryText::First(0))
        .map_err(cannot_look)?;
    let server = &snapshot.server;
    let endpoint = way.database.lane().greeting().endpoint.clone();
    let here = |fence: &&Standing| fence.is_on(&endpoint, server.system_identifier.as_deref());
    let meant = meant(which, &recorded, here, "on this server", context)?;
    let lane = way.view(&snapshot.capacity(), server);
    let telling = Telling {
        server: Some(server),
        lane: Some(&lane),
        context,
    };
    let mut site = Site::Server(&mut way);
    let done = undo(meant, &mut site, record, agreement, &telling);
    if matches!(which, Which::All) {
        for fence in recorded.iter().filter(|fence| is_pool(fence)) {
            let line = standing::undo_line(context, fence);
            context.terminal.say(&format!(
                "breakglass: fence {} on {} is in a pooler and stands; next: {}\n",
                fence.id,
                report::what(&fence.subject),
                crate::report::sanitize::line(&line)
            ));
        }
    }
    done
}

/// Undoes those that are meant.
fn undo(
    meant: Vec<&Standing>,
    site: &mut Site<'_>,
    mut record: Record,
    agreement: &Agreement,
    telling: &Telling<'_>,
) -> Outcome {
    let context = telling.context;
    let look = |site: &mut Site<'_>| -> Result<Vec<(&Standing, Undoing)>, Failure> {
        let mut looked = Vec::new();
        for fence in &meant {
            let undoing = site
                .look_at_undoing(fence)
                .map_err(|error| cannot_read(site.what(), error))?;
            looked.push((*fence, undoing));
        }
        Ok(looked)
    };
    let mut looked = look(site)?;
    if agreement.dry_run {
        telling.plan(&looked)?;
        return Ok(ExitCode::Done);
    }
    let changes: Vec<&Change> = looked
        .iter()
        .filter_map(|(_, undoing)| match undoing {
            Undoing::Restore(change) => Some(change),
            _ => None,
        })
        .collect();
    let mut approval = Approval::Flag(Cap::All);
    if !changes.is_empty() {
        let screen = context.talk_screen(Extent::Brief);
        context.terminal.say(&report::undo_plan(&looked, screen));
        match agreement.ask(&report::undo_question(changes.len()), context) {
            Ok(given) => approval = given,
            Err(why) => return not_confirmed(&why, context),
        }
        if matches!(site, Site::Pooler(_)) {
            // A person may have taken a minute to answer, and the console compares nothing.
            looked = look(site)?;
        }
    }
    let mut plans = Vec::new();
    for (fence, undoing) in looked {
        let plan = match undoing {
            Undoing::Restore(change) => match change.confirm(&approval) {
                Ok(confirmed) => Plan::Change(confirmed),
                Err(why) => return not_confirmed(&why, context),
            },
            Undoing::Back => Plan::Settled(Came::Back),
            Undoing::Gone => Plan::Settled(Came::Gone),
            Undoing::Foreign(now) => Plan::Settled(Came::Foreign(now)),
            Undoing::Paused => Plan::Settled(Came::Paused),
        };
        plans.push((fence, plan));
    }
    let _noted = Interruption::note_signals();
    let record = &mut record;
    let unnamed = Server::default();
    let mut done = Vec::new();
    for (fence, plan) in plans {
        let matter = Matter {
            deed: Deeds::TakeBack,
            fence,
            server: telling.server.unwrap_or(&unnamed),
            reason: agreement.reason.as_deref(),
        };
        let (came, unrecorded) = match plan {
            Plan::Settled(came) => {
                let unrecorded = matter.settle(site.lane(), record, &came);
                (came, unrecorded)
            }
            Plan::Change(confirmed) => site.carry_out(&matter, record, &confirmed)?,
        };
        say_unrecorded(unrecorded, context);
        done.push((fence, came));
    }
    say_lines(record, context);
    let code = exit_code(done.iter().map(|(_, came)| came));
    telling.tell(&done, code)?;
    for (fence, came) in &done {
        if matches!(came, Came::Foreign(_) | Came::Paused) {
            let forget = context.line(&standing::step(&["--forget", &fence.id]));
            context.terminal.say(&format!(
                "  to leave it so and take the fence off the list: {}\n",
                crate::report::sanitize::line(&forget)
            ));
        }
    }
    Ok(code)
}

/// What is to be done with one fence.
enum Plan {
    Change(ConfirmedChange),
    Settled(Came),
}

/// The fences meant by what was typed.
fn meant<'a>(
    which: Which<'_>,
    recorded: &'a [Standing],
    here: impl Fn(&&Standing) -> bool,
    place: &str,
    context: &Context,
) -> Result<Vec<&'a Standing>, Failure> {
    let (on_this, elsewhere): (Vec<&Standing>, Vec<&Standing>) =
        recorded.iter().partition(|fence| here(fence));
    match which {
        Which::Id(id) => {
            let fence = named(id, recorded, context)?;
            if here(&fence) {
                return Ok(vec![fence]);
            }
            Err(not_here(&[fence], place))
        }
        _ if on_this.is_empty() => Err(not_here(&elsewhere, place)),
        Which::Only if on_this.len() > 1 => {
            let mut failure = Failure::say(
                ExitCode::Usage,
                format!(
                    "{} fences stand {place}; say which with --undo ID, or --undo --all",
                    on_this.len()
                ),
            );
            for fence in on_this {
                failure = failure.hint(format!("{}: {}", fence.id, report::what(&fence.subject)));
            }
            Err(failure)
        }
        Which::Only | Which::All => Ok(on_this),
    }
}

fn not_here(fences: &[&Standing], place: &str) -> Failure {
    let mut failure = Failure::say(
        ExitCode::Refused,
        match fences {
            [fence] => format!(
                "fence {} stands {}, {}; nothing was done",
                fence.id,
                match fence.subject.kind {
                    Kind::Pool => "in another pooler",
                    Kind::Role | Kind::Database => "on another server",
                },
                fence.endpoint
            ),
            _ => format!("no fence stands {place}; others do, see --list"),
        },
    );
    for fence in fences {
        let line = standing::recorded_undo_line(fence);
        failure = failure.hint(format!("next: {line}"));
    }
    failure
}

/// The fence of this ID.
fn named<'a>(
    id: &str,
    recorded: &'a [Standing],
    context: &Context,
) -> Result<&'a Standing, Failure> {
    let found = recorded.iter().find(|fence| fence.id == id);
    found.ok_or_else(|| {
        if recorded.is_empty() {
            return none_stands(context);
        }
        let ids: Vec<&str> = recorded.iter().map(|fence| fence.id.as_str()).collect();
        Failure::say(
            ExitCode::Usage,
            format!("no fence {id:?} stands; there are {}", ids.join(", ")),
        )
    })
}

/// Says that there is none, and by which record: another account has its own.
pub fn none_stands(context: &Context) -> Failure {
    let place = standing::path(context).map_or("it has no place".to_owned(), |path| {
        path.display().to_string()
    });
    Failure::say(
        ExitCode::Nothing,
        format!("no fence stands, by the record of this account: {place}"),
    )
}

/// Runs `fence --forget`.
pub fn forget(id: &str, agreement: &Agreement, context: &Context) -> Outcome {
    let recorded = standing::recorded(context);
    let fence = named(id, &recorded, context)?;
    agreement.somebody_can_agree(context)?;
    let screen = context.screen(Extent::Brief);
    if agreement.dry_run {
        let text = format!(
            "PLAN: take fence {id} on {} off the list; nothing else is touched\n",
            report::what(&fence.subject)
        );
        context.answer(&text)?;
        return Ok(ExitCode::Done);
    }
    let question = format!(
        "Take fence {id} on {} off the list, and leave the rest as it is? [y/N] ",
        report::what(&fence.subject)
    );
    let change = Change {
        subject: fence.subject.clone(),
        from: Some(fence.limit),
        to: Some(fence.limit),
    };
    let agreed = agreement.ask(&question, context);
    if let Err(why) = agreed.and_then(|approval| change.confirm(&approval)) {
        return not_confirmed(&why, context);
    }
    let mut record = open_record(&agreement.approval(), context)?;
    let server = Server {
        system_identifier: fence.system_identifier.clone(),
        ..Server::default()
    };
    let matter = Matter {
        deed: Deeds::TakeBack,
        fence,
        server: &server,
        reason: agreement.reason.as_deref(),
    };
    if let Some(error) = matter.settle("none", &mut record, &Came::Forgotten) {
        return Err(Failure::say(
            ExitCode::Refused,
            format!("{error}; nothing was done"),
        ));
    }
    say_lines(&mut record, context);
    let rows = [Listed {
        fence,
        seen: Seen::NotLooked,
        age: None,
        came: Some((&Came::Forgotten, true)),
    }];
    let text = match context.format {
        Format::Json => json_text(&fence_json(&FenceView {
            action: "forget",
            dry_run: false,
            exit_code: ExitCode::Done.number(),
            server: None,
            lane: None,
            fences: &rows,
            record: None,
        }))?,
        Format::Csv => report::records(&rows).csv(),
        Format::Markdown => report::records(&rows).markdown(),
        Format::Table => report::undone(&[(fence, Came::Forgotten)], screen),
    };
    context.answer(&text)?;
    Ok(ExitCode::Done)
}

/// Takes back the fence that stood for a time. The way in may have been lost meanwhile; it is opened once more.
pub(super) fn at_the_end(
    site: &mut Site<'_>,
    matter: &Matter<'_>,
    record: &mut Record,
    context: &Context,
) -> (Came, ExitCode) {
    let matter = Matter {
        deed: Deeds::TakeBack,
        ..*matter
    };
    let mut undone = once(site, &matter, record, context);
    if matches!(undone, Came::Unknown(_)) && site.reopen(context).is_ok() {
        undone = once(site, &matter, record, context);
    }
    let code = match exit_code(std::iter::once(&undone)) {
        ExitCode::Done => ExitCode::Done,
        ExitCode::Unknown => ExitCode::Unknown,
        // It was put up, and it is not taken back.
        _ => ExitCode::Partly,
    };
    if code != ExitCode::Done {
        context.terminal.say(&format!(
            "breakglass: fence {} is not undone; next: {}\n",
            matter.fence.id,
            standing::undo_line(context, matter.fence)
        ));
    }
    (undone, code)
}

fn once(site: &mut Site<'_>, matter: &Matter<'_>, record: &mut Record, context: &Context) -> Came {
    let (came, unrecorded) = match site.look_at_undoing(matter.fence) {
        Err(error) => return Came::Unknown(error.to_string()),
        // The wish to have it back was part of the plan.
        Ok(Undoing::Restore(change)) => match change.confirm(&Approval::Flag(Cap::All)) {
            Ok(confirmed) => match site.carry_out(matter, record, &confirmed) {
                Ok(done) => done,
                Err(failure) => return Came::Refused(format!("{:#}", failure.error)),
            },
            Err(_) => return Came::Refused("not confirmed".to_owned()),
        },
        Ok(settled) => {
            let came = match settled {
                Undoing::Foreign(now) => Came::Foreign(now),
                Undoing::Gone => Came::Gone,
                Undoing::Paused => Came::Paused,
                _ => Came::Back,
            };
            let unrecorded = matter.settle(site.lane(), record, &came);
            (came, unrecorded)
        }
    };
    say_unrecorded(unrecorded, context);
    came
}

/// Everything the answer is made of.
struct Telling<'a> {
    server: Option<&'a Server>,
    lane: Option<&'a LaneView>,
    context: &'a Context,
}

impl Telling<'_> {
    fn plan(&self, looked: &[(&Standing, Undoing)]) -> Result<(), Failure> {
        let rows: Vec<Listed<'_>> = looked
            .iter()
            .map(|(fence, undoing)| Listed {
                fence,
                seen: match undoing {
                    Undoing::Restore(change) => Seen::Limit(change.from),
                    Undoing::Back => Seen::Limit(fence.previous),
                    Undoing::Foreign(now) => Seen::Limit(*now),
                    Undoing::Paused => Seen::Limit(Some(fence.limit)),
                    Undoing::Gone => Seen::Gone,
                },
                age: standing::age(fence),
                came: None,
            })
            .collect();
        let screen = self.context.screen(Extent::Brief);
        let text = self.text(&rows, ExitCode::Done, || report::undo_plan(looked, screen))?;
        self.context.answer(&text)
    }

    fn tell(&self, done: &[(&Standing, Came)], code: ExitCode) -> Result<(), Failure> {
        let rows: Vec<Listed<'_>> = done
            .iter()
            .map(|(fence, came)| Listed {
                fence,
                seen: match came {
                    Came::Set | Came::Back => Seen::Limit(fence.previous),
                    Came::Foreign(now) => Seen::Limit(*now),
                    Came::Gone => Seen::Gone,
                    Came::Refused(_) | Came::Paused => Seen::Limit(Some(fence.limit)),
                    Came::Forgotten | Came::Unknown(_) => Seen::NotLooked,
                },
                age: standing::age(fence),
                came: Some((came, true)),
            })
            .collect();
        let screen = self.context.screen(Extent::Brief);
        let text = self.text(&rows, code, || report::undone(done, screen))?;
        self.context.answer(&text)
    }

    fn text(
        &self,
        rows: &[Listed<'_>],
        code: ExitCode,
        table: impl FnOnce() -> String,
    ) -> Result<String, Failure> {
        Ok(match self.context.format {
            Format::Json => json_text(&fence_json(&FenceView {
                action: "undo",
                dry_run: rows.iter().all(|row| row.came.is_none()),
                exit_code: code.number(),
                server: self.server,
                lane: self.lane,
                fences: rows,
                record: None,
            }))?,
            Format::Csv => report::records(rows).csv(),
            Format::Markdown => report::records(rows).markdown(),
            Format::Table => table(),
        })
    }
}
