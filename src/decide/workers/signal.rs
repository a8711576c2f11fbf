//! The signals that may be sent to a worker or its master, by name.
//!
//! Pure. SIGKILL is not among them: it is sent only after an announced grace. SIGSTOP and SIGTSTP never are: frozen
//! clients keep their slots, and half-finished logins among them lock out superusers too.

/// A signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Signal {
    /// SIGTERM
    Term,
    /// SIGHUP
    Hup,
    /// SIGINT
    Int,
    /// SIGQUIT
    Quit,
    /// SIGUSR1
    Usr1,
    /// SIGUSR2
    Usr2,
    /// SIGTTOU
    Ttou,
    /// SIGTTIN
    Ttin,
    /// SIGWINCH
    Winch,
}

impl Signal {
    /// All that can be asked for.
    pub const ALL: [Self; 9] = [
        Self::Term,
        Self::Hup,
        Self::Int,
        Self::Quit,
        Self::Usr1,
        Self::Usr2,
        Self::Ttou,
        Self::Ttin,
        Self::Winch,
    ];

    /// The word in flags, files, on screen and in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Term => "TERM",
            Self::Hup => "HUP",
            Self::Int => "INT",
            Self::Quit => "QUIT",
            Self::Usr1 => "USR1",
            Self::Usr2 => "USR2",
            Self::Ttou => "TTOU",
            Self::Ttin => "TTIN",
            Self::Winch => "WINCH",
        }
    }

    /// Reads `TERM` or `SIGTERM`; the error says why another word is none.
    pub fn from_name(text: &str) -> Result<Self, String> {
        let upper = text.to_ascii_uppercase();
        let word = upper.strip_prefix("SIG").unwrap_or(&upper);
        if let Some(signal) = Self::ALL.into_iter().find(|signal| signal.name() == word) {
            return Ok(signal);
        }
        Err(match word {
            "STOP" | "TSTP" => {
                "a frozen process keeps its slots, and its half-finished logins lock out superusers"
                    .to_owned()
            }
            "KILL" => {
                "SIGKILL comes only after another signal and its grace: --escalate".to_owned()
            }
            _ => {
                let names: Vec<&str> = Self::ALL.iter().map(|signal| signal.name()).collect();
                format!(
                    "no signal that is sent here; there are {}",
                    names.join(", ")
                )
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_and_the_harmful_ones_are_refused_with_the_reason() {
        assert_eq!(Signal::from_name("sigterm"), Ok(Signal::Term));
        for signal in Signal::ALL {
            assert_eq!(Signal::from_name(signal.name()), Ok(signal));
        }
        for (word, reason) in [
            ("STOP", "frozen"),
            ("SIGTSTP", "frozen"),
            ("9", "no signal"),
            ("KILL", "--escalate"),
        ] {
            let error = Signal::from_name(word).err().unwrap_or_default();
            assert!(error.contains(reason), "{word}: {error}");
        }
    }
}
