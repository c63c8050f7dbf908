//! Jobs: their terms, pinned at posting, what they owe, and how their money is shared out.

use anchor_lang::prelude::Pubkey;
use assay_tests::assay_sdk::escrow::{Assignment, EscrowError, JobState, Leg, Requirements, SeatState, Strategy};

use super::{Refusal, Seat, Verdict, part, require, strategy};

#[derive(Clone, Debug)]
pub struct Job {
    pub vault: Pubkey,
    /// Bytes of its account.
    pub space: usize,
    pub state: JobState,
    pub class: u8,
    pub assignment: Assignment,
    pub strategy: Strategy,
    /// Seats that are asked for now.
    pub replicas: u8,
    /// Open cases.
    pub cases: u16,
    /// Whose case found its loser out.
    pub accuser: Option<Pubkey>,
    /// Which seats are taken; by number.
    pub seats: Vec<u8>,
    pub winners: Vec<u8>,
    pub losers: Vec<u8>,
    pub released: u8,
    pub fee_bps: u16,
    pub cancel_floor_bps: u16,
    pub requester: Pubkey,
    pub mint: Pubkey,
    pub nonce: u64,
    pub units: u64,
    pub seat_price: u64,
    pub bond: u64,
    pub exposure: u64,
    pub posted_at: i64,
    pub seal_by: i64,
    pub seal_window: u32,
    pub reveal_window: u32,
    pub bounty: u32,
    pub requirements: Requirements,
    pub seed_slot: u64,
    pub seeded_at: i64,
    pub seed: [u8; 32],
    pub ended_at: i64,
    pub root: [u8; 32],
    pub prices: Vec<u64>,
    pub milestones: Vec<u16>,
    pub legs: Vec<Leg>,
}

impl Job {
    /// Seats may still be claimed or judged.
    pub fn live(&self) -> bool {
        matches!(self.state, JobState::Open | JobState::Seated | JobState::Doubted)
    }

    /// What is delivered stands unless somebody objects in time.
    pub fn reviewed(&self) -> bool {
        strategy::review(self.strategy).is_some()
    }

    /// Seals and reveals judge it.
    pub fn has_round(&self) -> bool {
        strategy::has_round(self.strategy)
    }

    /// Seats that are paid for.
    pub fn most(&self) -> u8 {
        strategy::most(self.strategy)
    }

    /// Whether all its seats are given up: nothing is left but royalties, refund and close.
    pub fn ended(&self) -> bool {
        !self.live() && self.state != JobState::Verified && self.seats.is_empty() && self.cases == 0
    }

    /// Whether a seat has brought nothing that anybody would count.
    pub fn working(&self, seat: &Seat) -> bool {
        if self.has_round() { seat.state == SeatState::Claimed } else { seat.state != SeatState::Delivered }
    }

    pub fn price_of(&self, seat: u8) -> u64 {
        match self.prices.get(usize::from(seat)) {
            None | Some(0) => self.seat_price,
            Some(price) => *price,
        }
    }

    /// Of a sampled job: the executor gets the price, each of the committee that of the units that are drawn.
    pub fn price_seats(&mut self) {
        if let Strategy::Sampled { samples, .. } = self.strategy {
            let of_units = self.seat_price / self.units * self.units.min(samples.into());
            self.prices = vec![of_units; self.most().into()];
            self.prices[0] = self.seat_price;
        }
    }

    /// What the milestones `from..to` of a seat are worth.
    fn slice(&self, seat: u8, from: usize, to: usize) -> u64 {
        let price = self.price_of(seat);
        let upto = |count: usize| part(price, self.milestones[..count].iter().sum());
        upto(to) - upto(from)
    }

    /// What a seat may still earn.
    pub fn left_of(&self, seat: u8) -> u64 {
        match self.milestones.len() {
            0 => self.price_of(seat),
            all => self.slice(seat, self.released.into(), all),
        }
    }

    /// What the milestone at work is worth to a seat.
    pub fn milestone_of(&self, seat: u8) -> u64 {
        match self.milestones.len() {
            0 => self.price_of(seat),
            _ => self.slice(seat, self.released.into(), usize::from(self.released) + 1),
        }
    }

    pub fn at_last_milestone(&self) -> bool {
        usize::from(self.released) + 1 >= self.milestones.len()
    }

    /// Most base units that the vault may still have to pay.
    pub fn owed(&self) -> u128 {
        let open = |seat: &u8| match self.state {
            JobState::Open | JobState::Seated | JobState::Doubted => true,
            JobState::Verified => self.winners.contains(seat) && self.seats.contains(seat),
            JobState::Cancelled => self.seats.contains(seat),
            _ => false,
        };
        let seats: u128 = (0..self.most()).filter(open).map(|seat| u128::from(self.left_of(seat))).sum();
        seats + self.legs.iter().map(|leg| u128::from(leg.due)).sum::<u128>()
    }

    /// Share out `amount`: (the operator's, the protocol's), and the legs' parts become due. A cancelled job pays none.
    pub fn share_out(&mut self, amount: u64) -> (u64, u64) {
        let fee = part(amount, self.fee_bps);
        let mut rest = amount - fee;
        if self.state != JobState::Cancelled {
            for leg in &mut self.legs {
                leg.due += part(amount, leg.bps);
                rest -= part(amount, leg.bps);
            }
        }
        (rest, fee)
    }

    pub fn take_seat(&mut self) -> Verdict<u8> {
        require(self.state == JobState::Open, EscrowError::WrongState)?;
        let drawless = self.reviewed() && self.assignment == Assignment::Auction;
        require(self.seeded_at != 0 || drawless, EscrowError::NotDrawn)?;
        let free = (0..self.replicas).find(|seat| !self.seats.contains(seat));
        let index = free.ok_or(Refusal::Code(EscrowError::NoFreeSeat.into()))?;
        self.seats.push(index);
        if self.seats.len() == usize::from(self.replicas) {
            self.state = JobState::Seated;
        }
        Ok(index)
    }

    pub fn leave_seat(&mut self, index: u8) -> Verdict {
        require(self.seats.contains(&index), EscrowError::WrongSeatState)?;
        self.seats.retain(|seat| *seat != index);
        match self.state {
            JobState::Open | JobState::Seated => {
                self.state = JobState::Open;
                if let (Assignment::Auction, Some(price)) = (self.assignment, self.prices.get_mut(usize::from(index))) {
                    *price = 0;
                }
            }
            JobState::Verified if self.seats.is_empty() => self.state = JobState::Settled,
            _ => {}
        }
        Ok(())
    }

    /// Ask for so many seats, in a new draw or not: whoever comes has a window to seal, and two others time to come in between.
    pub fn ask(&mut self, seats: u8, anew: bool, (now, slot): (i64, u64)) -> Verdict {
        require(matches!(self.state, JobState::Open | JobState::Seated), EscrowError::WrongState)?;
        require(seats >= self.replicas && seats <= self.most(), EscrowError::BadVerdict)?;
        self.replicas = seats;
        if self.seats.len() < usize::from(seats) {
            self.state = JobState::Open;
        }
        if anew {
            (self.seeded_at, self.seed_slot) = (0, slot);
        }
        self.seal_by = self.seal_by.max(now + 3 * i64::from(self.seal_window));
        Ok(())
    }

    pub fn end(&mut self, state: JobState, now: i64) {
        (self.state, self.ended_at) = (state, now);
    }
}
