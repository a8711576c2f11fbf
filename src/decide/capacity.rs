//! Slots: how many there are of each class, how many are used, how many are free.
//!
//! Pure. PostgreSQL's reserves are thresholds on what is *free*, not named seats: a superuser who came
//! early sits on an ordinary slot, and an ordinary login is admitted while more slots are free than all
//! reserves together (`InitPostgres` in `postinit.c`). So free slots are dealt out from the top: first the
//! superuser's reserve, then `reserved_connections` and the provider's, and only what is left is ordinary.

/// The settings that count. All 0 where a lane cannot read them; no server has a `max_connections` of 0.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub struct Limits {
    /// `max_connections`.
    pub max_connections: u32,
    /// `superuser_reserved_connections`.
    #[serde(rename = "superuser_reserved_connections")]
    pub superuser_reserved: u32,
    /// `reserved_connections` (16+, else 0).
    #[serde(rename = "reserved_connections")]
    pub reserved: u32,
    /// Reserves of a managed service, by the name of the setting that shows them.
    #[serde(default)]
    pub provider: Vec<ProviderReserve>,
    /// `max_wal_senders`.
    pub max_wal_senders: u32,
}

/// A reserve of a managed service.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ProviderReserve {
    /// The setting that shows it.
    pub setting: String,
    /// How many slots.
    pub slots: u32,
}

/// One class of slots.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
pub struct Slots {
    /// In all.
    pub total: u32,
    /// Taken.
    pub used: u32,
    /// Left.
    pub free: u32,
}

/// Every class of slots.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
pub struct Capacity {
    /// All of `max_connections`.
    pub all: Slots,
    /// What an ordinary role may use.
    pub ordinary: Slots,
    /// `reserved_connections` and the provider's reserves.
    pub reserved: Slots,
    /// `superuser_reserved_connections`.
    pub superuser: Slots,
}

/// Which class of slot a login stands on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum SlotClass {
    /// Anybody's.
    Ordinary,
    /// `reserved_connections`.
    Reserved,
    /// The superuser's reserve.
    Superuser,
    /// A walsender's: none of `max_connections`.
    Walsender,
    /// None at all: there is no login.
    #[strum(serialize = "none")]
    NoLogin,
}

words!(SlotClass);

impl Limits {
    /// Sum of the reserves below the superuser's.
    pub fn middle_reserve(&self) -> u32 {
        self.provider.iter().map(|it| it.slots).sum::<u32>() + self.reserved
    }

    /// The formula, with its numbers: `20 max_connections - 3 superuser_reserved_connections = 17`.
    pub fn formula(&self) -> String {
        let mut text = format!(
            "{} max_connections - {} superuser_reserved_connections",
            self.max_connections, self.superuser_reserved
        );
        if self.reserved > 0 {
            text.push_str(&format!(" - {} reserved_connections", self.reserved));
        }
        for ProviderReserve { setting, slots } in &self.provider {
            text.push_str(&format!(" - {slots} {setting}"));
        }
        let ordinary = Capacity::of(self, 0).ordinary.total;
        text.push_str(&format!(" = {ordinary} ordinary"));
        text
    }
}

impl Capacity {
    /// Deals `used` sessions out over the classes of `limits`.
    pub fn of(limits: &Limits, used: u32) -> Self {
        let max = limits.max_connections;
        let superuser_total = limits.superuser_reserved.min(max);
        let reserved_total = limits.middle_reserve().min(max - superuser_total);
        let ordinary_total = max - superuser_total - reserved_total;
        let free = max.saturating_sub(used);
        let superuser_free = free.min(superuser_total);
        let reserved_free = (free - superuser_free).min(reserved_total);
        let ordinary_free = free - superuser_free - reserved_free;
        let class = |total: u32, free: u32| Slots {
            total,
            used: total - free,
            free,
        };
        Self {
            all: Slots {
                total: max,
                used,
                free,
            },
            ordinary: class(ordinary_total, ordinary_free),
            reserved: class(reserved_total, reserved_free),
            superuser: class(superuser_total, superuser_free),
        }
    }

    /// Whether the limits behind it are known; if not, only [`Capacity::all`]'s `used` means anything.
    pub fn is_known(&self) -> bool {
        self.all.total > 0
    }

    /// The same slots after `frees` sessions have gone. The reserves fill up first, so fewer ordinary slots
    /// may become free than sessions go.
    pub fn after(&self, frees: u32) -> Self {
        let kept = Limits {
            max_connections: self.all.total,
            superuser_reserved: self.superuser.total,
            reserved: self.reserved.total,
            ..Limits::default()
        };
        Self::of(&kept, self.all.used.saturating_sub(frees))
    }

    /// How many sessions must go before `ordinary` ordinary slots are free, the reserves filling up first.
    pub fn missing(&self, ordinary: u32) -> u32 {
        let wanted = ordinary
            .saturating_add(self.superuser.total)
            .saturating_add(self.reserved.total);
        if self.ordinary.free >= ordinary {
            return 0;
        }
        // More may be in use than there are slots, for a moment.
        let over = self.all.used.saturating_sub(self.all.total);
        wanted.saturating_sub(self.all.free).saturating_add(over)
    }

    /// An ordinary login would be refused now.
    pub fn full(&self) -> bool {
        self.ordinary.free == 0
    }

    /// Share of the ordinary slots in use, in percent, rounded down so that 100 means full.
    pub fn percent(&self) -> u32 {
        let total = self.ordinary.total.max(1);
        u32::try_from(u64::from(self.ordinary.used) * 100 / u64::from(total)).unwrap_or(100)
    }
}

