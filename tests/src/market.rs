//! One job's life, step by step, as requesters, operators and cranks would do it.

use anchor_lang::{prelude::Pubkey, solana_program::instruction::Instruction};
use assay_sdk::{
    addresses,
    escrow::{Assignment, Job, JobTerms, ModelTerms, Requirements, Seat, Strategy},
    ix,
    reputation::{Outcome, Verified},
    verification::{Round, seal},
};

use crate::{
    chain::{Failure, Receipt, hash},
    world::{GENESIS, World},
};

/// Base units of tUSD for one seat of the usual job: 32 units at 31,251.
pub const SEAT_PRICE: u64 = 1_000_032;
/// 2.5 % of it, rounded down.
pub const FEE: u64 = 25_000;
/// 30 % of it rounded up, 300,010, at 2,000 base units of ASY for each.
pub const BOND: u64 = 600_020_000;
/// The bond and 25 % of the class stake of 1,000 ASY.
pub const EXPOSURE: u64 = BOND + 250_000_000_000;
/// The most that the requester, and as much that the caller gets of a slash after a round: half of the fee, of 15,000,019
/// base units of ASY as the bond values the price.
pub const HALF_FEE: u64 = 7_500_009;
/// Seconds that a seat has to seal.
pub const SEAL: i64 = 70;
/// Seconds to reveal.
pub const REVEAL: i64 = 20;
/// Seconds from posting to the last seal.
pub const DEADLINE: i64 = 200;

/// The usual job: 3 replicas, quorum 2, class 0.
pub fn terms(nonce: u64) -> JobTerms {
    JobTerms {
        nonce,
        spec_hash: hash(&[b"spec"]),
        uri: "http://127.0.0.1/spec.json".into(),
        units: 32,
        price_per_unit: 31_251,
        strategy: of(3, 2),
        assignment: Assignment::Sortition,
        class: 0,
        requirements: Requirements { cores: 2, memory_mib: 1_024, ..Requirements::default() },
        deadline_seconds: 200,
        royalties: vec![],
        milestones: vec![],
    }
}

/// An outcome as verification would record it of the usual job.
pub fn verified(outcome: Outcome, partner: &Pubkey) -> Verified {
    Verified { outcome, value: BOND, partner: *partner, trust: true }
}

/// So many replicas, of which so many must agree.
pub fn of(replicas: u8, quorum: u8) -> Strategy {
    Strategy::plain(replicas, quorum)
}

/// So many replicas at first, of which so many must agree, and at most so many in the end.
pub fn up_to(replicas: u8, quorum: u8, most: u8) -> Strategy {
    Strategy::Replicated { replicas, quorum, most, adaptive: false }
}

/// One operator at first; three of which two must agree if it is checked, and at most so many in the end.
pub fn adaptive(most: u8) -> Strategy {
    Strategy::Replicated { replicas: 3, quorum: 2, most, adaptive: true }
}

/// What an author asks for a model: `royalty_bps`, paid to itself.
pub fn model(author: &Pubkey, royalty_bps: u16) -> ModelTerms {
    ModelTerms { payee: *author, content_hash: hash(&[b"weights"]), royalty_bps, uri: "ipfs://one".into() }
}

/// An operator's salt for a job; a real one is random.
pub fn salt(job: &Pubkey, operator: &Pubkey) -> [u8; 32] {
    hash(&[b"salt", job.as_ref(), operator.as_ref()])
}

/// The seal of a digest on this cluster.
pub fn seal_of(job: &Pubkey, operator: &Pubkey, digest: &[u8; 32]) -> [u8; 32] {
    seal::seal(&GENESIS, &addresses::round(job), operator, digest, &salt(job, operator))
}

impl World {
    /// A job's account.
    pub fn job(&self, job: &Pubkey) -> Job {
        self.chain.read(job)
    }

    /// A seat's account.
    pub fn seat(&self, job: &Pubkey, operator: &Pubkey) -> Seat {
        self.chain.read(&addresses::seat(job, operator))
    }

