//! Which role could take every slot, and limits for all of them that together leave room.
//!
//! Pure. When the roles' limits sum to less than the ordinary slots, "the database is full" becomes "one role is full",
//! without a restart. No limit holds a superuser, so none is proposed for one.

use super::fleet::Reckoned;
use super::sampled::Named;
use crate::decide::snapshot::NamedLimit;

/// One role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleLimit {
    /// Its name; raw text of the server.
    pub role: String,
    /// The most it was seen to hold.
    pub peak: u32,
    /// Its `CONNECTION LIMIT` now.
    pub now: Option<u32>,
    /// Whether it alone may take every ordinary slot.
    pub could_take_all: bool,
    /// The limit that is recommended; `None` where there are more roles than slots.
    pub recommended: Option<u32>,
}

impl RoleLimit {
    /// Whether the recommended limit is one to set, and not the one that stands.
    pub fn to_set(&self) -> Option<u32> {
        self.recommended.filter(|limit| self.now != Some(*limit))
    }

    /// Whether the limit would have refused logins that were admitted.
    pub fn below_peak(&self) -> bool {
        self.recommended.is_some_and(|limit| limit < self.peak)
    }
}

/// Kept free of every role's limit: for roles that nobody has seen yet.
fn margin(capacity: u32) -> u32 {
    capacity.div_ceil(20).max(1)
}

/// Every ordinary role that was seen, the largest first, with limits that sum to less than `capacity`.
pub fn limits(
    roles: &[Named],
    now: &[NamedLimit],
    fleets: &[Reckoned],
    capacity: u32,
) -> Vec<RoleLimit> {
    let mut seen: Vec<RoleLimit> = roles
        .iter()
        .filter(|role| role.superuser != Some(true) && !role.name.is_empty())
        .map(|role| {
            let limit = now.iter().find(|it| it.name == role.name);
            let limit = limit.map(|it| it.limit);
            RoleLimit {
                role: role.name.clone(),
                peak: role.peak(),
                now: limit,
                could_take_all: limit.is_none_or(|limit| limit >= capacity),
                recommended: None,
            }
        })
        .collect();
    seen.sort_by(|a, b| b.peak.cmp(&a.peak).then_with(|| a.role.cmp(&b.role)));
    let budget = u64::from(capacity.saturating_sub(margin(capacity)));
    if seen.len() as u64 > budget {
        return seen;
    }
    let least: Vec<u64> = seen.iter().map(|it| u64::from(it.peak.max(1))).collect();
    let wanted: Vec<u64> = seen
        .iter()
        .map(|role| {
            // A limit that holds was set for a reason.
            if let Some(now) = role.now.filter(|_| !role.could_take_all) {
                return u64::from(now);
            }
            let fleet: u64 = fleets
                .iter()
                .filter(|it| it.role.as_deref() == Some(role.role.as_str()))
                .fold(0, |sum, it| sum.saturating_add(it.deploy));
            // A third above what was seen, unless its pools add up to more.
            let above = u64::from(role.peak) + u64::from(role.peak).div_ceil(3) + 1;
            above.max(fleet)
        })
        .collect();
    for (role, limit) in seen.iter_mut().zip(share(&least, &wanted, budget)) {
        let limit = u32::try_from(limit).unwrap_or(capacity);
        role.recommended = Some(role.now.map_or(limit, |now| limit.min(now)));
    }
    seen
}

