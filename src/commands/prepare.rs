//! `breakglass prepare`: the break-glass role, made before the night it is needed.

mod apply;
mod args;
mod password;
mod terms;

pub use self::args::PrepareArgs;
use self::terms::{known, provider, wanted};
use crate::args::Format;
use crate::decide::prepare::{Have, prepare};
use crate::error::{Failure, Outcome};
use crate::exit_code::ExitCode;
use crate::report::prepare::{PrepareView, document, sql};
use crate::stages::Context;

/// Prints the preparation, or applies it.
pub fn run(args: &PrepareArgs, context: &Context) -> Outcome {
    if args.apply {
        return apply::run(args, context);
    }
    if matches!(context.format, Format::Csv | Format::Markdown) {
        let what = "prepare prints SQL; use --format table or json, or --apply";
        return Err(Failure::say(ExitCode::Usage, what));
    }
    print(args, context)
}

fn print(args: &PrepareArgs, context: &Context) -> Outcome {
    let have = match args.server_version {
        Some(version_num) => Have {
            version_num,
            ..Have::default()
        },
        None => known(args, &mut context.open()?)?,
    };
    let provider = provider(args, &have);
    let password = password::choose(args, have.role.is_some(), context)?;
    let verifier = password.as_ref().map(|it| it.verifier.clone());
    let preparation = prepare(&wanted(args, verifier), &have, &provider);
    let view = PrepareView {
        preparation: &preparation,
        role: &args.role,
        version_num: have.version_num,
        provider: provider.name,
    };
    let text = match context.format {
        Format::Json => crate::stages::json_text(&document(&view))?,
        _ => sql(&view),
    };
    context.answer(&text)?;
    if let Some(secret) = password.filter(|secret| secret.generated) {
        context
            .terminal
            .say(&format!("the password, shown this once: {}\n", secret.text));
    }
    Ok(ExitCode::Done)
}
