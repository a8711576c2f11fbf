//! Ctrl-C, SIGTERM and a closed terminal, once acting has begun: finish the target in hand, verify, record, report.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

/// The flag of this process: a signal that arrived in one step stops the following ones too.
static NOTED: OnceLock<Arc<AtomicBool>> = OnceLock::new();

/// Whether somebody wants us to stop.
#[derive(Debug, Clone, Default)]
pub struct Interruption(Arc<AtomicBool>);

impl Interruption {
    /// From now on these signals are noted instead of ending the process. An error means that they
    /// still end it.
    pub fn note_signals() -> std::io::Result<Self> {
        if let Some(flag) = NOTED.get() {
            return Ok(Self(Arc::clone(flag)));
        }
        let noted = Self::default();
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            signal_hook::flag::register(signal, Arc::clone(&noted.0))?;
        }
        let flag = NOTED.get_or_init(|| noted.0);
        Ok(Self(Arc::clone(flag)))
    }

    /// Whether signals are being noted and one has arrived.
    pub fn noted() -> bool {
        NOTED.get().is_some_and(|flag| flag.load(Ordering::Relaxed))
    }

    /// Whether one arrived.
    pub fn arrived(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// While a question stands after acting, these signals end the process again, as they do at every other question.
#[derive(Debug)]
pub struct AtQuestion(Arc<AtomicBool>);

impl AtQuestion {
    /// From now until it is dropped. An error means that they do not.
    pub fn begin() -> std::io::Result<Self> {
        let standing = Arc::new(AtomicBool::new(true));
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            signal_hook::flag::register_conditional_default(signal, Arc::clone(&standing))?;
        }
        Ok(Self(standing))
    }
}

impl Drop for AtQuestion {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Relaxed);
    }
}
