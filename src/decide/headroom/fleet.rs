//! The fleet's arithmetic: what the applications could hold by their own settings, and while a deploy runs.
//!
//! Pure. A pool's limit is what a slow query or a leak can fill, however little is held on a quiet day.

/// One `[[fleet]]` of the configuration: applications that are alike.
#[derive(Debug, Clone, PartialEq)]
pub struct Fleet {
    /// Its name, which is also its `application_name`.
    pub name: String,
    /// Hosts, pods or dynos.
    pub hosts: u32,
    /// Processes on each.
    pub processes: u32,
    /// Connections each may keep.
    pub pool: u32,
    /// Connections each may open beyond that.
    pub overflow: u32,
    /// The share of hosts that run twice while a deploy replaces them: 0.25 for a quarter.
    pub surge: f64,
    /// The role it logs in as, when that is not to be guessed.
    pub role: Option<String>,
}

/// One fleet, reckoned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reckoned {
    /// Its name.
    pub name: String,
    /// The role it logs in as, when the configuration says so.
    pub role: Option<String>,
    /// What it could hold.
    pub could: u64,
    /// What it could hold while a deploy runs.
    pub deploy: u64,
    /// The most it was seen to hold; `None` when no application or role goes by its name.
    pub held: Option<u32>,
}

impl Fleet {
    /// `hosts x processes x (pool + overflow)`
    pub fn could(&self) -> u64 {
        self.on(u64::from(self.hosts))
    }

    /// The same with the hosts that a deploy runs twice; a part of a host is a whole one.
    pub fn deploy(&self) -> u64 {
        let twice = (f64::from(self.hosts) * self.surge).ceil() as u64;
        self.on(u64::from(self.hosts).saturating_add(twice))
    }

    fn on(&self, hosts: u64) -> u64 {
        let each = u64::from(self.processes)
            .saturating_mul(u64::from(self.pool) + u64::from(self.overflow));
        hosts.saturating_mul(each)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fleet_is_hosts_times_processes_times_pool_and_a_deploy_adds_whole_hosts() {
        // (hosts, processes, pool, overflow, surge) -> (could, deploy)
        let table = [
            ((2, 1, 10, 0, 0.0), (20, 20)),
            ((96, 1, 10, 0, 0.0), (960, 960)),
            ((4, 8, 5, 10, 0.25), (480, 600)),
            ((3, 2, 5, 0, 0.25), (30, 40)),
            ((3, 2, 5, 0, 1.0), (30, 60)),
            ((0, 8, 5, 5, 1.0), (0, 0)),
            ((u32::MAX, u32::MAX, u32::MAX, 0, 1.0), (u64::MAX, u64::MAX)),
        ];
        for ((hosts, processes, pool, overflow, surge), (could, deploy)) in table {
            let fleet = Fleet {
                name: "web".to_owned(),
                hosts,
                processes,
                pool,
                overflow,
                surge,
                role: None,
            };
            assert_eq!(
                (fleet.could(), fleet.deploy()),
                (could, deploy),
                "{fleet:?}"
            );
        }
    }
}
