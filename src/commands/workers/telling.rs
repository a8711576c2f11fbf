//! How a recycling ended, in words and as an exit code.

use super::recycle::{Ended, Request};
use crate::args::Format;
use crate::commands::acting::{acted_code, not_confirmed};
use crate::commands::{Context, json_text};
use crate::decide::workers::outcome::ending;
use crate::error::Failure;
use crate::exit_code::ExitCode;
use crate::report::workers::{self as screens, RecycleView};
use crate::report::{Extent, json};

pub(super) fn exit_code(ended: &Ended) -> ExitCode {
    match ended {
        Ended::Nothing(plan) if plan.spared.iter().any(|(_, reason)| reason.protects()) => {
            ExitCode::Refused
        }
        Ended::Nothing(_) | Ended::Reached(..) => ExitCode::Nothing,
        Ended::DryRun(_) => ExitCode::Done,
        Ended::NotConfirmed(..) => ExitCode::Refused,
        Ended::Acted(_, verified) => acted_code(ending(&verified.targets, &verified.stopped)),
    }
}

pub(super) fn tell(
    ended: &Ended,
    code: ExitCode,
    request: &Request,
    context: &Context,
) -> Result<(), Failure> {
    let say = |text: &str| context.terminal.say(&format!("breakglass: {text}\n"));
    let (plan, verified) = match ended {
        Ended::Nothing(plan) | Ended::DryRun(plan) => (plan, None),
        Ended::Reached(plan, look) => {
            say(&screens::reached(look));
            (plan, None)
        }
        Ended::NotConfirmed(plan, why) => {
            say(&not_confirmed(why, "processes"));
            (plan, None)
        }
        Ended::Acted(plan, verified) => (plan, Some(verified)),
    };
    let view = RecycleView {
        plan,
        verified,
        dry_run: request.approval.dry_run,
        exit_code: code.number(),
    };
    let screen = context.screen(Extent::Brief);
    let text = match context.format {
        Format::Json => json_text(&json::workers::recycle(&view))?,
        Format::Csv => screens::targets(&view).csv(),
        Format::Markdown => screens::targets(&view).markdown(),
        Format::Table => match (ended, verified) {
            (_, Some(verified)) => screens::outcome(verified, screen),
            (Ended::NotConfirmed(..) | Ended::Reached(..), _) => String::new(),
            _ => screens::plan(plan, screen),
        },
    };
    context.answer(&text)
}
