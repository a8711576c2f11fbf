//! The new role's password: generated, or typed twice; what leaves here for the server is its verifier alone.

use ring::rand::{SecureRandom, SystemRandom};

use super::PrepareArgs;
use crate::error::Failure;
use crate::exit_code::ExitCode;
use crate::stages::Context;

/// Letters of a generated password: none that are taken for one another, none that a shell or a URI minds.
const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
/// 32 of 32 letters: 160 bits.
const LENGTH: usize = 32;

/// A password and its verifier.
pub(super) struct Password {
    /// In clear, for the proof and for its owner.
    pub(super) text: String,
    /// RFC 5803, as the server stores it.
    pub(super) verifier: String,
    /// Whether it must be shown, since nobody typed it.
    pub(super) generated: bool,
}

/// The password to set; `None` where the role keeps the one it has.
pub(super) fn choose(
    args: &PrepareArgs,
    role_exists: bool,
    context: &Context,
) -> Result<Option<Password>, Failure> {
    if args.ask_password {
        return typed(context).map(Some);
    }
    if role_exists && !args.new_password {
        return Ok(None);
    }
    let mut bytes = [0; LENGTH];
    SystemRandom::new().fill(&mut bytes).map_err(|_| {
        Failure::say(
            ExitCode::Refused,
            "this machine gives no random numbers; nothing was done",
        )
    })?;
    let text = bytes
        .iter()
        .map(|byte| char::from(LETTERS[usize::from(byte % 32)]))
        .collect();
    Ok(Some(with_verifier(text, true)))
}

fn typed(context: &Context) -> Result<Password, Failure> {
    let refuse = |what: &str| Failure::say(ExitCode::Refused, format!("{what}; nothing was done"));
    if !context.terminal.can_ask() {
        return Err(refuse("there is no terminal to type a password on"));
    }
    let ask = |question: &str| context.terminal.ask_password(question);
    let first = ask("New password").ok_or_else(|| refuse("no password was typed"))?;
    let second = ask("The same again").ok_or_else(|| refuse("no password was typed"))?;
    if first != second {
        return Err(refuse("these are two passwords"));
    }
    if first.len() < 12 {
        return Err(refuse(
            "a password that reads everything has 12 characters at least",
        ));
    }
    Ok(with_verifier(first, false))
}

fn with_verifier(text: String, generated: bool) -> Password {
    Password {
        verifier: postgres_protocol::password::scram_sha_256(text.as_bytes()),
        text,
        generated,
    }
}
