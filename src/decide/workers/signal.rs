//! The signals that may be sent to a worker or its master, by name.
//!
//! Pure. SIGKILL is not among them: it is sent only after an announced grace. SIGSTOP and SIGTSTP never are: frozen
//! clients keep their slots, and half-finished logins among them lock out superusers too.

/// A signal.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    strum::IntoStaticStr,
    strum::VariantArray,
    strum::EnumString,
)]
#[strum(serialize_all = "UPPERCASE")]
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

words!(all Signal);

impl Signal {
    /// Reads `TERM` or `SIGTERM`; the error says why another word is none.
    pub fn from_name(text: &str) -> Result<Self, String> {
        let upper = text.to_ascii_uppercase();
        let word = upper.strip_prefix("SIG").unwrap_or(&upper);
        if let Ok(signal) = word.parse() {
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
            assert_eq!(Signal::from_name(signal.name()), Ok(*signal));
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
