//! The choice of SCRAM mechanism, and what to bind to.
//!
//! Stage: inside authentication. Pure; the exchange itself is `postgres-protocol`'s.
//! Never: steps down from channel binding when it is required.

use crate::connect::{ChannelBinding, Secret};
use crate::lanes::failure::Cause;
use postgres_protocol::authentication::sasl::{
    ChannelBinding as Binding, SCRAM_SHA_256, SCRAM_SHA_256_PLUS, ScramSha256,
};

/// Chooses from the server's list (NUL-terminated names) and starts the exchange.
pub(super) fn start(
    offered: &[u8],
    password: &Secret,
    end_point: Option<Vec<u8>>,
    wanted: ChannelBinding,
) -> Result<(&'static str, ScramSha256), Cause> {
    let offers = |name: &str| {
        offered
            .split(|byte| *byte == 0)
            .any(|it| it == name.as_bytes())
    };
    let end_point = end_point.filter(|_| wanted != ChannelBinding::Disable);
    let (mechanism, binding) = match end_point {
        Some(hash) if offers(SCRAM_SHA_256_PLUS) => {
            (SCRAM_SHA_256_PLUS, Binding::tls_server_end_point(hash))
        }
        _ if !offers(SCRAM_SHA_256) => {
            return Err(Cause::UnsupportedMethod(
                "SASL, but not SCRAM-SHA-256".into(),
            ));
        }
        // "We could have, you did not offer": lets the server notice that somebody removed the offer.
        Some(_) => (SCRAM_SHA_256, Binding::unrequested()),
        None => (SCRAM_SHA_256, Binding::unsupported()),
    };
    if wanted == ChannelBinding::Require && mechanism != SCRAM_SHA_256_PLUS {
        return Err(Cause::Untrusted(
            "channel_binding=require, and it is not possible on this connection".into(),
        ));
    }
    let exchange = ScramSha256::new(password.reveal().as_bytes(), binding);
    Ok((mechanism, exchange))
}
