//! What a run is played with. Money in base units of ASY, shares in bps, time in seconds.

use serde::Serialize;

/// Base units in one ASY.
pub const ASY: u64 = 1_000_000_000;
/// ASY secures itself one to one.
pub const BOND_RATE: u64 = assay_escrow::math::RATE_UNIT;

/// The market's parameters: the design's defaults, as `localnet/src/genesis.rs` puts them on the chain, and below them
/// what the chain does not know: what work costs and who looks.
#[derive(Clone, Debug, Serialize)]
pub struct Params {
    /// Price of the whole job on one seat.
    pub price: u64,
    /// Stake that an operator must have for the job's class.
    pub class_stake: u64,
    /// The protocol's part of a payment.
    pub fee_bps: u16,
    /// The bond of a seat, of its price.
    pub bond_bps: u16,
    /// What a wrong or withheld result costs, of the class's stake, on top of the bond.
    pub wrong_bps: u16,
    /// Of a slash, to the requester; the programs bound it, and what the caller gets (`assay_staking::Most`).
    pub harmed_bps: u16,
    /// Of a slash, to whoever sent the transaction: a stranger.
    pub caller_bps: u16,
    /// Pools that are eligible at first, for each seat.
    pub spread: u16,
    /// Usual bond of a job of the class: above it re-checks rise.
    pub class_value: u64,
    /// Chairs of the first jury; an appeal doubles them, twice at most.
    pub jury: u8,
    /// What opening (or answering) a case puts at stake; it doubles with each appeal.
    pub challenge_bond: u64,
    /// What a juror puts at stake.
    pub juror_bond: u64,

    /// What computing a job costs its operator, of the price of a seat.
    pub cost_bps: u16,
    /// Of jobs under the strategies with canaries: those with a known answer.
    pub canary_bps: u16,
    /// Of optimistic jobs: those that an honest bonded watcher computes again.
    pub watch_bps: u16,
    /// Of accepted jobs: those that the requester computes again before it is silent.
    pub check_bps: u16,
    /// Of a sampled job's units: what a cheating executor does not compute.
    pub skip_bps: u16,
    /// Units of a job.
    pub units: u64,
    /// Units drawn of a sampled job.
    pub samples: u8,
    /// Verifiers drawn for a sampled job.
    pub committee: u8,

    /// Operators of the market, each with one pool.
    pub operators: usize,
    /// What each of them stakes.
    pub stake: u64,
    /// Whether stake that a slash took stays away, in the jobs that count. Otherwise everyone puts in again what it lost,
    /// so that shares of stake stay as they are.
    pub drain: bool,
    /// Requesters of the market.
    pub requesters: usize,
    /// Seconds from one job to the next.
    pub seconds: i64,
    /// Jobs before those that are counted: reputations are made in them.
    pub warmup: u32,
    /// The adversary is always first to claim, among those who may.
    pub rush: bool,
    /// The adversary goes on under a name whose reputation is gone; otherwise it returns under a fresh one, for free.
    pub keep_names: bool,
}

impl Default for Params {
    fn default() -> Self {
        Self {
            price: ASY,
            class_stake: 100 * ASY,
            fee_bps: 250,
            bond_bps: 3_000,
            wrong_bps: 2_500,
            harmed_bps: 4_000,
            caller_bps: 1_000,
            spread: 2,
            class_value: ASY,
            jury: 3,
            challenge_bond: 10 * ASY,
            juror_bond: 20 * ASY,
            cost_bps: 6_000,
            canary_bps: 300,
            watch_bps: 1_000,
            check_bps: 1_000,
            skip_bps: 2_500,
            units: 1_000,
            samples: 16,
            committee: 3,
            operators: 200,
            stake: 400 * ASY,
            drain: false,
            requesters: 64,
            seconds: 60,
            warmup: 4_000,
            rush: false,
            keep_names: false,
        }
    }
}

impl Params {
    /// (bond, exposure) of a seat of `price`: as `post_job` pins them.
    pub fn exposure(&self, price: u64) -> (u64, u64) {
        use assay_escrow::math::{bond, bps_up};
        let bond = bond(price, self.bond_bps, BOND_RATE).unwrap_or(u64::MAX);
        (bond, bond.saturating_add(bps_up(self.class_stake, self.wrong_bps).unwrap_or(u64::MAX)))
    }

    /// What a seat of `price` pays its operator: all but the fee.
    pub fn pay(&self, price: u64) -> u64 {
        price - assay_escrow::math::bps_down(price, self.fee_bps).unwrap_or(0)
    }

    /// What work worth `price` costs.
    pub fn cost(&self, price: u64) -> u64 {
        assay_escrow::math::bps_down(price, self.cost_bps).unwrap_or(0)
    }

    /// The price of so many of the job's units.
    pub fn part(&self, units: u64) -> u64 {
        let product = u128::from(self.price) * u128::from(units) / u128::from(self.units.max(1));
        u64::try_from(product).unwrap_or(u64::MAX)
    }
}