/// Gives each what it wants where that fits into `budget`; else what it had, and of the rest in proportion; else in
/// proportion to what it had. Never more than `budget` in all, never nothing; there are no more shares than `budget`.
fn share(least: &[u64], wanted: &[u64], budget: u64) -> Vec<u64> {
    let sum = |values: &[u64]| values.iter().fold(0_u64, |sum, it| sum.saturating_add(*it));
    let part = |value: u64, of: u64, room: u64| -> u64 {
        let part = u128::from(value) * u128::from(room) / u128::from(of.max(1));
        u64::try_from(part).unwrap_or(room)
    };
    if sum(wanted) <= budget {
        return wanted.to_vec();
    }
    let had = sum(least);
    if had <= budget {
        let more: Vec<u64> = wanted
            .iter()
            .zip(least)
            .map(|(wanted, least)| wanted.saturating_sub(*least).min(budget))
            .collect();
        let all = sum(&more);
        let shares = least.iter().zip(&more);
        return shares
            .map(|(least, more)| least + part(*more, all, budget - had))
            .collect();
    }
    // One for each, and the rest in proportion to what each had beyond that.
    let room = budget.saturating_sub(least.len() as u64);
    let beyond = had - least.len() as u64;
    least
        .iter()
        .map(|least| 1 + part(least - 1, beyond, room))
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn role(name: &str, peak: u32) -> Named {
        Named {
            name: name.to_owned(),
            superuser: Some(false),
            days: vec![(0, peak)],
        }
    }

    fn recommended(peaks: &[u32], capacity: u32) -> Vec<Option<u32>> {
        let roles: Vec<Named> = peaks.iter().map(|peak| role("r", *peak)).collect();
        let limits = limits(&roles, &[], &[], capacity);
        limits.iter().map(|it| it.recommended).collect()
    }

    #[test]
    fn limits_follow_the_peaks_and_leave_room() {
        /// (peaks, capacity) -> limits
        type Case<'a> = (&'a [u32], u32, &'a [Option<u32>]);
        let table: [Case; 5] = [
            (&[30, 6], 97, &[Some(41), Some(9)]),
            (&[60, 20], 97, &[Some(68), Some(23)]),
            // The peaks did not come together, and no limits could allow both.
            (&[90, 50], 97, &[Some(59), Some(32)]),
            (&[0], 97, &[Some(1)]),
            (&[1, 1, 1], 3, &[None, None, None]),
        ];
        for (peaks, capacity, limits) in table {
            assert_eq!(recommended(peaks, capacity), limits, "{peaks:?}");
        }
    }

    #[test]
    fn a_limit_that_holds_stays_while_there_is_room() {
        let now = [NamedLimit {
            name: "etl".to_owned(),
            limit: 10,
        }];
        let limits = limits(&[role("app", 20), role("etl", 3)], &now, &[], 97);
        assert_eq!(limits[1].recommended, Some(10));
        assert_eq!(limits[1].to_set(), None);
    }

    #[test]
    fn a_tighter_limit_stays_a_superuser_gets_none_and_a_fleet_gets_its_pools() {
        let mut admin = role("postgres", 5);
        admin.superuser = Some(true);
        let now = [
            NamedLimit {
                name: "etl".to_owned(),
                limit: 4,
            },
            NamedLimit {
                name: "huge".to_owned(),
                limit: 500,
            },
        ];
        let fleet = Reckoned {
            name: "web".to_owned(),
            role: Some("app".to_owned()),
            could: 40,
            deploy: 50,
            held: None,
        };
        let roles = [role("app", 20), role("etl", 4), role("huge", 3), admin];
        let limits = limits(&roles, &now, &[fleet], 97);
        let of: Vec<_> = limits
            .iter()
            .map(|it| {
                (
                    it.role.as_str(),
                    it.recommended,
                    it.could_take_all,
                    it.to_set(),
                )
            })
            .collect();
        assert_eq!(
            of,
            [
                ("app", Some(50), true, Some(50)),
                ("etl", Some(4), false, None),
                ("huge", Some(5), true, Some(5)),
            ]
        );
    }

    proptest! {
        #[test]
        fn limits_always_sum_to_less_than_the_capacity(
            peaks in prop::collection::vec(0_u32..5000, 1..20),
            capacity in 1_u32..2000,
        ) {
            let limits = recommended(&peaks, capacity);
            let sum: u64 = limits.iter().flatten().map(|it| u64::from(*it)).sum();
            prop_assert!(sum < u64::from(capacity));
            prop_assert!(limits.iter().flatten().all(|limit| *limit >= 1));
        }
    }
}
