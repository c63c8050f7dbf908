use anchor_lang::prelude::*;
use assay_staking::Most;

use super::{Assignment, Leg, Requirements, Seat, SeatState, Strategy};
use crate::{EscrowError, math};

/// Where a job is. Sealing and revealing happen within `Seated` and are told by the seats and the round.
#[derive(AnchorSerialize, AnchorDeserialize, InitSpace, Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobState {
    /// Seats are free.
    Open,
    /// All seats are taken.
    Seated,
    /// A digest has the quorum, or the requester accepted: winners are to be paid, losers slashed.
    Verified,
    /// Every seat of a verified job is settled.
    Settled,
    /// The round ended without a quorum: bonds are released, the requester is refunded.
    Unresolved,
    /// The requester took it back: seats that worked meanwhile are paid for their time.
    Cancelled,
    /// Its time ran out with no seat taken.
    Expired,
    /// A jury could not say whether what was delivered is right: with its last case it is unresolved, unless another one finds
    /// it wrong before.
    Doubted,
}

/// One escrow, at `["job", requester, nonce]`. Its vault holds at least what `owed` says.
#[account]
#[derive(InitSpace, Debug)]
pub struct Job {
    pub version: u8,
    pub bump: u8,
    pub vault_bump: u8,
    pub state: JobState,
    pub class: u8,
    /// Seats that are asked for now; verification may ask for more, up to `strategy.most()`.
    pub replicas: u8,
    /// Cases of the verification program that are not closed: while there are any, nothing is released for want of an
    /// objection. Too many for friendly ones, each with a stake, to keep a real one out.
    pub cases: u16,
    /// Bit i: seat i is taken and not yet settled, slashed or expired.
    pub seats: u8,
    /// Bit i: seat i revealed the quorum's digest, or was accepted.
    pub winners: u8,
    /// Bit i: seat i revealed another digest, or sealed and revealed nothing.
    pub losers: u8,
    /// Milestones paid for.
    pub released: u8,
    /// Terms pinned at posting: what governance changes later does not reach this job.
    pub fee_bps: u16,
    /// Least part of its price that a seat gets when the requester cancels under it.
    pub cancel_floor_bps: u16,
    pub requester: Pubkey,
    pub mint: Pubkey,
    pub nonce: u64,
    pub spec_hash: [u8; 32],
    pub units: u64,
    /// Base units for one seat, fee and royalties included; in an auction the most of it.
    pub seat_price: u64,
    /// ASY base units a seat loses when it never seals.
    pub bond: u64,
    /// ASY base units locked for a seat, and lost when its result is wrong or withheld: bond and part of the class stake.
    pub exposure: u64,
    pub posted_at: i64,
    /// The last moment for any seal; accepted jobs that have a seat by then may end later, by their milestones.
    pub seal_by: i64,
    /// Seconds that a seat has to seal, or to deliver a milestone.
    pub seal_window: u32,
    /// Seconds to reveal.
    pub reveal_window: u32,
    /// Lamports for who draws, counts, settles a seat, expires or closes the job; held on top of the job's rent.
    pub bounty: u32,
    pub requirements: Requirements,
    /// The seed is the hash of the first slot after this one.
    pub seed_slot: u64,
    /// When the seed was captured; 0 before.
    pub seeded_at: i64,
    pub seed: [u8; 32],
    /// When it was judged, cancelled or expired; 0 before.
    pub ended_at: i64,
    /// Merkle root with the quorum, or as accepted; zeros before. Once a case found what was delivered wrong, it has no root, and
    /// this is whoever found it out: see [`Job::accuser`].
    pub root: [u8; 32],
    pub strategy: Strategy,
    #[max_len(0)]
    pub uri: String,
    /// Of an auction: what each seat was awarded for, 0 if it was not. Of a sampled job: what each seat gets. Else empty.
    #[max_len(0)]
    pub prices: Vec<u64>,
    /// Shares of the price in bps, one after the other; empty for one.
    #[max_len(0)]
    pub milestones: Vec<u16>,
    /// Royalties.
    #[max_len(0)]
    pub legs: Vec<Leg>,
}

