//! Whether an ordinary role gets in, in one sentence that says how that is known.
//!
//! Stage: report.

use crate::decide::admission::{Admission, Proof, Verdict};

use super::{duration, sanitize};

/// The sentence; no full stop at its end.
pub fn sentence(admission: &Admission) -> String {
    let role = sanitize::line(&admission.role);
    let took = duration::precise(admission.took);
    let why = admission.why.as_deref().map(sanitize::one_line);
    let why = why.unwrap_or_default();
    match (admission.verdict, &admission.proof) {
        (Verdict::Admitted, Proof::Login) => {
            format!("an ordinary role gets in: {role} logged in and was answered in {took}")
        }
        (Verdict::Admitted, Proof::Slots(free)) => format!(
            "an ordinary role would get in: computed, {free} free for ordinary roles; no login proves it ({why})"
        ),
        (Verdict::Refused, Proof::Login) => {
            format!("an ordinary role is refused: {role} was, after {took} ({why})")
        }
        (Verdict::Refused, _) => format!(
            "an ordinary role would be refused: computed, none free for ordinary roles ({why})"
        ),
        (Verdict::Admitted | Verdict::Unknown, _) => {
            format!("whether an ordinary role gets in is not known ({why})")
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn what_was_measured_is_told_from_what_was_computed() {
        let told = |verdict, proof, why: Option<&str>| {
            sentence(&Admission {
                verdict,
                proof,
                role: "app".to_owned(),
                why: why.map(str::to_owned),
                took: Duration::from_millis(12),
            })
        };
        assert_eq!(
            told(Verdict::Admitted, Proof::Login, None),
            "an ordinary role gets in: app logged in and was answered in 12 ms"
        );
        let computed = told(
            Verdict::Admitted,
            Proof::Slots(4),
            Some("app is a superuser\u{1b}"),
        );
        assert_eq!(
            computed,
            "an ordinary role would get in: computed, 4 free for ordinary roles; no login proves it \
             (app is a superuser\\x1b)"
        );
        let refused = told(Verdict::Refused, Proof::Login, Some("every slot is taken"));
        assert!(refused.ends_with("(every slot is taken)"), "{refused}");
    }
}
