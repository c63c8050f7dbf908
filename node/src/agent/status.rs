//! What a node tells of itself: one snapshot, taken anew at every look at the chain, for metrics and dashboards.
//!
//! It holds no secret. Numbers of 64 bits are strings in JSON, as everywhere in this market.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use serde::{Deserialize, Serialize};
use tokio::sync::watch;

/// A node as it is now.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// The operator's address.
    pub operator: String,
    /// When the node started, unix seconds.
    pub started_at: i64,
    /// Seconds since.
    #[serde(with = "text")]
    pub uptime_seconds: u64,
    /// It takes no new work, and ends once it holds no seat and no chair.
    pub draining: bool,
    pub slots: Slots,
    /// Seats and chairs that this operator holds.
    pub jobs: Vec<Work>,
    /// What settled seats have paid since the node started, in base units, by mint.
    pub earned: BTreeMap<String, Amount>,
    /// What is known of the mints that jobs are paid in.
    #[serde(default)]
    pub mints: BTreeMap<String, Mint>,
    pub bonds: Bonds,
    /// What must be done next, the soonest first.
    pub deadlines: Vec<Deadline>,
    /// Jobs that the policy refused since the node started, by reason.
    pub refusals: BTreeMap<String, u32>,
    pub errors: Errors,
    pub chain: ChainRead,
}

/// A number of 64 bits that is a string in JSON.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Amount(#[serde(with = "text")] pub u64);

/// A mint, for who reads amounts of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mint {
    pub decimals: u8,
    /// What the API calls it: letters and digits.
    pub symbol: Option<String>,
}

/// How much room there is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slots {
    /// Slots of the device, and how many of them seats hold. A seat holds its slot until it is settled.
    pub device: u16,
    pub busy: u16,
    /// Jobs that may be computed at once, and how many are.
    pub jobs: u32,
    pub computing: u32,
}

/// A seat, or a jury's chair.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Work {
    /// The job's address.
    pub job: String,
    /// The case's address, of a chair.
    pub case: Option<String>,
    pub class: u8,
    /// As the chain names it: "Claimed", "Sealed", "Delivered" ...
    pub state: String,
    #[serde(with = "text")]
    pub units_done: u64,
    #[serde(with = "text")]
    pub units_total: u64,
    /// Fuel that the job's requester pays for, of all units: what its spec allows; none until the spec is fetched.
    pub fuel: Option<Amount>,
    /// ASY base units that are lost if it fails.
    #[serde(with = "text")]
    pub at_risk: u64,
    /// What the seat pays if it wins, base units of `mint`, fee and royalties included. None for a chair.
    pub price: Option<Amount>,
    pub mint: Option<String>,
}

/// Stake that is at risk, in base units of ASY.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bonds {
    /// Locked in the pool now.
    #[serde(with = "text")]
    pub locked: u64,
    /// What bids of this operator would lock if all were awarded.
    #[serde(with = "text")]
    pub bidding: u64,
    /// Most that the policy lets be locked.
    pub most: Option<Amount>,
    /// Active stake of the pool.
    #[serde(with = "text")]
    pub staked: u64,
}

/// Something that must be done by a time, or a bond is lost.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Deadline {
    /// The chain's clock, unix seconds.
    pub at: i64,
    pub job: String,
    /// "compute", "reveal", "judge", "vote", "answer".
    pub what: String,
}

/// What went wrong since the node started.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Errors {
    #[serde(with = "text")]
    pub count: u64,
    /// The last one, and when it was, unix seconds.
    pub last: Option<String>,
    pub last_at: Option<i64>,
    /// Set while the node takes no new work because something is wrong with this machine: a full disk, a wrong clock.
    pub halted: Option<String>,
}

/// The last look at the chain.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChainRead {
    #[serde(with = "text")]
    pub slot: u64,
    /// The chain's clock then, unix seconds.
    pub clock: i64,
    /// When it was, by this machine's clock, unix seconds; 0 until the first.
    pub read_at: i64,
    /// This machine's clock less the chain's, seconds.
    pub skew_seconds: i64,
    /// Looks that failed since the last that did not.
    pub failures: u32,
}

/// Where a node shows its [`Status`]; others hold a receiver of it.
#[derive(Debug)]
pub struct Board(watch::Sender<Arc<Status>>);

impl Board {
    /// A board of a node that starts now.
    pub fn new(operator: String) -> Self {
        let status = Status { operator, started_at: unix_now(), ..Status::default() };
        Self(watch::Sender::new(Arc::new(status)))
    }

    /// Change what is shown.
    pub fn change(&self, change: impl FnOnce(&mut Status)) {
        self.0.send_modify(|status| {
            let status = Arc::make_mut(status);
            change(status);
            status.uptime_seconds = u64::try_from(unix_now().saturating_sub(status.started_at)).unwrap_or_default();
        });
    }

    /// What is shown now.
    pub fn now(&self) -> Arc<Status> {
        self.0.borrow().clone()
    }

    /// See it, now and whenever it changes.
    pub fn watch(&self) -> watch::Receiver<Arc<Status>> {
        self.0.subscribe()
    }
}

/// This machine's clock, unix seconds.
pub fn unix_now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

/// Numbers as strings.
mod text {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub fn serialize<S: Serializer>(number: &u64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(number)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(|_| D::Error::custom("expected a number in a string"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_shown_as_json_and_read_back() {
        let board = Board::new("me".into());
        let seen = board.watch();
        board.change(|status| {
            status.earned.insert("mint".into(), Amount(u64::MAX));
            status.jobs.push(Work { units_done: 3, units_total: 9, fuel: Some(Amount(7)), ..Work::default() });
            status.refusals.insert("price".into(), 2);
        });
        assert!(seen.has_changed().unwrap());
        let json = serde_json::to_value(&**seen.borrow()).unwrap();
        assert_eq!(json["earned"]["mint"], "18446744073709551615");
        assert_eq!((&json["jobs"][0]["units_done"], &json["jobs"][0]["fuel"]), (&"3".into(), &"7".into()));
        assert_eq!(serde_json::from_value::<Status>(json).unwrap(), *board.now());
    }
}
