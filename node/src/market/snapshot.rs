use std::collections::{BTreeMap, HashMap};

use assay_sdk::{
    escrow::{self, Bid, Device, Job, Seat},
    reputation::Record,
    staking::{self, Pool, Totals, sortition},
    verification::{self, Ballot, Case, Round},
};
use solana_sdk::pubkey::Pubkey;

use super::Facts;

/// What a node knows of the chain at one moment.
pub struct Snapshot {
    /// The chain's clock, unix seconds.
    pub now: i64,
    /// The chain's slot.
    pub slot: u64,
    /// Parameters of the programs that seats and chairs depend on.
    pub escrow: escrow::Config,
    pub staking: staking::Config,
    pub verification: verification::Config,
    pub totals: Totals,
    /// Every job there is, by address.
    pub jobs: BTreeMap<Pubkey, Job>,
    /// Every seat there is, by its job.
    pub seats: HashMap<Pubkey, Vec<Seat>>,
    /// Every round there is, by its job.
    pub rounds: HashMap<Pubkey, Round>,
    /// Every case there is, by address.
    pub cases: BTreeMap<Pubkey, Case>,
    /// Every juror's ballot there is, by its case.
    pub ballots: HashMap<Pubkey, Vec<Ballot>>,
    /// This operator's bids, by job.
    pub bids: HashMap<Pubkey, Bid>,
    /// What is known of specs, by posting. Not of the chain: the agent adds it.
    pub facts: HashMap<Pubkey, Facts>,
    /// This node's own accounts.
    pub me: Me,
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

    /// Whether this operator holds no seat and no chair, and bids for none.
    pub fn is_idle(&self) -> bool {
        let me = &self.me.operator;
        let seated = self.seats.values().flatten().any(|seat| seat.operator == *me);
        let judging = self.ballots.values().flatten().any(|ballot| ballot.operator == *me);
        !seated && !judging && self.bids.is_empty()
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
        let sortition = job.assignment() == escrow::Assignment::Sortition;
        let kind = sortition && !self.escrow.paused;
        let open = job.state == escrow::JobState::Open && job.seeded_at != 0 && job.requester != self.me.operator;
        let draw = Draw { seed: &job.seed, role: sortition::ROLE_SEAT, subject: address, since: job.seeded_at };
        let first = job.chosen_at_first(self.escrow.params.spread);
        open && kind && fits && staked && in_time && self.drawn(&draw, first, record)
    }

    /// This operator's ballot in a case.
    pub fn my_ballot(&self, case: &Pubkey) -> Option<&Ballot> {
        self.ballots.get(case)?.iter().find(|ballot| ballot.operator == self.me.operator)
    }

    /// Whether the verification program would give this operator a chair: the same checks.
    pub fn may_join(&self, at: &Pubkey, case: &Case, job: &Job) -> bool {
        let Some(record) = self.me.records.get(&job.class) else { return false };
        let Some(class) = self.escrow.params.classes.get(usize::from(job.class)) else { return false };
        let free = self.me.pool.active.saturating_sub(self.me.pool.locked);
        let staked = self.me.pool.active >= class.stake && free >= case.juror_bond;
        let stranger = !case.is_party(&self.me.operator) && self.my_seat(&case.job).is_none();
        let open = case.joined < case.chairs && case.joins_until().is_ok_and(|until| self.now <= until);
        let draw = Draw { seed: &case.seed, role: sortition::ROLE_JURY, subject: at, since: case.seeded_at };
        open && staked && stranger && self.drawn(&draw, case.chairs.into(), record)
    }

    /// Whether sortition takes this operator, where it takes so many at `first`.
    fn drawn(&self, draw: &Draw, first: u64, record: &Record) -> bool {
        let epoch = self.staking.epoch(self.now);
        let Some(score) = record.score_bps(self.now) else { return false };
        let weight = sortition::with_reputation(self.me.pool.weight.effective(epoch), score);
        let total = self.totals.weight.settled(epoch);
        let step = self.escrow.params.widen_seconds.into();
        let k = sortition::widened(first, self.now.saturating_sub(draw.since), step);
        let pool = assay_sdk::addresses::pool(&self.me.operator);
        sortition::eligible(sortition::draw(draw.seed, draw.role, draw.subject, &pool), k, weight, total)
    }
}

/// A sortition.
struct Draw<'a> {
    seed: &'a [u8; 32],
    role: &'a [u8],
    subject: &'a Pubkey,
    /// When its seed was captured.
    since: i64,
}
