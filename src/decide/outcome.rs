//! What came of it: a receipt is what a call answered, an outcome is what a second look saw.
//!
//! Pure. "Gone" is earned by the second look alone.

/// What the call for one target answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Receipt {
    /// The signal was sent.
    Sent,
    /// The server found no such process to signal.
    NotSent,
    /// No process had this PID any more.
    Absent,
    /// The PID belonged to a session that started at another time.
    OtherSession,
    /// The session no longer does what it was chosen for.
    Changed(String),
    /// The server refused.
    Refused {
        /// SQLSTATE.
        sqlstate: String,
        /// Its words, untrusted.
        message: String,
    },
    /// Never asked: contact was lost before.
    NotAsked,
    /// Asked, and contact was lost before the answer.
    NoAnswer,
}

/// What is true of one target.
#[derive(Debug, Clone, PartialEq, Eq, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum Outcome {
    /// It was ended and is not there any more.
    Gone,
    /// Its statement does not run any more.
    Cancelled,
    /// It is as the plan wanted it.
    Set,
    /// It had ended by itself before we asked, the session or, for a cancel, the statement.
    AlreadyGone,
    /// Signalled, and still there after the wait.
    StillThere,
    /// Its statement was to be cancelled, and a statement runs. Where the lane does not tell one statement from the
    /// next, it may be the same.
    #[strum(serialize = "still-there")]
    StillRuns,
    /// The server refused; why, and which grant is missing.
    Refused(String),
    /// Its PID belongs to another session now, which was not touched.
    OtherSession,
    /// It does something else by now and was not touched.
    Changed(String),
    /// Contact was lost: nobody knows.
    Unknown,
}

words!(Outcome);

impl Outcome {
    /// Whether what was planned for it was done by us, as a second look saw.
    pub fn is_done(&self) -> bool {
        matches!(self, Self::Gone | Self::Cancelled | Self::Set)
    }

    /// For a person.
    pub fn sentence(&self) -> String {
        match self {
            Self::Gone => "gone".to_owned(),
            Self::Cancelled => "statement cancelled".to_owned(),
            Self::Set => "set".to_owned(),
            Self::AlreadyGone => "had ended by itself".to_owned(),
            Self::StillThere => "still there".to_owned(),
            Self::StillRuns => {
                "a statement runs: the same, or the next; this lane does not tell which".to_owned()
            }
            Self::Refused(why) => format!("refused: {why}"),
            Self::OtherSession => "its PID is somebody else's now; not touched".to_owned(),
            Self::Changed(what) => format!("not touched: {what}"),
            Self::Unknown => "unknown: contact lost".to_owned(),
        }
    }
}

/// Why the batches ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stopped {
    /// All are done.
    Finished,
    /// What was aimed at is reached.
    Goal,
    /// The last one made things worse, in this way.
    Worse(String),
    /// Somebody wanted us to stop.
    Interrupted,
    /// What they did could not be looked at any more.
    Blind(String),
}

/// How a run ended, for the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum Ending {
    /// Everything planned is so.
    Done,
    /// Some is not.
    Partly,
    /// Refused, and nothing was changed.
    #[strum(serialize = "refused")]
    AllRefused,
    /// Nobody knows.
    Unknown,
}

words!(Ending);

/// The ending that these outcomes add up to, whatever they are the outcomes of.
pub fn ending_of<'a>(outcomes: impl Iterator<Item = &'a Outcome> + Clone) -> Ending {
    let has = |wanted: fn(&Outcome) -> bool| outcomes.clone().any(wanted);
    if has(|outcome| matches!(outcome, Outcome::Unknown)) {
        return Ending::Unknown;
    }
    let refused = |outcome: &Outcome| matches!(outcome, Outcome::Refused(_));
    let untouched = |outcome: &Outcome| refused(outcome) || *outcome == Outcome::AlreadyGone;
    if has(refused) && outcomes.clone().all(untouched) {
        return Ending::AllRefused;
    }
    if has(|outcome| {
        matches!(
            outcome,
            Outcome::StillThere | Outcome::StillRuns | Outcome::Refused(_) | Outcome::Changed(_)
        )
    }) {
        return Ending::Partly;
    }
    Ending::Done
}