    /// A round's account.
    pub fn round(&self, job: &Pubkey) -> Round {
        self.chain.read(&addresses::round(job))
    }

    /// Post a job and open its round.
    pub fn post(&mut self, requester: &Pubkey, terms: JobTerms) -> Pubkey {
        let job = self.post_only(requester, terms);
        self.ok(&[ix::verification::open_round(requester, &job)]);
        job
    }

    /// Post a job without a round.
    pub fn post_only(&mut self, requester: &Pubkey, terms: JobTerms) -> Pubkey {
        let job = addresses::job(requester, terms.nonce);
        if !self.jobs.contains(&job) {
            self.jobs.push(job);
        }
        let usd = self.usd;
        self.ok(&[ix::escrow::post_job(requester, &usd, terms)]);
        job
    }

    /// Post the usual job and draw its seed one slot later.
    pub fn open(&mut self, requester: &Pubkey, nonce: u64) -> Pubkey {
        self.open_with(requester, terms(nonce))
    }

    /// Post a job and draw its seed one slot later.
    pub fn open_with(&mut self, requester: &Pubkey, terms: JobTerms) -> Pubkey {
        let job = self.post(requester, terms);
        self.tick(0, 2);
        self.ok(&[ix::verification::draw(&job)]);
        job
    }

    /// Claim a seat with machine 0.
    pub fn claim(&mut self, job: &Pubkey, operator: &Pubkey) -> Receipt {
        let claim = self.claim_ix(job, operator, 0);
        self.ok(&[claim])
    }

    /// The instruction that claims a seat of a job as it stands, with machine number `device`.
    pub fn claim_ix(&self, job: &Pubkey, operator: &Pubkey, device: u16) -> Instruction {
        ix::escrow::claim_seat(operator, job, &self.job(job), device)
    }

    /// Seal a digest.
    pub fn seal(&mut self, job: &Pubkey, operator: &Pubkey, digest: &[u8; 32]) -> Receipt {
        self.ok(&[self.seal_ix(job, operator, digest)])
    }

    /// The instruction that seals a digest; it takes the job too while one operator is asked.
    pub fn seal_ix(&self, job: &Pubkey, operator: &Pubkey, digest: &[u8; 32]) -> Instruction {
        let alone = self.chain.find::<Round>(&addresses::round(job)).is_some_and(|round| round.replicas == 1);
        let seal = if alone { ix::verification::seal_result_first } else { ix::verification::seal_result };
        seal(operator, job, seal_of(job, operator, digest))
    }

    /// Reveal a digest.
    pub fn reveal(&mut self, job: &Pubkey, operator: &Pubkey, digest: &[u8; 32]) -> Receipt {
        self.ok(&[self.reveal_ix(job, operator, digest)])
    }

    /// The instruction that reveals a digest.
    pub fn reveal_ix(&self, job: &Pubkey, operator: &Pubkey, digest: &[u8; 32]) -> Instruction {
        ix::verification::reveal_result(operator, job, *digest, salt(job, operator))
    }

    /// The operators that hold a seat.
    pub fn seated(&self, job: &Pubkey) -> Vec<Pubkey> {
        let held = |operator: &&Pubkey| self.chain.account(&addresses::seat(job, operator)).is_some();
        self.operators.iter().filter(held).copied().collect()
    }

    /// The instruction that finalizes a job's round with all its seats.
    pub fn finalize_ix(&self, job: &Pubkey) -> Instruction {
        ix::verification::finalize_round(job, 0, &self.seated(job))
    }

    /// Finalize.
    pub fn finalize(&mut self, job: &Pubkey) -> Receipt {
        self.ok(&[self.finalize_ix(job)])
    }

    /// Settle a seat.
    pub fn settle(&mut self, job: &Pubkey, operator: &Pubkey) -> Receipt {
        self.ok(&[ix::escrow::settle(job, &self.job(job), operator)])
    }

