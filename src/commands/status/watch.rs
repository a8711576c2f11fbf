//! `status --watch`: one connection, looked through again and again, until q, Ctrl-C or the end of the lane.

use std::collections::{HashSet, VecDeque};
use std::time::{Duration, Instant};

use crate::decide::advice::steps;
use crate::decide::identity::SessionId;
use crate::decide::snapshot::Snapshot;
use crate::error::{Failure, Outcome};
use crate::exit_code::ExitCode;
use crate::observe::{QueryText, Source};
use crate::report::status::StatusView;
use crate::report::{Extent, watch};
use crate::stages::Context;
use crate::stages::context::Way;
use crate::stages::pooler::PoolerArgs;
use crate::stages::signals::Interruption;
use crate::terminal::repaint::{Repaint, Waited};

/// How much of a statement the screen can use.
pub(super) const TEXT: QueryText = QueryText::First(200);
/// The shortest interval: a screen is not worth more of a full server's time.
const SHORTEST: Duration = Duration::from_millis(250);

/// What is remembered between two frames.
struct Past {
    used: VecDeque<u32>,
    known: HashSet<SessionId>,
    at: Option<i64>,
}

/// Watches.
pub fn run(every: Duration, pooler: &PoolerArgs, context: &Context) -> Outcome {
    if every < SHORTEST {
        return Err(Failure::say(
            ExitCode::Usage,
            "--watch needs an interval of at least 250ms",
        ));
    }
    let console = pooler.target(context)?;
    let mut way = context.open()?;
    way.database.ask_pooler(console.as_ref());
    let interruption = Interruption::note_signals().unwrap_or_default();
    let mut snapshot = way
        .database
        .look(TEXT)
        .map_err(crate::stages::cannot_look)?;
    let screen = context.terminal.take_screen().map_err(|error| {
        Failure::new(
            ExitCode::Usage,
            anyhow::Error::new(error).context("--watch needs a terminal"),
        )
        .hint("without one, run 'breakglass status' again and again, or use --format json")
    })?;
    let mut past = Past {
        used: VecDeque::new(),
        known: HashSet::new(),
        at: None,
    };
    let ended = loop {
        let frame = past.frame(&snapshot, &way, context);
        if screen.paint(&frame).is_err() {
            break Ok(());
        }
        if leave(&screen, every, &interruption) {
            break Ok(());
        }
        match way.database.look(TEXT) {
            Ok(next) => snapshot = next,
            Err(error) => break Err(error),
        }
    };
    drop(screen);
    match ended {
        Ok(()) => Ok(ExitCode::Done),
        Err(error) => Err(crate::stages::cannot_look(error)),
    }
}

/// Waits out the interval. True: the person, or whoever owns the terminal, wants to leave.
fn leave(screen: &Repaint, every: Duration, interruption: &Interruption) -> bool {
    let began = Instant::now();
    loop {
        let left = every.saturating_sub(began.elapsed());
        match screen.wait(left) {
            Waited::Elapsed => return interruption.arrived(),
            Waited::Key(b'q' | b'Q' | 3 | 4 | 27) | Waited::Closed => return true,
            Waited::Key(b' ' | b'\n') => return false,
            Waited::Key(_) => {}
            Waited::Interrupted if interruption.arrived() => return true,
            // A resized window: paint again at once.
            Waited::Interrupted => return false,
        }
    }
}

impl Past {
    fn frame(&mut self, snapshot: &Snapshot, way: &Way, context: &Context) -> String {
        let refill = self.refill(snapshot);
        // The window may have been resized since the last frame.
        let screen = context.resized().screen(Extent::Brief);
        let width = screen.width.unwrap_or(80).saturating_sub(42).max(10);
        self.used.push_back(snapshot.capacity().ordinary.used);
        while self.used.len() > width {
            self.used.pop_front();
        }
        let lane = way.view(&snapshot.capacity(), &snapshot.server);
        let next = context.advice(&steps(snapshot, &way.policy(&[])));
        let pooler = way.database.pooler();
        let mut view = StatusView {
            pooler: pooler.as_ref(),
            snapshot,
            lane: &lane,
            next: &next,
            read_up: None,
        };
        let read_up = view.runbook().map(|page| context.read_up(page));
        view.read_up = read_up.as_deref();
        let used: Vec<u32> = self.used.iter().copied().collect();
        let trend = watch::Trend {
            used: &used,
            refill,
            at: snapshot.at,
        };
        watch::frame(&view, &trend, screen)
    }

    /// New sessions a second since the last look, by the server's clock.
    fn refill(&mut self, snapshot: &Snapshot) -> Option<f64> {
        let now: HashSet<SessionId> = snapshot.holders().map(|session| session.id).collect();
        let new = u32::try_from(now.difference(&self.known).count()).unwrap_or(u32::MAX);
        let since = self.at.map(|at| snapshot.at - at);
        self.known = now;
        self.at = Some(snapshot.at);
        let micros = since.filter(|micros| *micros > 0)?;
        #[allow(clippy::cast_precision_loss)]
        Some(f64::from(new) / (micros as f64 / 1e6))
    }
}