/// How a payment is shared out; the parts add up to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shares {
    /// For the operator.
    pub paid: u64,
    /// For the protocol.
    pub fee: u64,
    /// For the legs, where it is due from now on.
    pub royalties: u64,
}

impl Job {
    /// How operators come to seats: only an auction has a price for each seat that its strategy does not set.
    pub fn assignment(&self) -> Assignment {
        let priced = !self.prices.is_empty() && !matches!(self.strategy, Strategy::Sampled { .. });
        if priced { Assignment::Auction } else { Assignment::Sortition }
    }

    /// Whose case found out what was delivered: it gets the caller's part of the slash.
    pub fn accuser(&self) -> Option<Pubkey> {
        let convicted = self.state == JobState::Unresolved && self.losers != 0 && self.strategy.is_reviewed();
        convicted.then(|| Pubkey::new_from_array(self.root))
    }

    /// The most that the slash of one that lost may bring. Of what a round judged: half of a seat's fee to either, so that nobody
    /// earns by outvoting the honest. Of what a jury found wrong: the requester's part is at most the seat's bond; whoever found it
    /// out has put a bond at stake, and gets all of its part.
    pub fn most_of_slash(&self) -> Result<Most> {
        if self.accuser().is_some() {
            return Ok(Most { harmed: self.bond, caller: u64::MAX });
        }
        let half = math::half_fee(self.bond, self.seat_price, self.fee_bps).ok_or(EscrowError::Overflow)?;
        Ok(Most { harmed: half, caller: half })
    }

    /// Bytes of the account, discriminator included, with a uri of so many bytes and so many of each. What varies in length
    /// has just the room that it needs.
    pub const fn space(strategy: &Strategy, uri: usize, prices: usize, milestones: usize, legs: usize) -> usize {
        let fixed = 8_usize.saturating_add(Self::INIT_SPACE).saturating_sub(Strategy::INIT_SPACE);
        let lists = prices.saturating_mul(8).saturating_add(milestones.saturating_mul(2));
        let legs = legs.saturating_mul(Leg::INIT_SPACE);
        fixed.saturating_add(strategy.space()).saturating_add(uri).saturating_add(lists).saturating_add(legs)
    }

    /// Whether a seat has brought nothing yet. Where no round judges, a seal is nothing, which a round of an earlier posting
    /// may have taken: until it is delivered, nothing counts.
    pub fn is_working(&self, seat: &Seat) -> bool {
        let delivered = seat.state == SeatState::Delivered;
        seat.state == SeatState::Claimed || (!self.strategy.has_round() && !delivered)
    }

    /// What each seat is priced at, where they differ: in an auction nothing until it is awarded; of a sampled job the
    /// executor's units, and the units that each of the committee computes again.
    pub fn price_seats(&mut self, assignment: Assignment) -> Result<()> {
        let seats = usize::from(self.strategy.most());
        match (assignment, self.strategy) {
            (Assignment::Auction, _) if self.prices.is_empty() => self.prices = vec![0; seats],
            (Assignment::Sortition, Strategy::Sampled { samples, .. }) => {
                let of_unit = self.seat_price.checked_div(self.units).ok_or(EscrowError::Invariant)?;
                let sampled = of_unit.checked_mul(self.units.min(samples.into())).ok_or(EscrowError::Overflow)?;
                self.prices = vec![sampled; seats];
                *self.prices.first_mut().ok_or(EscrowError::Invariant)? = self.seat_price;
            }
            _ => {}
        }
        Ok(())
    }

    /// Price of a seat: what it was awarded for, or what the requester offers.
    pub fn price_of(&self, index: u8) -> u64 {
        let awarded = self.prices.get(usize::from(index)).copied().unwrap_or(0);
        if awarded > 0 { awarded } else { self.seat_price }
    }

    /// What the milestones from `first` up to (not with) `end` are worth to a seat.
    fn worth(&self, index: u8, first: usize, end: usize) -> Result<u64> {
        let sum = |count: usize| self.milestones.iter().take(count).try_fold(0_u16, |sum, bps| sum.checked_add(*bps));
        let worth = math::slice(
            self.price_of(index),
            sum(first).ok_or(EscrowError::Overflow)?,
            sum(end).ok_or(EscrowError::Overflow)?,
        );
        worth.ok_or_else(|| EscrowError::Overflow.into())
    }