    /// Slash a lost seat; carol gets the bounty.
    pub fn slash(&mut self, job: &Pubkey, operator: &Pubkey) -> Receipt {
        self.ok(&[self.slash_ix(job, operator)])
    }

    /// The instruction that slashes a lost seat.
    pub fn slash_ix(&self, job: &Pubkey, operator: &Pubkey) -> Instruction {
        ix::escrow::slash_seat(job, &self.requester(job), operator, &self.carol)
    }

    /// The instruction that expires a seat that did not seal.
    pub fn expire_seat_ix(&self, job: &Pubkey, operator: &Pubkey) -> Instruction {
        ix::escrow::expire_seat(job, &self.requester(job), operator, &self.carol)
    }

    /// Expire a seat; carol gets the bounty.
    pub fn expire_seat(&mut self, job: &Pubkey, operator: &Pubkey) -> Receipt {
        self.ok(&[self.expire_seat_ix(job, operator)])
    }

    /// Refund what no winner is owed.
    pub fn refund(&mut self, job: &Pubkey) -> Receipt {
        self.ok(&[ix::escrow::refund(job, &self.job(job))])
    }

    /// Close a job.
    pub fn close(&mut self, job: &Pubkey) -> Receipt {
        self.ok(&[ix::escrow::close_job(job, &self.requester(job), &self.requester(job))])
    }

    /// Close a round.
    ///
    /// # Errors
    /// The program's.
    pub fn close_round(&mut self, job: &Pubkey) -> Result<Receipt, Box<Failure>> {
        let payer = self.round(job).payer;
        self.send(&[ix::verification::close_round(job, &payer)])
    }

    /// Claim with each operator and seal its digest.
    pub fn claim_and_seal(&mut self, job: &Pubkey, digests: &[(Pubkey, [u8; 32])]) {
        for (operator, _) in digests {
            self.claim(job, operator);
        }
        for (operator, digest) in digests {
            self.seal(job, operator, digest);
        }
    }

    /// Draw the seed of the stage for which a round was widened, and let one stage pass.
    pub fn next_stage(&mut self, job: &Pubkey, digests: &[(Pubkey, [u8; 32])]) -> Receipt {
        self.redraw(job);
        self.judge(job, digests)
    }

    /// Draw anew for a job that asks for more.
    pub fn redraw(&mut self, job: &Pubkey) {
        self.tick(0, 2);
        self.ok(&[ix::verification::draw(job)]);
    }

    /// Let the time for a jury pass, and count the tie that nobody took to one.
    pub fn untie(&mut self, job: &Pubkey) -> Receipt {
        self.at(self.round(job).reveal_by + 1);
        self.finalize(job)
    }

    /// Claim, seal, reveal, finalize.
    pub fn judge(&mut self, job: &Pubkey, digests: &[(Pubkey, [u8; 32])]) -> Receipt {
        self.claim_and_seal(job, digests);
        for (operator, digest) in digests {
            self.reveal(job, operator, digest);
        }
        self.finalize(job)
    }

    /// End what is left of a judged job: winners are paid, losers slashed, others released; nothing may be left.
    ///
    /// # Panics
    /// If something is left.
    #[track_caller]
    pub fn wind_up(&mut self, job: &Pubkey) {
        let lost = self.job(job).losers;
        for operator in self.seated(job) {
            let index = self.seat(job, &operator).index;
            if Job::in_set(lost, index) {
                self.slash(job, &operator)
            } else {
                self.settle(job, &operator)
            };
        }
        self.refund(job);
        self.close(job);
        self.close_round(job).expect("a final round closes");
        self.operators.iter().for_each(|operator| assert_eq!(self.pool(operator).locked, 0));
    }

    fn requester(&self, job: &Pubkey) -> Pubkey {
        self.chain.find::<Job>(job).map_or(self.alice, |job| job.requester)
    }
}
