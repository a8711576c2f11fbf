//! What every document says of the slots, beyond what was counted.
//!
//! Stage: report.

use serde::Serialize;

use crate::decide::capacity::{Capacity, Limits};

/// Slots of every class.
#[derive(Debug, Serialize)]
pub struct CapacityJson {
    #[serde(flatten)]
    slots: Capacity,
    percent: u32,
    full: bool,
}

impl From<Capacity> for CapacityJson {
    fn from(slots: Capacity) -> Self {
        Self {
            slots,
            percent: slots.percent(),
            full: slots.full(),
        }
    }
}

/// The settings behind the slots.
#[derive(Debug, Serialize)]
pub struct LimitsJson<'a> {
    #[serde(flatten)]
    limits: &'a Limits,
    formula: String,
}

impl<'a> From<&'a Limits> for LimitsJson<'a> {
    fn from(limits: &'a Limits) -> Self {
        Self {
            limits,
            formula: limits.formula(),
        }
    }
}
