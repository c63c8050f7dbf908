//! Accounts of the verification program. Times in unix seconds.

mod attestor;
mod ballot;
mod case;
mod proof_key;
mod round;
mod shown;

use anchor_lang::prelude::*;
use assay_escrow::CLASSES;

pub use self::{attestor::*, ballot::*, case::*, proof_key::*, round::*, shown::*};
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
/// Seed of a Canary: `["canary", commitment]`.
pub const CANARY_SEED: &[u8] = b"canary";
/// Seconds after which anybody may close a canary that was never revealed: 90 days, longer than any job.
pub const CANARY_LIFE: i64 = 90 * 24 * 60 * 60;
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

impl Config {
    /// Whether `who` may commit to answers of canaries: nobody, where none is named.
    pub fn is_keeper(&self, who: &Pubkey) -> bool {
        self.params.canary_keeper == *who && *who != Pubkey::default()
    }
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

/// A commitment to the answer of a job that is not posted yet, at `["canary", commitment]`: see
/// [`crate::canary::commitment`]. It says nothing of which job.
#[account]
#[derive(InitSpace, Debug)]
pub struct Canary {
    pub version: u8,
    pub bump: u8,
    pub commitment: [u8; 32],
    /// Only jobs that were posted later can be this canary.
    pub created_at: i64,
    /// Paid the rent and gets it back.
    pub payer: Pubkey,
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
}
