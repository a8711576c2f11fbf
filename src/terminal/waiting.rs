//! What is awaited and how long still, for waits in which nobody else has the word: a login, a look through all lanes.
//!
//! Shown from the first second on, on a terminal only. Never: outlives the wait.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::Terminal;

/// What is over by then needs no words.
const QUIET: Duration = Duration::from_secs(1);
/// Between two updates.
const ROUND: Duration = Duration::from_millis(250);

/// A wait that is told of until this is dropped.
#[derive(Debug)]
pub struct Waiting {
    over: Arc<(Mutex<bool>, Condvar)>,
    teller: Option<JoinHandle<()>>,
}

impl Waiting {
    /// Begins to tell of `what`, which takes `limit` at most.
    pub fn begin(terminal: Terminal, what: String, limit: Duration) -> Self {
        let over = Arc::new((Mutex::new(false), Condvar::new()));
        let heard = Arc::clone(&over);
        // Without a thread for it the wait goes on untold.
        let teller = terminal
            .talks_to_person()
            .then(|| thread::Builder::new().spawn(move || tell(terminal, &what, limit, &heard)));
        Self {
            over,
            teller: teller.and_then(Result::ok),
        }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let (over, changed) = &*self.over;
        *over.lock().unwrap_or_else(PoisonError::into_inner) = true;
        changed.notify_all();
        if let Some(teller) = self.teller.take() {
            let _ = teller.join();
        }
    }
}

fn tell(terminal: Terminal, what: &str, limit: Duration, heard: &(Mutex<bool>, Condvar)) {
    let (over, changed) = heard;
    let began = Instant::now();
    let mut pause = QUIET;
    let mut over = over.lock().unwrap_or_else(PoisonError::into_inner);
    loop {
        let waited = changed.wait_timeout_while(over, pause, |over| !*over);
        over = waited.unwrap_or_else(PoisonError::into_inner).0;
        if *over {
            break;
        }
        let left = limit.saturating_sub(began.elapsed()).as_secs_f64().ceil();
        terminal.progress(&format!("{what}, at most {left:.0} s more"));
        pause = ROUND;
    }
    if pause == ROUND {
        terminal.progress("");
    }
}
