//! Disputes, step by step, as requesters, executors, challengers and jurors would have them.

use anchor_lang::{AccountSerialize, prelude::Pubkey, solana_program::instruction::Instruction};
use assay_sdk::{
    addresses,
    escrow::{JobTerms, Strategy},
    ix::verification as call,
    merkle::{self, Proof},
    verification::{Ballot, Case, CaseKind, Phase, Round, seal},
};

use crate::{
    World,
    chain::{Receipt, hash},
    market::{REVEAL, salt, terms},
    world::GENESIS,
};

/// Seconds to review a delivery in these jobs.
pub const WINDOW: u32 = 600;
/// The unit that a liar gets wrong.
pub const LIE: u64 = 5;

/// The right digest of each of so many units.
pub fn right(units: u64) -> Vec<[u8; 32]> {
    (0..units).map(|unit| merkle::unit_digest(unit, &unit.to_le_bytes())).collect()
}

/// Those digests with unit 5 wrong.
pub fn wrong(units: u64) -> Vec<[u8; 32]> {
    let mut digests = right(units);
    digests[LIE as usize] = hash(&[b"a lie"]);
    digests
}

/// The root of all units' digests.
pub fn root(digests: &[[u8; 32]]) -> [u8; 32] {
    merkle::root(digests).expect("a job has units")
}

/// The usual job, which anyone may challenge.
pub fn optimistic(nonce: u64) -> JobTerms {
    JobTerms { strategy: Strategy::Optimistic { window: WINDOW }, ..terms(nonce) }
}

/// The usual job, which its requester reviews in milestones.
pub fn accepted(nonce: u64, milestones: &[u16]) -> JobTerms {
    JobTerms { strategy: Strategy::Accepted { window: WINDOW }, milestones: milestones.to_vec(), ..terms(nonce) }
}

/// What a juror would seal.
pub fn vote_seal(case: &Pubkey, operator: &Pubkey, digest: &[u8; 32]) -> [u8; 32] {
    seal::seal(&GENESIS, case, operator, digest, &salt(case, operator))
}

impl World {
    /// A case's account.
    pub fn case(&self, case: &Pubkey) -> Case {
        self.chain.read(case)
    }

    /// A juror's ballot.
    pub fn ballot(&self, case: &Pubkey, operator: &Pubkey) -> Ballot {
        self.chain.read(&addresses::ballot(case, operator))
    }

    /// A reviewed job of which `executor` has the seat.
    pub fn seat_reviewed(&mut self, requester: &Pubkey, terms: JobTerms, executor: &Pubkey) -> Pubkey {
        let job = self.post_only(requester, terms);
        self.tick(0, 2);
        self.ok(&[call::draw_roundless(&job)]);
        // The threshold widens to every pool.
        self.tick(60, 0);
        self.claim(&job, executor);
        job
    }

    /// That, delivered with these units' digests.
    pub fn deliver_reviewed(
        &mut self,
        requester: &Pubkey,
        terms: JobTerms,
        executor: &Pubkey,
        digests: &[[u8; 32]],
    ) -> Pubkey {
        let job = self.seat_reviewed(requester, terms, executor);
        self.ok(&[assay_sdk::ix::escrow::deliver(executor, &job, root(digests))]);
        job
    }

    /// Challenge a unit of an executor's delivery; returns the case.
    pub fn challenge(&mut self, opener: &Pubkey, job: &Pubkey, unit: u64, executor: &Pubkey) -> Pubkey {
        let kind = CaseKind::Challenge { unit };
        let case = addresses::case(job, &kind);
        self.open_case(call::open_case(opener, job, kind, Some(executor)), case)
    }

    /// Have a jury called about a tie; returns the case.
    pub fn tie(&mut self, opener: &Pubkey, job: &Pubkey) -> Pubkey {
        self.open_case(call::open_case(opener, job, CaseKind::Tie, None), addresses::case(job, &CaseKind::Tie))
    }

    /// Put a round to where finalize_round leaves it when its replicas found different things and no more may be asked.
    pub fn tie_round(&mut self, job: &Pubkey) {
        let (address, reveal_by) = (addresses::round(job), self.now + REVEAL);
        let round = Round { phase: Phase::Tied, reveal_by, ..self.round(job) };
        let mut account = self.chain.account(&address).expect("a round");
        account.data.clear();
        round.try_serialize(&mut account.data).expect("a round serializes");
        self.chain.set(&address, account);
    }

    fn open_case(&mut self, instruction: Instruction, case: Pubkey) -> Pubkey {
        if !self.cases.contains(&case) {
            self.cases.push(case);
        }
        self.ok(&[instruction]);
        case
    }

    /// The instruction that answers a challenge of `unit` with the whole proof.
    pub fn answer_ix(&self, case: &Pubkey, digests: &[[u8; 32]]) -> Instruction {
        let Case { executor, job, kind: CaseKind::Challenge { unit }, .. } = self.case(case) else {
            panic!("{case} is no challenge")
        };
        let proof = Proof::create(digests, unit).expect("a unit of the job");
        call::answer_case(&executor, &job, case, 0, digests[unit as usize], &proof.siblings)
    }

