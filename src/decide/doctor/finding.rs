//! A finding of the review, and what it is drawn from.
//!
//! Pure.

use crate::decide::evidence::Setting;
use crate::decide::hba::Said;
use crate::decide::prepare::Have;

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum Weight {
    /// The way in is not sure.
    Missing,
    /// It would make the incident longer or likelier.
    Risk,
    /// Worth knowing.
    Note,
}

words!(Weight);

/// What the fix costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::IntoStaticStr)]
#[strum(serialize_all = "lowercase")]
pub enum Takes {
    /// Effective at once.
    #[strum(serialize = "at once")]
    Nothing,
    /// `SELECT pg_reload_conf()`.
    Reload,
    /// A restart.
    Restart,
}

words!(Takes);

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// How much it matters.
    pub weight: Weight,
    /// What it is about: a setting, a lane, a right.
    pub about: &'static str,
    /// What was found; may quote the server.
    pub what: String,
    /// Why it matters in the incident.
    pub why: &'static str,
    /// The exact fix; empty where there is none to type.
    pub fix: String,
    /// What that takes.
    pub takes: Takes,
}

/// What was read beside the survey.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Facts {
    /// The settings that matter; empty where no lane is open.
    pub settings: Vec<Setting>,
    /// The break-glass role's rights; `None` where they could not be read.
    pub role: Option<Have>,
    /// Its name.
    pub name: String,
    /// Login roles without a limit; `None` where that could not be read.
    pub unlimited: Option<Vec<String>>,
    /// Who may use `reserved_connections`.
    pub reserved: Option<Vec<String>>,
    /// What `pg_hba.conf` says to the role from here.
    pub pg_hba: Option<Said>,
    /// Lines of `pg_hba.conf` that the server cannot read.
    pub broken_lines: Vec<u32>,
}

pub(super) fn unread(about: &'static str) -> Finding {
    Finding {
        weight: Weight::Note,
        about,
        what: "could not be read as this role".to_owned(),
        why: "what was not seen is not known to be good",
        fix: String::new(),
        takes: Takes::Nothing,
    }
}
