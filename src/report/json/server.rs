//! What every document says of the server, the lane and the slots.
//!
//! Stage: report.

use serde::Serialize;

use crate::decide::capacity::{Capacity, Limits, Slots};
use crate::decide::snapshot::Server;
use crate::report::{LaneView, duration};

/// The server, and who we are on it.
#[derive(Debug, Serialize)]
pub struct ServerJson<'a> {
    version: &'a str,
    version_num: u32,
    in_recovery: bool,
    system_identifier: Option<&'a str>,
    cluster_name: Option<&'a str>,
    uptime_seconds: f64,
    own_pid: i32,
    role: &'a str,
    role_superuser: bool,
    role_may_signal: bool,
    role_may_see: bool,
    role_reserved: bool,
    database: &'a str,
}

impl<'a> From<&'a Server> for ServerJson<'a> {
    fn from(server: &'a Server) -> Self {
        Self {
            version: &server.version,
            version_num: server.version_num,
            in_recovery: server.in_recovery,
            system_identifier: server.system_identifier.as_deref(),
            cluster_name: server.cluster_name.as_deref(),
            uptime_seconds: duration::seconds(server.uptime),
            own_pid: server.own_pid,
            role: &server.role,
            role_superuser: server.role_superuser,
            role_may_signal: server.role_may_signal,
            role_may_see: server.role_may_see,
            role_reserved: server.role_reserved,
            database: &server.database,
        }
    }
}

/// The way we came.
#[derive(Debug, Serialize)]
pub struct LaneJson<'a> {
    name: &'a str,
    endpoint: &'a str,
    encrypted: bool,
    slot: &'static str,
    slot_how: &'a str,
    refused_before: &'a [String],
}

impl<'a> From<&'a LaneView> for LaneJson<'a> {
    fn from(lane: &'a LaneView) -> Self {
        Self {
            name: &lane.name,
            endpoint: &lane.endpoint,
            encrypted: lane.encrypted,
            slot: lane.slot.name(),
            slot_how: &lane.slot_how,
            refused_before: &lane.refused_before,
        }
    }
}

/// Slots of every class.
#[derive(Debug, Serialize)]
pub struct CapacityJson {
    all: SlotsJson,
    ordinary: SlotsJson,
    reserved: SlotsJson,
    superuser: SlotsJson,
    percent: u32,
    full: bool,
}

#[derive(Debug, Serialize)]
struct SlotsJson {
    total: u32,
    used: u32,
    free: u32,
}

impl From<Slots> for SlotsJson {
    fn from(Slots { total, used, free }: Slots) -> Self {
        Self { total, used, free }
    }
}

impl From<Capacity> for CapacityJson {
    fn from(capacity: Capacity) -> Self {
        Self {
            all: capacity.all.into(),
            ordinary: capacity.ordinary.into(),
            reserved: capacity.reserved.into(),
            superuser: capacity.superuser.into(),
            percent: capacity.percent(),
            full: capacity.full(),
        }
    }
}

/// The settings behind the slots.
#[derive(Debug, Serialize)]
pub struct LimitsJson<'a> {
    max_connections: u32,
    superuser_reserved_connections: u32,
    reserved_connections: u32,
    provider: Vec<ProviderJson<'a>>,
    max_wal_senders: u32,
    formula: String,
}

#[derive(Debug, Serialize)]
struct ProviderJson<'a> {
    setting: &'a str,
    slots: u32,
}

impl<'a> From<&'a Limits> for LimitsJson<'a> {
    fn from(limits: &'a Limits) -> Self {
        let provider = limits.provider.iter();
        Self {
            max_connections: limits.max_connections,
            superuser_reserved_connections: limits.superuser_reserved,
            reserved_connections: limits.reserved,
            provider: provider
                .map(|(setting, slots)| ProviderJson {
                    setting,
                    slots: *slots,
                })
                .collect(),
            max_wal_senders: limits.max_wal_senders,
            formula: limits.formula(),
        }
    }
}
