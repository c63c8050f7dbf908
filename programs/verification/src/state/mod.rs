//! Accounts of the verification program. Times in unix seconds.

mod attestor;
mod ballot;
mod case;
mod proof_key;
mod shown;

use anchor_lang::prelude::*;
use assay_escrow::{CLASSES, Job};

pub use self::{attestor::*, ballot::*, case::*, proof_key::*, shown::*};
use crate::VerificationError;

/// Layout version that this build writes.
pub const VERSION: u8 = 1;

/// Seed of the Config.
pub const CONFIG_SEED: &[u8] = b"config";
/// Seed of the PDA that signs for this program in escrow and reputation.
pub const AUTHORITY_SEED: &[u8] = b"authority";
/// Bump of that PDA, which is `assay_escrow::VERIFIER` and `assay_reputation::RECORDER`.
pub const AUTHORITY_BUMP: u8 = 255;
/// Most chairs of a first jury.
pub const MAX_JURY: u8 = 7;
/// Longest that a Config may have rounds wait for a canary's answer.
pub const MAX_CANARY_SECONDS: u32 = 600;
/// Seed of a Round: `["round", job]`.
pub const ROUND_SEED: &[u8] = b"round";
/// Seed of a ProofKey: `["key", VerifyingKey::digest]`.
pub const KEY_SEED: &[u8] = b"key";
/// Seed of an Attestor: `["attestor", registrar, AttestorKey::digest]`.
pub const ATTESTOR_SEED: &[u8] = b"attestor";

/// One per program, at `["config"]`. Only `initialize` makes one, so its type and owner are all that need checking.
#[account]
#[derive(InitSpace, Debug)]
pub struct Config {
    pub version: u8,
    pub bump: u8,
    pub authority: Pubkey,
    /// May become the authority by accepting; zeros for nobody.
    pub pending: Pubkey,
    /// May pause; zeros for nobody.
    pub guardian: Pubkey,
    /// Stops new rounds; open ones go on to their end.
    pub paused: bool,
    /// Genesis hash of this cluster.
    pub genesis: [u8; 32],
    pub params: VerificationParams,
}

/// What governance sets. Windows are not among them: a job pins its own.
#[derive(AnchorSerialize, AnchorDeserialize, InitSpace, Clone, Debug, PartialEq, Eq)]
pub struct VerificationParams {
    /// Chairs of a first jury, odd; an appeal doubles them.
    pub jury: u8,
    /// What who opens a case puts at stake, and who answers it, in base units of ASY; an appeal doubles it.
    pub challenge_bond: u64,
    /// What a juror has at stake in each chair, in base units of ASY.
    pub juror_bond: u64,
    /// Seconds after the last seal before which no round is counted, so that a canary's answer comes in time.
    pub canary_seconds: u32,
    /// May commit to answers of canaries; default() for nobody.
    pub canary_keeper: Pubkey,
    /// For each class the bond of a usual job, in base units of ASY: what is worth more is re-checked more often.
    pub class_values: [u64; CLASSES],
}

impl VerificationParams {
    /// What `initialize` and `set_params` accept.
    pub fn validate(&self) -> Result<()> {
        let odd = self.jury & 1 == 1 && self.jury <= MAX_JURY;
        let staked = self.challenge_bond > 0 && self.juror_bond > 0;
        require!(odd && staked, VerificationError::BadParams);
        require!(self.canary_seconds <= MAX_CANARY_SECONDS, VerificationError::BadParams);
        require!(self.class_values.iter().all(|value| *value > 0), VerificationError::BadParams);
        Ok(())
    }
}

/// Where a round is.
#[derive(AnchorSerialize, AnchorDeserialize, InitSpace, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Seals come in.
    Sealing,
    /// Of an adaptive job: the one that was asked has sealed; whether others are is being drawn.
    Checking,
    /// All have sealed: reveals come in until `reveal_by`.
    Revealing,
    /// No more may be asked, and there are different digests: a jury may be called until `reveal_by`.
    Tied,
    /// Of a sampled job: the committee has spoken, and until `reveal_by` a jury may be called.
    Auditing,
    /// The verdict is recorded.
    Final,
}

/// One verification of a job, at `["round", job]`. Terms are copied from the job, so that sealing and revealing need
/// not load it.
#[account]
#[derive(InitSpace, Debug)]
pub struct Round {
    pub version: u8,
    pub bump: u8,
    pub phase: Phase,
    pub replicas: u8,
    pub quorum: u8,
    /// Seats that sealed.
    pub sealed: u8,
    /// Seats that revealed.
    pub revealed: u8,
    /// Bit i: seat i did not reveal when it was its time, before the round was widened. It has lost.
    pub silent: u8,
    /// Whether it judges a canary, whose answer is known: it is the job's root.
    pub known: bool,
    pub job: Pubkey,
    /// Paid the rent and gets it back.
    pub payer: Pubkey,
    /// The last moment for any seal.
    pub seal_by: i64,
    /// Seconds to reveal.
    pub reveal_window: u32,
    /// The last moment to reveal: `reveal_window` after the last seal, or after `seal_by` if not all seal.
    pub reveal_by: i64,
    /// Of a sampled job: the leaves that its executor has shown. A round without it has no room for it.
    pub shown: Option<Shown>,
}

