use std::collections::{BTreeMap, HashMap};

use assay_sdk::{
    escrow::{self, Device, Job, Seat},
    reputation::Record,
    staking::{self, Pool, Totals, sortition},
    verification::Round,
};
use sha2::{Digest, Sha256};
use solana_sdk::pubkey::Pubkey;

/// What a node knows of the chain at one moment.
pub struct Snapshot {
    /// The chain's clock, unix seconds.
    pub now: i64,
    /// The chain's slot.
    pub slot: u64,
    /// Parameters of the two programs that seating depends on.
    pub escrow: escrow::Config,
    pub staking: staking::Config,
    pub totals: Totals,
    /// Every job there is, by address.
    pub jobs: BTreeMap<Pubkey, Job>,
    /// Every seat there is, by its job.
    pub seats: HashMap<Pubkey, Vec<Seat>>,
    /// Every round there is, by its job.
    pub rounds: HashMap<Pubkey, Round>,
    /// This node's own accounts.
    pub me: Me,
}

/// The name of one posting of a job, which is what the journal and the workshop go by. An address is not enough: once a
/// job is closed its requester may post another one there, and sealing the old one's result would cost the bond. The
/// seed tells them apart: it is fixed before anybody has a seat, and comes from a slot after the posting.
pub fn posting(address: &Pubkey, job: &Job) -> Pubkey {
    let hash = Sha256::new().chain_update(b"assay:posting").chain_update(address).chain_update(job.seed);
    Pubkey::new_from_array(hash.finalize().into())
}

/// The operator that a node works for, and its machine.
pub struct Me {
    pub operator: Pubkey,
    pub pool: Pool,
    pub device: Device,
    /// Reputation by class, where a record is open.
    pub records: HashMap<u8, Record>,
}

impl Snapshot {
    /// The seats of a job.
    pub fn seats(&self, job: &Pubkey) -> &[Seat] {
        self.seats.get(job).map_or(&[], Vec::as_slice)
    }

    /// This operator's seat in a job.
    pub fn my_seat(&self, job: &Pubkey) -> Option<&Seat> {
        self.seats(job).iter().find(|seat| seat.operator == self.me.operator)
    }

    /// Whether the escrow program would give this operator a seat: the same checks in the same order.
    pub fn may_claim(&self, address: &Pubkey, job: &Job) -> bool {
        let Some(record) = self.me.records.get(&job.class) else { return false };
        let device = &self.me.device;
        let fits = job.requirements.fits(device) && device.takes_work();
        let Some(class) = self.escrow.params.classes.get(usize::from(job.class)) else { return false };
        let free = self.me.pool.active.saturating_sub(self.me.pool.locked);
        let staked = self.me.pool.active >= class.stake && free >= job.exposure;
        let in_time = self.now.saturating_add(job.seal_window.into()) <= job.seal_by;
        let sortition = job.assignment == escrow::Assignment::Sortition;
        // It computes for rounds: what a requester would have to review, it leaves to others.
        let kind = sortition && job.strategy.has_round() && !self.escrow.paused;
        let open = job.state == escrow::JobState::Open && job.seeded_at != 0 && job.requester != self.me.operator;
        open && kind && fits && staked && in_time && self.drawn(address, job, record)
    }

    fn drawn(&self, address: &Pubkey, job: &Job, record: &Record) -> bool {
        let epoch = self.staking.epoch(self.now);
        let Some(score) = record.score_bps(self.now) else { return false };
        let weight = sortition::with_reputation(self.me.pool.weight.effective(epoch), score);
        let total = self.totals.weight.settled(epoch);
        let params = &self.escrow.params;
        let first = job.chosen_at_first(params.spread);
        let k = sortition::widened(first, self.now.saturating_sub(job.seeded_at), params.widen_seconds.into());
        let pool = assay_sdk::addresses::pool(&self.me.operator);
        sortition::eligible(sortition::draw(&job.seed, sortition::ROLE_SEAT, address, &pool), k, weight, total)
    }
}