    /// What a seat may still earn: its price less the milestones paid for.
    pub fn left_of(&self, index: u8) -> Result<u64> {
        if self.milestones.is_empty() {
            return Ok(self.price_of(index));
        }
        self.worth(index, self.released.into(), self.milestones.len())
    }

    /// What the milestone at work is worth to a seat; the parts of all add up to its price.
    pub fn milestone_of(&self, index: u8) -> Result<u64> {
        if self.milestones.is_empty() {
            return Ok(self.price_of(index));
        }
        self.worth(index, self.released.into(), usize::from(self.released).saturating_add(1))
    }

    /// Whether the milestone at work is the last.
    pub fn at_last_milestone(&self) -> bool {
        usize::from(self.released).saturating_add(1) >= self.milestones.len()
    }

    /// Share out `amount`: the legs' parts are due from now on. They earn by results, not by time that was cut short.
    pub fn share_out(&mut self, amount: u64) -> Result<Shares> {
        let part = |bps: u16| math::bps_down(amount, bps).ok_or(EscrowError::Overflow);
        let fee = part(self.fee_bps)?;
        let earning = if self.state == JobState::Cancelled { 0 } else { self.legs.len() };
        let mut royalties = 0_u64;
        for leg in self.legs.iter_mut().take(earning) {
            let due = part(leg.bps)?;
            leg.due = leg.due.checked_add(due).ok_or(EscrowError::Overflow)?;
            royalties = royalties.checked_add(due).ok_or(EscrowError::Overflow)?;
        }
        let taken = fee.checked_add(royalties).ok_or(EscrowError::Overflow)?;
        Ok(Shares { paid: amount.checked_sub(taken).ok_or(EscrowError::Invariant)?, fee, royalties })
    }

    /// Most base units that seats may still be paid, and what is due to the legs. A frozen winner is part of it, and so
    /// stops nobody else.
    pub fn owed(&self) -> Result<u64> {
        let unpaid = match self.state {
            JobState::Open | JobState::Seated | JobState::Doubted => u8::MAX,
            JobState::Verified => self.winners & self.seats,
            JobState::Cancelled => self.seats,
            JobState::Settled | JobState::Unresolved | JobState::Expired => 0,
        };
        let due = self.legs.iter().try_fold(0_u64, |sum, leg| sum.checked_add(leg.due));
        let mut owed = due.ok_or(EscrowError::Overflow)?;
        for index in (0..self.strategy.most()).filter(|index| Self::in_set(unpaid, *index)) {
            owed = owed.checked_add(self.left_of(index)?).ok_or(EscrowError::Overflow)?;
        }
        Ok(owed)
    }

    /// Pools that sortition chooses at first, `spread` for each seat, so that all are soon taken. For a seat of a committee it is
    /// one: where a dozen pools may race for three seats, whoever is fastest has them, and more than half of a committee is
    /// bought with far less than half of the stake. The executor has its seat by then.
    pub fn chosen_at_first(&self, spread: u8) -> u64 {
        if self.strategy.is_sampled() && self.replicas > 1 {
            return self.replicas.saturating_sub(1).into();
        }
        u64::from(spread).saturating_mul(self.replicas.into())
    }

    /// Take the lowest free seat and return its index. Together with `award_seat` the only way to a seat.
    ///
    /// All but what is reviewed must have its seed, even where it is not used: the draw is where a round that was opened for
    /// another posting is stopped, and proofs and attestations name it, so that none is good for another posting.
    pub fn take_seat(&mut self) -> Result<u8> {
        require!(self.state == JobState::Open, EscrowError::WrongState);
        let drawless = self.strategy.is_reviewed() && self.assignment() == Assignment::Auction;
        require!(self.seeded_at != 0 || drawless, EscrowError::NotDrawn);
        let index = u8::try_from(self.seats.trailing_ones()).map_err(|_| EscrowError::NoFreeSeat)?;
        require!(index < self.replicas, EscrowError::NoFreeSeat);
        self.seats |= bit(index)?;
        if self.seats.count_ones() == u32::from(self.replicas) {
            self.state = JobState::Seated;
        }
        self.invariant()?;
        Ok(index)
    }

