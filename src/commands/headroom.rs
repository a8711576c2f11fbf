//! `breakglass headroom`: reviews the samples, connects to nothing.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use crate::args::duration;
use crate::connect::Config;
use crate::decide::headroom::{DAY, History, prometheus, review};
use crate::error::{Failure, Outcome};
use crate::exit_code::ExitCode;
use crate::report::headroom::{self, HeadroomView};
use crate::report::{Extent, json};
use crate::samples::Samples;
use crate::stages::Context;
use crate::stages::series::{FileArgs, now, series};
use crate::stages::telling::{Answer, Rows, tell};

/// Review the samples: peaks, trend, fleet and role limits
///
/// Peaks by week and the middle and busy samples against the ordinary slots; each application's growth; the day the
/// ceiling is reached at this trend, with a 95 % interval, or why that cannot be said; how high a deploy peaks; what
/// the [[fleet]] of the configuration could hold; which role could take every slot, and limits that sum to less.
/// Connects to nothing and changes nothing: the SQL is printed. Needs samples (breakglass record), or the JSON of a
/// Prometheus range query.
///
/// Exit codes: 0 shown, 1 no sample of that server, 2 wrong use or a file that cannot be read.
///
/// Example: breakglass headroom --format markdown -t prod
#[derive(Debug, Args)]
pub struct HeadroomArgs {
    #[command(flatten)]
    file: FileArgs,
    /// Review the answer of a Prometheus range query instead (JSON)
    #[arg(long, value_name = "FILE", conflicts_with = "file")]
    from_prometheus: Option<PathBuf>,
    /// Only the samples of so long
    #[arg(long, value_name = "TIME", value_parser = duration)]
    since: Option<Duration>,
    /// Ordinary slots to measure against, instead of the server's
    #[arg(long, value_name = "SLOTS", value_parser = clap::value_parser!(u32).range(1..))]
    capacity: Option<u32>,
}

/// Reads, reviews, shows.
pub fn run(args: &HeadroomArgs, context: &Context) -> Outcome {
    let usage = |sentence: String| Failure::say(ExitCode::Usage, sentence);
    let config =
        Config::read(&context.environment).map_err(|error| Failure::new(ExitCode::Usage, error))?;
    let (server, history) = match &args.from_prometheus {
        Some(path) => {
            let place = path.display().to_string();
            let text = std::fs::read_to_string(path)
                .map_err(|error| usage(format!("cannot read {place}: {error}")))?;
            let mut history = prometheus::read(&text, args.capacity, now())
                .map_err(|what| usage(format!("{place}: {what}")))?;
            let since = since(args);
            history.points.retain(|point| point.at >= since);
            for named in history.applications.iter_mut().chain(&mut history.roles) {
                named.days.retain(|(day, _)| *day >= since.div_euclid(DAY));
            }
            (place, history)
        }
        None => read_samples(args, context)?,
    };
    let Some(review) = review(&history, config.fleet(), args.capacity) else {
        return Err(
            Failure::say(ExitCode::Nothing, format!("there is no sample of {server}"))
                .hint("next: breakglass record"),
        );
    };
    let view = HeadroomView {
        server: &server,
        history: &history,
        review: &review,
    };
    let answer = Answer {
        origin: None,
        screen: &|screen| headroom::screen(&view, screen),
        rows: Rows::Texts(&|| headroom::weeks(&review).csv(), &|| {
            headroom::markdown(&view)
        }),
        document: &|| crate::stages::json_text(&json::headroom::headroom(&view)),
        extent: Extent::Brief,
        long: true,
    };
    tell(&answer, ExitCode::Done, context)
}

fn since(args: &HeadroomArgs) -> i64 {
    args.since.map_or(0, |since| {
        now().saturating_sub(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
    })
}

/// The samples of the target; where the file knows only one server, that one.
fn read_samples(args: &HeadroomArgs, context: &Context) -> Result<(String, History), Failure> {
    let usage = |sentence: String| Failure::say(ExitCode::Usage, sentence);
    let path = args.file.path(context)?;
    let samples = Samples::open_to_read(&path).map_err(usage)?;
    let known = samples.servers().map_err(usage)?;
    // A target's name is enough: nothing is connected, so its password command need not run.
    let wanted = match &context.connection.target {
        Some(name) => name.clone(),
        None => series(&context.target()?),
    };
    let named = !context.connection.typed_again().is_empty();
    let server = match known.as_slice() {
        _ if known.contains(&wanted) => wanted,
        [only] if !named => only.clone(),
        _ => {
            return Err(Failure::say(
                ExitCode::Nothing,
                format!(
                    "{} has no sample of {wanted}; it has: {}",
                    path.display(),
                    known.join(", ")
                ),
            ));
        }
    };
    let history = samples
        .history(&server, since(args), now())
        .map_err(usage)?;
    Ok((server, history))
}