/// Which slot a login that is counted in `capacity` stands on, and how that is known.
///
/// The server checks the reserves after it has taken the slot, so the count with ourselves in it is the one it
/// compared. A role without any privilege cannot stand on a reserve, whatever the count says a moment later.
pub fn own_slot(capacity: &Capacity, superuser: bool, reserved: bool) -> (SlotClass, String) {
    if !superuser && !reserved {
        let how = "the role has no claim to a reserved slot, so the server gave it an ordinary one";
        return (SlotClass::Ordinary, how.to_owned());
    }
    let free = capacity.all.free;
    let kept = capacity.superuser.total + capacity.reserved.total;
    if free >= kept {
        let how = format!("{free} slots are free beside ours and only {kept} are kept back");
        return (SlotClass::Ordinary, how);
    }
    let how = format!(
        "only {free} of {} slots are free beside ours and {kept} are kept back: an ordinary role would be refused",
        capacity.all.total
    );
    let class = if free >= capacity.superuser.total && capacity.reserved.total > 0 {
        SlotClass::Reserved
    } else {
        SlotClass::Superuser
    };
    (class, how)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(max: u32, superuser: u32, reserved: u32) -> Limits {
        Limits {
            max_connections: max,
            superuser_reserved: superuser,
            reserved,
            ..Limits::default()
        }
    }

    #[test]
    fn free_slots_are_dealt_out_from_the_superusers_reserve_downwards() {
        // (max, superuser, reserved, used) -> free (ordinary, reserved, superuser)
        let table = [
            ((12, 3, 2, 0), (7, 2, 3)),
            ((12, 3, 2, 6), (1, 2, 3)),
            ((12, 3, 2, 7), (0, 2, 3)),
            ((12, 3, 2, 8), (0, 1, 3)),
            ((12, 3, 2, 9), (0, 0, 3)),
            ((12, 3, 2, 11), (0, 0, 1)),
            ((12, 3, 2, 12), (0, 0, 0)),
            ((12, 3, 0, 9), (0, 0, 3)),
            ((12, 0, 0, 11), (1, 0, 0)),
            ((12, 3, 2, 14), (0, 0, 0)),
            ((2, 3, 2, 0), (0, 0, 2)),
        ];
        for ((max, superuser, reserved, used), free) in table {
            let capacity = Capacity::of(&limits(max, superuser, reserved), used);
            let got = (
                capacity.ordinary.free,
                capacity.reserved.free,
                capacity.superuser.free,
            );
            assert_eq!(
                got, free,
                "max {max}, reserves {superuser} and {reserved}, used {used}"
            );
        }
    }

    #[test]
    fn a_providers_reserve_is_taken_from_the_ordinary_slots_and_named() {
        let mut limits = limits(100, 3, 0);
        limits.provider.push(ProviderReserve {
            setting: "rds.rds_superuser_reserved_connections".into(),
            slots: 2,
        });
        assert_eq!(Capacity::of(&limits, 0).ordinary.total, 95);
        assert_eq!(
            limits.formula(),
            "100 max_connections - 3 superuser_reserved_connections - 2 rds.rds_superuser_reserved_connections = 95 ordinary"
        );
    }

    #[test]
    fn freed_slots_fill_the_reserves_before_anybody_else_gets_one() {
        // used, frees -> ordinary slots free afterwards, of 12 with 3 and 2 kept back
        let table = [
            ((12, 0), 0),
            ((12, 3), 0),
            ((12, 5), 0),
            ((12, 6), 1),
            ((7, 2), 2),
            ((7, 99), 7),
        ];
        for ((used, frees), free) in table {
            let mut limits = limits(12, 3, 0);
            limits.provider.push(ProviderReserve {
                setting: "provider".to_owned(),
                slots: 2,
            });
            let after = Capacity::of(&limits, used).after(frees);
            assert_eq!(after.ordinary.free, free, "used {used}, frees {frees}");
        }
    }

    #[test]
    fn our_own_slot_follows_the_servers_rule() {
        // (max, su, reserved, used with us, superuser, privileged) -> class
        let table = [
            ((12, 3, 2, 7, false, false), SlotClass::Ordinary),
            ((12, 3, 2, 7, true, false), SlotClass::Ordinary),
            ((12, 3, 2, 8, true, false), SlotClass::Reserved),
            ((12, 3, 2, 9, false, true), SlotClass::Reserved),
            ((12, 3, 2, 10, true, false), SlotClass::Superuser),
            ((12, 3, 0, 10, true, false), SlotClass::Superuser),
            ((12, 3, 0, 9, true, false), SlotClass::Ordinary),
        ];
        for ((max, su, reserved, used, superuser, privileged), class) in table {
            let capacity = Capacity::of(&limits(max, su, reserved), used);
            assert_eq!(
                own_slot(&capacity, superuser, privileged).0,
                class,
                "used {used}"
            );
        }
    }

    #[test]
    fn without_limits_sessions_are_counted_and_nothing_is_promised() {
        let capacity = Capacity::of(&Limits::default(), 7);
        assert!(!capacity.is_known());
        assert_eq!((capacity.all.used, capacity.after(3).all.used), (7, 4));
        assert!(Capacity::of(&limits(1, 0, 0), 0).is_known());
    }

    #[test]
    fn a_full_server_is_a_hundred_percent_and_nothing_less_is() {
        assert_eq!(Capacity::of(&limits(1000, 3, 0), 996).percent(), 99);
        assert_eq!(Capacity::of(&limits(1000, 3, 0), 997).percent(), 100);
        assert!(Capacity::of(&limits(1000, 3, 0), 997).full());
    }
}