    /// Take the lowest free seat for a bid's price.
    pub fn award_seat(&mut self, price: u64) -> Result<u8> {
        require!(self.assignment() == Assignment::Auction, EscrowError::WrongAssignment);
        require!(price > 0 && price <= self.seat_price, EscrowError::BadPrice);
        let index = self.take_seat()?;
        *self.prices.get_mut(usize::from(index)).ok_or(EscrowError::Invariant)? = price;
        self.invariant()?;
        Ok(index)
    }

    /// Give up a seat: a verified job is settled with its last one; an unfinished job opens again.
    pub fn leave_seat(&mut self, index: u8) -> Result<()> {
        let bit = bit(index)?;
        require!(self.seats & bit != 0, EscrowError::WrongSeatState);
        self.seats &= !bit;
        match self.state {
            JobState::Open | JobState::Seated => {
                self.state = JobState::Open;
                if let (Assignment::Auction, Some(price)) = (self.assignment(), self.prices.get_mut(usize::from(index)))
                {
                    *price = 0;
                }
            }
            JobState::Verified if self.seats == 0 => self.state = JobState::Settled,
            _ => {}
        }
        self.invariant()
    }

    /// Ask for `replicas` seats from now on, in a new draw if `rearm`: whoever comes has time to come and to seal, and so has
    /// another one in the place of a ghost that came at once.
    pub fn ask(&mut self, replicas: u8, rearm: bool, clock: &Clock) -> Result<()> {
        require!(matches!(self.state, JobState::Open | JobState::Seated), EscrowError::WrongState);
        require!((self.replicas..=self.strategy.most()).contains(&replicas), EscrowError::BadVerdict);
        self.replicas = replicas;
        if self.seats.count_ones() < u32::from(replicas) {
            self.state = JobState::Open;
        }
        if rearm {
            self.seeded_at = 0;
            self.seed_slot = clock.slot;
        }
        let windows = i64::from(self.seal_window).checked_mul(3).ok_or(EscrowError::Overflow)?;
        self.seal_by = self.seal_by.max(clock.unix_timestamp.checked_add(windows).ok_or(EscrowError::Overflow)?);
        self.invariant()
    }

    /// End it at `now`.
    pub fn end(&mut self, state: JobState, now: i64) -> Result<()> {
        require!(self.is_live(), EscrowError::WrongState);
        self.state = state;
        self.ended_at = now;
        self.invariant()
    }

    /// Whether seat `index` is in a bit set.
    pub fn in_set(set: u8, index: u8) -> bool {
        bit(index).is_ok_and(|bit| set & bit != 0)
    }

    /// Whether it is neither judged nor taken back nor expired.
    pub fn is_live(&self) -> bool {
        matches!(self.state, JobState::Open | JobState::Seated | JobState::Doubted)
    }

    /// Whether nothing more can happen but to pay royalties, refund and close. Cases name the job: they are closed before it.
    pub fn ended(&self) -> bool {
        !self.is_live() && self.state != JobState::Verified && self.seats == 0 && self.cases == 0
    }

    /// Holds after every change.
    pub fn invariant(&self) -> Result<()> {
        let all = bit(self.replicas)?.saturating_sub(1);
        require!(self.seats & !all == 0, EscrowError::Invariant);
        require!(self.winners & self.losers == 0, EscrowError::Invariant);
        require!((self.winners | self.losers) & !all == 0, EscrowError::Invariant);
        require!(self.exposure >= self.bond, EscrowError::Invariant);
        require!((self.state == JobState::Seated) <= (self.seats == all), EscrowError::Invariant);
        require!(self.replicas <= self.strategy.most(), EscrowError::Invariant);
        require!(self.is_live() == (self.ended_at == 0), EscrowError::Invariant);
        let milestones = self.milestones.len().max(1);
        require!(usize::from(self.released) < milestones, EscrowError::Invariant);
        Ok(())
    }
}

fn bit(index: u8) -> Result<u8> {
    1_u8.checked_shl(u32::from(index)).ok_or_else(|| EscrowError::Invariant.into())
}