impl Round {
    /// Bytes of the account.
    pub const fn space(sampled: bool) -> usize {
        let all = 8_usize.saturating_add(Self::INIT_SPACE);
        if sampled { all } else { all.saturating_sub(Shown::INIT_SPACE) }
    }

    /// Whether the round was opened for the job that stands at its address now. A requester may close a job, leave its
    /// round open and post again with the same nonce: the old round must not judge the new job.
    pub fn is_of(&self, job: &Job) -> bool {
        let terms = (self.replicas, self.seal_by, self.reveal_window);
        // Where no round judges, one that stands at the address is another posting's.
        let same = terms == (job.replicas, job.seal_by, job.reveal_window);
        // Once seals are in, the quorum may have changed; and then it is no other posting's, see `is_fresh`.
        job.strategy.has_round() && same && (self.sealed > 0 || self.quorum == job.strategy.quorum())
    }

    /// Take over what the job asks for now: how many seats, and until when.
    pub fn follow(&mut self, job: &Job) -> Result<()> {
        self.replicas = job.replicas;
        self.seal_by = job.seal_by;
        self.reveals_until(job.seal_by)
    }

    /// All have sealed by `now`: they may reveal.
    pub fn reveals_from(&mut self, now: i64) -> Result<()> {
        self.phase = Phase::Revealing;
        self.reveals_until(now)
    }

    /// Counted at `now`: a jury may be called for a while.
    pub fn audits_from(&mut self, now: i64) -> Result<()> {
        self.phase = Phase::Auditing;
        self.reveals_until(now)
    }

    /// Reveals have `reveal_window` seconds from the last seal on.
    fn reveals_until(&mut self, last_seal: i64) -> Result<()> {
        let reveal_by = last_seal.checked_add(self.reveal_window.into());
        self.reveal_by = reveal_by.ok_or(VerificationError::Overflow)?;
        Ok(())
    }

    /// Whether nothing has happened in it yet.
    pub fn is_fresh(&self) -> bool {
        self.phase == Phase::Sealing && self.sealed == 0 && self.revealed == 0
    }

    /// Whether reveals are accepted at `now`, were it not for `reveal_by`: all sealed, or sealing over with a quorum.
    pub fn revealing(&self, now: i64) -> bool {
        match self.phase {
            Phase::Revealing => true,
            Phase::Sealing => now > self.seal_by && self.sealed >= self.quorum,
            Phase::Checking | Phase::Tied | Phase::Auditing | Phase::Final => false,
        }
    }

    /// Whether the count can be made at `now`: nothing more may come in.
    pub fn countable(&self, now: i64) -> bool {
        let too_few = now > self.seal_by && self.sealed < self.quorum;
        let all_in = self.revealing(now) && (self.revealed == self.sealed || now > self.reveal_by);
        self.phase != Phase::Final && (all_in || (self.phase == Phase::Sealing && too_few))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_programs_authority_is_verifier_and_recorder() {
        let derived = Pubkey::find_program_address(&[AUTHORITY_SEED], &crate::ID);
        assert_eq!(derived, (assay_escrow::VERIFIER, AUTHORITY_BUMP));
        assert_eq!(derived.0, assay_reputation::RECORDER);
        assert_eq!(derived.0, assay_staking::JUDGE);
    }

    fn round(phase: Phase, sealed: u8, revealed: u8) -> Round {
        Round {
            version: VERSION,
            bump: 0,
            phase,
            replicas: 3,
            quorum: 2,
            sealed,
            revealed,
            silent: 0,
            known: false,
            job: Pubkey::default(),
            payer: Pubkey::default(),
            seal_by: 100,
            reveal_window: 10,
            reveal_by: 110,
            shown: None,
        }
    }

    #[test]
    fn reveals_wait_for_all_seals_or_the_end_of_sealing() {
        assert!(!round(Phase::Sealing, 2, 0).revealing(100));
        assert!(round(Phase::Sealing, 2, 0).revealing(101));
        assert!(!round(Phase::Sealing, 1, 0).revealing(101));
        assert!(round(Phase::Revealing, 3, 0).revealing(0));
    }

    #[test]
    fn counting_waits_for_all_that_may_come() {
        assert!(!round(Phase::Revealing, 3, 2).countable(110));
        assert!(round(Phase::Revealing, 3, 2).countable(111));
        assert!(round(Phase::Revealing, 3, 3).countable(50));
        assert!(!round(Phase::Sealing, 1, 0).countable(100));
        assert!(round(Phase::Sealing, 1, 0).countable(101));
        assert!(!round(Phase::Sealing, 2, 1).countable(110));
        assert!(round(Phase::Sealing, 2, 1).countable(111));
        assert!(!round(Phase::Final, 3, 3).countable(1_000));
    }
}
