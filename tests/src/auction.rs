//! Auctions, step by step: an accepted job that is given to a bidder.

use anchor_lang::{prelude::Pubkey, solana_program::instruction::Instruction};
use assay_sdk::{
    addresses,
    escrow::{Assignment, Bid, BidTerms, Device, JobTerms, Strategy},
    ix,
};

use crate::{
    chain::Receipt,
    market::terms,
    world::{REVIEW, World},
};

/// An auction of the usual job for one seat, which the requester reviews.
pub fn auction(nonce: u64) -> JobTerms {
    let strategy = Strategy::Accepted { window: REVIEW };
    JobTerms { strategy, assignment: Assignment::Auction, ..terms(nonce) }
}

impl World {
    /// Post an auction, and let a second pass: bids are taken from then on.
    pub fn auction(&mut self, requester: &Pubkey, terms: JobTerms) -> Pubkey {
        let job = self.post_only(requester, terms);
        self.tick(1, 2);
        job
    }

    /// What a bidder says that agrees to a job as it stands, until its last moment.
    pub fn offer(&self, job: &Pubkey, price: u64) -> BidTerms {
        let state = self.job(job);
        BidTerms { price, expires_at: state.seal_by, posted_at: state.posted_at, exposure: state.exposure }
    }

    /// Bid a price with machine 0.
    pub fn bid(&mut self, job: &Pubkey, operator: &Pubkey, price: u64) -> Receipt {
        let offer = self.offer(job, price);
        let class = self.job(job).class;
        self.ok(&[ix::escrow::place_bid(operator, job, class, 0, offer)])
    }

    /// A bid's account.
    pub fn bid_of(&self, job: &Pubkey, operator: &Pubkey) -> Bid {
        self.chain.read(&addresses::bid(job, operator))
    }

    /// Award an operator's bid.
    pub fn award(&mut self, job: &Pubkey, operator: &Pubkey) -> Receipt {
        let requester = self.job(job).requester;
        self.ok(&[ix::escrow::award_bid(&requester, &self.bid_of(job, operator))])
    }

    /// The instruction that expires a seat as it is, whoever paid its rent; carol gets the caller's part.
    pub fn expire_awarded_ix(&self, job: &Pubkey, operator: &Pubkey) -> Instruction {
        let expire = ix::escrow::expire_seat(job, &self.job(job).requester, operator, &self.carol);
        ix::escrow::for_seat(expire, &self.seat(job, operator))
    }

    /// A machine's account.
    pub fn device(&self, operator: &Pubkey, index: u16) -> Device {
        self.chain.read(&addresses::device(operator, index))
    }
}
