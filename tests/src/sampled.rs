//! A sampled job's life, step by step: one executor, and a committee that computes samples of it again.

use anchor_lang::{prelude::Pubkey, solana_program::instruction::Instruction};
use assay_sdk::{
    addresses,
    escrow::{JobTerms, Strategy},
    ix::verification as ix,
    merkle, sample as client,
    sample::Piece,
    verification::{CaseKind, Round, sample},
};

use crate::{
    chain::Receipt,
    market::{salt, seal_of, terms},
    world::World,
};

/// Units of the usual sampled job.
pub const UNITS: u64 = 40;
/// Those of them that are computed again.
pub const SAMPLES: u8 = 4;
/// Verifiers.
pub const COMMITTEE: u8 = 3;
/// Base units of tUSD for a unit.
pub const OF_UNIT: u64 = 25_001;
/// What the executor gets, fee included.
pub const WHOLE: u64 = UNITS * OF_UNIT;
/// What each verifier gets, fee included.
pub const PART: u64 = SAMPLES as u64 * OF_UNIT;

/// The usual sampled job.
pub fn sampled(nonce: u64) -> JobTerms {
    let strategy = Strategy::Sampled { samples: SAMPLES, committee: COMMITTEE };
    JobTerms { strategy, units: UNITS, price_per_unit: OF_UNIT, ..terms(nonce) }
}

/// The same with time for another beside it.
pub fn patient(nonce: u64) -> JobTerms {
    JobTerms { deadline_seconds: 1_000, ..sampled(nonce) }
}

/// What computing so many units gives.
pub fn work(units: u64) -> Vec<[u8; 32]> {
    (0..units).map(|unit| merkle::unit_digest(unit, b"output")).collect()
}

/// The same with these units made up.
pub fn garbage(honest: &[[u8; 32]], units: impl IntoIterator<Item = u64>) -> Vec<[u8; 32]> {
    let mut digests = honest.to_vec();
    units.into_iter().for_each(|unit| digests[unit as usize] = merkle::unit_digest(unit, b"made up"));
    digests
}

/// The root over all digests.
pub fn root(digests: &[[u8; 32]]) -> [u8; 32] {
    merkle::root(digests).expect("there are units")
}

impl World {
    /// Post a sampled job, and let its executor claim and seal a root; then the units and the committee's seed are drawn.
    pub fn start(&mut self, requester: &Pubkey, terms: JobTerms, executor: &Pubkey, root: &[u8; 32]) -> Pubkey {
        let job = self.open_with(requester, terms);
        // One seat is little: until it has widened, not everybody may take it.
        self.tick(60, 1);
        self.claim(&job, executor);
        self.ok(&[self.seal_first_ix(&job, executor, root)]);
        self.tick(0, 2);
        self.ok(&[ix::draw(&job)]);
        // Nor is every pool chosen for the committee until then.
        self.tick(60, 1);
        job
    }

    /// The instruction by which the executor seals its root.
    pub fn seal_first_ix(&self, job: &Pubkey, executor: &Pubkey, root: &[u8; 32]) -> Instruction {
        ix::seal_result_first(executor, job, seal_of(job, executor, root))
    }

    /// The drawn units.
    pub fn drawn(&self, job: &Pubkey) -> Vec<u64> {
        client::drawn(job, &self.job(job))
    }

    /// The digests of the drawn units.
    pub fn samples(&self, job: &Pubkey, digests: &[[u8; 32]]) -> Vec<[u8; 32]> {
        self.drawn(job).iter().map(|unit| digests[*unit as usize]).collect()
    }

    /// Claim a seat of the committee and seal the samples.
    pub fn verify(&mut self, job: &Pubkey, verifier: &Pubkey, samples: &[[u8; 32]]) {
        self.claim(job, verifier);
        self.seal(job, verifier, &sample::root(samples));
    }

