//! `fence --pool`: PgBouncer's `DISABLE` of one of its databases as a fence. Look, judge, show, ask, look again, record,
//! disable, look; with `--for`, wait and take it back.
//!
//! Never: touches what is disabled already; ends a client.

use std::time::Duration;

use super::change::{Deeds, Matter, exit_code};
use super::put_up::{say_unrecorded, wait};
use super::site::Site;
use super::{Agreement, not_confirmed, take_back};
use crate::args::Format;
use crate::commands::pgbouncer::act::no_plan;
use crate::decide::fence::pool::{DISABLED, subject};
use crate::decide::fence::{Came, Change, Standing};
use crate::decide::pools::Pooler;
use crate::decide::pools::action::{NoPlan, Verb, plan_database};
use crate::decide::snapshot::Server;
use crate::error::{Failure, Outcome};
use crate::exit_code::ExitCode;
use crate::record::fences::new_id;
use crate::report::fence::pool::{self as screens, PoolPlan};
use crate::report::fence::{Listed, Seen};
use crate::report::json::fence::{FenceView, fence as fence_json};
use crate::report::{Extent, Screen, fence as report};
use crate::stages::acting::{open_record, say_lines};
use crate::stages::console::{Eyes, LOOK, cannot_look};
use crate::stages::pooler::PoolerArgs;
use crate::stages::signals::Interruption;
use crate::stages::{Context, json_text, standing};

/// Runs `fence --pool`.
pub fn run(
    name: &str,
    hold: Option<Duration>,
    typed: &PoolerArgs,
    agreement: &Agreement,
    context: &Context,
) -> Outcome {
    agreement.somebody_can_agree(context)?;
    let mut record = open_record(&agreement.approval(), context)?;
    let mut eyes = Eyes::open(typed, context)?;
    let before = eyes.look().map_err(cannot_look)?;
    let recorded = standing::recorded(context);
    let stands =
        |fence: &&Standing| fence.is_in_pooler(&before.endpoint) && fence.subject.name == name;
    if let Some(fence) = recorded.iter().find(stands) {
        return Err(Failure::say(
            ExitCode::Refused,
            format!("fence {} stands on pool {name:?} already", fence.id),
        )
        .hint(format!("next: {}", standing::undo_line(context, fence))));
    }
    if let Err(why) = plan_database(Verb::Disable, name, &before, LOOK) {
        return no_plan(why, name, context);
    }
    let protected = &eyes.target.protected.databases;
    if protected.iter().any(|it| it == name) {
        return Err(Failure::say(
            ExitCode::Refused,
            format!("the configuration protects database {name:?}; nothing was done"),
        ));
    }
    let mut connection = context.connection.typed_again();
    if let Some(dsn) = &typed.pgbouncer {
        connection.extend(["--pgbouncer".to_owned(), dsn.clone()]);
    }
    let fence = Standing {
        id: new_id(&recorded),
        subject: subject(name),
        previous: None,
        limit: DISABLED,
        endpoint: before.endpoint.clone(),
        system_identifier: None,
        since: humantime::format_rfc3339_micros(std::time::SystemTime::now()).to_string(),
        by: String::new(),
        reason: None,
        connection,
        sure: false,
    };
    let telling = Telling {
        fence: &fence,
        before: &before,
        undo: match (agreement.no_record, agreement.dry_run) {
            (true, _) => None,
            // The ID is drawn when the fence is put up.
            (false, true) => Some(standing::recorded_undo_line(&Standing {
                id: "ID".to_owned(),
                ..fence.clone()
            })),
            (false, false) => Some(standing::recorded_undo_line(&fence)),
        },
        hold,
        context,
    };
    if agreement.dry_run {
        telling.tell(None, ExitCode::Done)?;
        return Ok(ExitCode::Done);
    }
    let plan = telling.plan(context.talk_screen(Extent::Brief));
    context.terminal.say(&plan);
    let change = Change {
        subject: fence.subject.clone(),
        from: None,
        to: Some(DISABLED),
    };
    let agreed = agreement
        .ask(&screens::question(&fence), context)
        .and_then(|approval| change.confirm(&approval));
    let confirmed = match agreed {
        Ok(confirmed) => confirmed,
        Err(why) => return not_confirmed(&why, context),
    };
    // A person may have taken a minute to answer, and the console compares nothing.
    let now = eyes.look_surely().map_err(cannot_look)?;
    match plan_database(Verb::Disable, name, &now, LOOK) {
        Ok(_) => {}
        Err(NoPlan::Already(_)) => {
            let text = report::sentence(&fence, &Came::Foreign(Some(DISABLED)), false);
            return Err(Failure::say(ExitCode::Refused, text));
        }
        Err(why) => return no_plan(why, name, context),
    }
    // From here on a signal does not end us between the record and the change.
    let interruption = Interruption::note_signals().unwrap_or_default();
    let record = &mut record;
    let matter = Matter {
        deed: Deeds::PutUp,
        fence: &fence,
        server: &Server::default(),
        reason: agreement.reason.as_deref(),
    };
    let mut site = Site::Pooler(&mut eyes);
    let (came, unrecorded) = site.carry_out(&matter, record, &confirmed)?;
    say_unrecorded(unrecorded, context);
    say_lines(record, context);
    let code = exit_code(std::iter::once(&came));
    let held = hold.filter(|_| came == Came::Set);
    if held.is_none() || context.format == Format::Table {
        telling.tell(Some((&came, false)), code)?;
    }
    let Some(hold) = held else {
        return Ok(code);
    };
    wait(hold, &fence, &interruption, context);
    let (undone, code) = take_back::at_the_end(&mut site, &matter, record, context);
    say_lines(record, context);
    match context.format {
        Format::Table => {
            let text = report::undone(&[(&fence, undone)], context.screen(Extent::Brief));
            context.answer(&text)?;
        }
        _ => telling.tell(Some((&undone, true)), code)?,
    }
    Ok(code)
}

