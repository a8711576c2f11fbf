//! `breakglass record`: appends one sample to the file of samples.
//!
//! Not the record of what this tool did, which is the module `record`'s: a sample is a count.

use std::time::Duration;

use clap::Args;

use crate::args::{Format, duration};
use crate::connect::Target;
use crate::decide::sample::{Counts, Refused, Sample};
use crate::error::{Failure, Outcome};
use crate::exit_code::ExitCode;
use crate::lanes::{Counted, Variant};
use crate::observe::{QueryText, Source};
use crate::report::sample::{SampleView, sample as report_sample};
use crate::report::{duration as wording, json, sanitize};
use crate::samples::Samples;
use crate::stages::Context;
use crate::stages::series::{FileArgs, now, series};

/// Append one sample: who holds the slots now, and the limits
///
/// For cron or a systemd timer; breakglass headroom reviews what was gathered. Counts sessions by role,
/// application, database and state, in one look over one connection, or over the replication lane, which takes no
/// slot. A login that is refused is a sample too: it is kept with the reason. Says nothing when all went well.
/// Changes nothing in the database. Samples older than --keep are removed from the file.
///
/// Needs pg_monitor to see other roles' states and applications.
///
/// Exit codes: 0 appended, also when the server was full; 2 wrong use; 3 no lane for another reason than a full
/// server (the refusal is appended); 4 the file cannot be written.
///
/// Example: breakglass record --lane replication -t prod
#[derive(Debug, Args)]
pub struct RecordArgs {
    #[command(flatten)]
    file: FileArgs,
    /// Remove this server's samples that are older than this
    #[arg(long, value_name = "TIME", default_value = "400d", value_parser = keep)]
    keep: Duration,
    /// Say what was appended
    #[arg(long)]
    verbose: bool,
}

/// `--keep`
fn keep(text: &str) -> Result<Duration, String> {
    let keep = duration(text)?;
    if keep < Duration::from_secs(86_400) {
        return Err("less than a day says nothing about headroom; write 30d or 400d".to_owned());
    }
    Ok(keep)
}

/// Proves that the file can be used, looks once, and appends.
pub fn run(args: &RecordArgs, context: &Context) -> Outcome {
    if matches!(context.format, Format::Csv | Format::Markdown) {
        return Err(Failure::say(
            ExitCode::Usage,
            "record writes a sample; with --format json it prints it too",
        ));
    }
    let path = args.file.path(context)?;
    let unwritable = |sentence: String| Failure::say(ExitCode::Refused, sentence);
    let mut samples = Samples::open(&path).map_err(unwritable)?;
    let target = context.target()?;
    let server = series(&target);
    let (sample, failure) = take(context, target);
    // Nothing was asked of a server, so nothing is known about one.
    if let (Some(failure), None) = (&failure, &sample.refusal) {
        return Err(Failure::say(failure.code, format!("{:#}", failure.error)));
    }
    let appended = samples
        .append(&server, &sample, args.keep)
        .map_err(unwritable)?;
    if let Some(back) = appended.back {
        context.terminal.say(&format!(
            "breakglass: the clock went back: the sample before this one was taken {} later\n",
            wording::age(back)
        ));
    }
    let view = SampleView {
        server: &server,
        file: &path.display().to_string(),
        sample: &sample,
        kept: appended.kept,
        removed: appended.removed,
    };
    if context.format == Format::Json {
        context.answer(&crate::stages::json_text(&json::sample::sample(&view))?)?;
    } else if args.verbose {
        context.answer(&report_sample(&view))?;
    }
    let Some(mut failure) = failure else {
        return Ok(ExitCode::Done);
    };
    if sample
        .refusal
        .as_ref()
        .is_some_and(|refusal| refusal.exhaustion)
    {
        return Ok(ExitCode::Done);
    }
    // One document on stdout: the sample says what was refused.
    failure.json = None;
    let path = path.display().to_string();
    Err(failure.hint(format!(
        "the refusal was appended to {}",
        sanitize::line(&path)
    )))
}

/// One look, or why there was none.
fn take(context: &Context, target: Target) -> (Sample, Option<Failure>) {
    let looked = match context.open_for_sample(target) {
        Ok(mut way) => way
            .database
            .look(QueryText::First(0))
            .map(|snapshot| (Counts::of(&snapshot), way.refusals.first().map(refused)))
            .map_err(|error| (crate::stages::cannot_look(error), None)),
        Err((failure, refusals)) => {
            let worst = refusals
                .iter()
                .find(|it| it.explanation.variant.is_exhaustion())
                .or(refusals.first())
                .map(refused);
            Err((failure, worst))
        }
    };
    // After the look: a storm may have taken ten seconds, and the count is of its end.
    let at = now();
    match looked {
        Ok((counts, refusal)) => {
            let sample = Sample {
                at,
                counts: Some(counts),
                refusal,
            };
            (sample, None)
        }
        Err((failure, refusal)) => {
            let sample = Sample {
                at,
                counts: None,
                refusal,
            };
            (sample, Some(failure))
        }
    }
}

fn refused(counted: &Counted) -> Refused {
    let variant: Variant = counted.explanation.variant;
    Refused {
        lane: counted.refusal.lane.name().to_owned(),
        variant: variant.name().to_owned(),
        exhaustion: variant.is_exhaustion(),
    }
}