    /// The instruction that reveals samples.
    pub fn reveal_sample_ix(&self, job: &Pubkey, verifier: &Pubkey, samples: &[[u8; 32]]) -> Instruction {
        ix::reveal_sample(verifier, job, samples.to_vec(), salt(job, verifier))
    }

    /// Reveal samples.
    pub fn reveal_sample(&mut self, job: &Pubkey, verifier: &Pubkey, samples: &[[u8; 32]]) -> Receipt {
        self.ok(&[self.reveal_sample_ix(job, verifier, samples)])
    }

    /// The instruction that reveals the root.
    pub fn reveal_root_ix(&self, job: &Pubkey, executor: &Pubkey, root: &[u8; 32]) -> Instruction {
        ix::reveal_root(executor, job, *root, salt(job, executor))
    }

    /// The pieces that show the drawn leaves, from where they stand.
    pub fn pieces(&self, job: &Pubkey, digests: &[[u8; 32]]) -> Vec<Piece> {
        let shown = self.round(job).shown.expect("it is sampled");
        client::pieces(digests, &self.drawn(job), &shown).expect("it is its tree")
    }

    /// Reveal the root and show all drawn leaves.
    pub fn show(&mut self, job: &Pubkey, executor: &Pubkey, digests: &[[u8; 32]]) {
        self.ok(&[self.reveal_root_ix(job, executor, &root(digests))]);
        for piece in self.pieces(job, digests) {
            self.ok(&[ix::prove_sample(executor, job, piece)]);
        }
    }

    /// The instruction that counts the committee, or pronounces, with all seats.
    pub fn finalize_sample_ix(&self, job: &Pubkey) -> Instruction {
        ix::finalize_sample(None, job, 0, &self.seated(job))
    }

    /// Count the committee, or pronounce.
    pub fn finalize_sample(&mut self, job: &Pubkey) -> Receipt {
        self.ok(&[self.finalize_sample_ix(job)])
    }

    /// Let the committee seal and reveal what each of it found, the executor show its leaves, and count.
    pub fn audit(&mut self, job: &Pubkey, executor: (&Pubkey, &[[u8; 32]]), votes: &[(Pubkey, Vec<[u8; 32]>)]) {
        for (verifier, samples) in votes {
            self.verify(job, verifier, samples);
        }
        for (verifier, samples) in votes {
            self.reveal_sample(job, verifier, samples);
        }
        self.show(job, executor.0, executor.1);
        self.finalize_sample(job);
    }

    /// Let the time for a jury pass, and pronounce.
    pub fn pronounce(&mut self, job: &Pubkey) -> Receipt {
        let round: Round = self.chain.read(&addresses::round(job));
        self.at(round.reveal_by + 1);
        self.finalize_sample(job)
    }

    /// Have a jury called about the samples; returns the case.
    pub fn call_jury(&mut self, opener: &Pubkey, job: &Pubkey) -> Pubkey {
        let case = addresses::case(job, &CaseKind::Sample);
        // Before it is there, so that what holds of cases holds from its first moment.
        self.cases.push(case);
        self.ok(&[self.call_jury_ix(opener, job)]);
        case
    }

    /// The instruction that has a jury called.
    pub fn call_jury_ix(&self, opener: &Pubkey, job: &Pubkey) -> Instruction {
        ix::open_case(opener, job, CaseKind::Sample, None)
    }

    /// The instruction that pronounces what a jury found.
    pub fn conclude_sample_ix(&self, job: &Pubkey) -> Instruction {
        ix::conclude_sample(None, job, 0, &self.seated(job))
    }

    /// Let the time for an appeal pass, and pronounce what the jury found.
    pub fn conclude_sample(&mut self, job: &Pubkey) -> Receipt {
        let case = self.case(&addresses::case(job, &CaseKind::Sample));
        self.at(self.now.max(case.until + 1));
        self.ok(&[self.conclude_sample_ix(job)])
    }
}