    /// Answer a challenge.
    pub fn answer(&mut self, case: &Pubkey, digests: &[[u8; 32]]) -> Receipt {
        self.ok(&[self.answer_ix(case, digests)])
    }

    /// Draw the jury, and wait until its threshold has widened to every pool.
    pub fn draw_jury(&mut self, case: &Pubkey) -> Receipt {
        self.tick(0, 2);
        let drawn = self.ok(&[call::draw_jury(case)]);
        self.tick(120, 0);
        drawn
    }

    /// The instruction that takes a chair.
    pub fn join_ix(&self, case: &Pubkey, operator: &Pubkey) -> Instruction {
        call::join_jury(operator, &self.case(case).job, 0, case)
    }

    /// Take a chair.
    pub fn join(&mut self, case: &Pubkey, operator: &Pubkey) -> Receipt {
        self.ok(&[self.join_ix(case, operator)])
    }

    /// The instruction that seals a vote.
    pub fn ballot_ix(&self, case: &Pubkey, operator: &Pubkey, digest: &[u8; 32]) -> Instruction {
        call::ballot_seal(operator, case, vote_seal(case, operator, digest))
    }

    /// The instruction that opens a vote.
    pub fn show_ix(&self, case: &Pubkey, operator: &Pubkey, digest: &[u8; 32]) -> Instruction {
        call::ballot_reveal(operator, case, *digest, salt(case, operator))
    }

    /// Draw a jury, seat these jurors, have them seal and reveal, and count. A juror without a digest joins and does nothing.
    pub fn judge_case(&mut self, case: &Pubkey, votes: &[(Pubkey, Option<[u8; 32]>)]) -> Receipt {
        self.draw_jury(case);
        self.cast(case, votes);
        self.resolve(case)
    }

    /// Join, seal and reveal in time, or when no more seals can come.
    pub fn cast(&mut self, case: &Pubkey, votes: &[(Pubkey, Option<[u8; 32]>)]) {
        votes.iter().for_each(|(juror, _)| drop(self.join(case, juror)));
        let voting: Vec<_> = votes.iter().filter_map(|(juror, digest)| Some((*juror, (*digest)?))).collect();
        voting.iter().for_each(|(juror, digest)| drop(self.ok(&[self.ballot_ix(case, juror, digest)])));
        let state = self.case(case);
        if state.sealed < state.chairs {
            self.at(state.seals_until().expect("a time") + 1);
        }
        voting.iter().for_each(|(juror, digest)| drop(self.ok(&[self.show_ix(case, juror, digest)])));
    }

    /// Count a jury's votes.
    pub fn resolve(&mut self, case: &Pubkey) -> Receipt {
        self.ok(&[call::resolve_case(case)])
    }

    /// The instruction that ends a challenge.
    pub fn conclude_ix(&self, case: &Pubkey) -> Instruction {
        let Case { job, executor, .. } = self.case(case);
        call::conclude_challenge(&job, 0, case, &executor)
    }

    /// Wait for the last moment of the phase to pass, and conclude.
    pub fn conclude(&mut self, case: &Pubkey) -> Receipt {
        let until = self.case(case).until;
        self.at(self.now.max(until + 1));
        self.ok(&[self.conclude_ix(case)])
    }

    /// The instruction that slashes a juror; carol gets the caller's part.
    pub fn slash_ballot_ix(&self, case: &Pubkey, juror: &Pubkey) -> Instruction {
        call::slash_ballot(case, &self.case(case).requester, juror, &self.carol)
    }

    /// Pay all that a case owes, settle or slash every ballot, and close it when its review is over.
    pub fn clear_case(&mut self, case: &Pubkey) {
        let state = self.case(case);
        for (index, due) in state.dues.iter().enumerate().filter(|(_, due)| due.amount > 0) {
            self.ok(&[call::pay_case(case, index as u8, &due.to)]);
        }
        for juror in self.operators.clone() {
            let address = addresses::ballot(case, &juror);
            let Some(ballot) = self.chain.find::<Ballot>(&address) else { continue };
            let lost = ballot.earned(&state).expect("a concluded case").is_none();
            let end = if lost { self.slash_ballot_ix(case, &juror) } else { call::settle_ballot(case, &juror) };
            self.ok(&[end]);
        }
        if self.job(&state.job).is_live() {
            self.at(self.now.max(state.review_by + 1));
        }
        self.close_case(case);
    }

    /// Close a case; nothing of it may be left.
    pub fn close_case(&mut self, case: &Pubkey) -> Receipt {
        let closed = self.ok(&[call::close_case(case, &self.case(case))]);
        for address in [*case, addresses::case_vault(case)] {
            assert_eq!(self.chain.account(&address), None);
        }
        closed
    }

    /// Return a surety.
    pub fn return_surety(&mut self, job: &Pubkey, operator: &Pubkey) -> Receipt {
        self.ok(&[call::return_surety(job, operator)])
    }
}