/// The console of the pooler that `fence` stands in, or how to name it.
pub(super) fn open(
    typed: &PoolerArgs,
    meant: Option<&Standing>,
    context: &Context,
) -> Result<Eyes, Failure> {
    let named = typed.target(context)?.is_some();
    Eyes::open(typed, context).map_err(|failure| match meant {
        Some(fence) if !named => {
            failure.hint(format!("next: {}", standing::recorded_undo_line(fence)))
        }
        _ => failure,
    })
}

/// Everything the answer is made of.
struct Telling<'a> {
    fence: &'a Standing,
    before: &'a Pooler,
    undo: Option<String>,
    hold: Option<Duration>,
    context: &'a Context,
}

impl Telling<'_> {
    fn plan(&self, screen: Screen) -> String {
        let Some(database) = self.before.database(&self.fence.subject.name) else {
            return String::new();
        };
        let view = PoolPlan {
            fence: self.fence,
            pooler: self.before,
            database,
            undo: self.undo.as_deref(),
            hold: self.hold,
        };
        screens::plan(&view, screen)
    }

    /// Prints the plan, or what came of it.
    fn tell(&self, came: Option<(&Came, bool)>, code: ExitCode) -> Result<(), Failure> {
        let screen = self.context.screen(Extent::Brief);
        let rows = [Listed {
            fence: self.fence,
            seen: match came {
                Some((Came::Set, false) | (Came::Paused, _)) => Seen::Limit(Some(DISABLED)),
                Some((Came::Gone, _)) => Seen::Gone,
                Some((Came::Unknown(_), _)) => Seen::NotLooked,
                _ => Seen::Limit(None),
            },
            age: None,
            came,
        }];
        let text = match (self.context.format, came) {
            (Format::Json, _) => json_text(&fence_json(&FenceView {
                action: "fence",
                dry_run: came.is_none(),
                exit_code: code.number(),
                server: None,
                lane: None,
                fences: &rows,
                record: None,
            }))?,
            (Format::Csv, _) => report::records(&rows).csv(),
            (Format::Markdown, _) => report::records(&rows).markdown(),
            (Format::Table, None) => self.plan(screen),
            (Format::Table, Some((came, _))) => {
                report::put_up(self.fence, came, self.undo.as_deref(), screen)
            }
        };
        self.context.answer(&text)
    }
}
