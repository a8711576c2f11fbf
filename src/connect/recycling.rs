//! What the configuration says of recycling: a recycler, and one key of a runtime.
//!
//! Pure values.

use crate::decide::workers::runtime::{MasterIs, Recipe, Role};
use crate::decide::workers::signal::Signal;
use regex::Regex;
use std::time::Duration;

/// A platform's own way to restart an application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recycler {
    /// `[recycler.NAME]`
    pub name: String,
    /// For a shell.
    pub command: String,
    /// How long it may take.
    pub timeout: Duration,
    /// How many connections it is expected to free; `None`: nobody said.
    pub frees: Option<usize>,
}

/// One key of a `[runtime.NAME]`.
#[derive(Debug, Clone)]
pub(super) enum RuntimeKey {
    Title(String),
    Command(Regex),
    Parent(Regex),
    Cgroup(Regex),
    Master(MasterIs),
    To(Role),
    Signal(Signal),
    Instead(String),
    WithoutMaster(String),
    Dangers(Vec<String>),
    Recipe(Role, Signal, Recipe),
}
