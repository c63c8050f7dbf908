//! What verification's authority sets, and what its keeper of canaries knows.

use anchor_lang::prelude::Pubkey;
use assay_tests::assay_sdk::verification::{VerificationError, VerificationParams};

use super::{Model, Verdict, require};

/// A commitment to a job's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Canary {
    pub commitment: [u8; 32],
    pub created_at: i64,
    pub payer: Pubkey,
    /// What was committed to, which is not on the chain: job, root, salt.
    pub job: Pubkey,
    pub root: [u8; 32],
    pub salt: [u8; 32],
}

impl Model {
    pub fn set_verification_params(&mut self, params: &VerificationParams) -> Verdict {
        // An odd jury, or it could be undecided between two.
        let jury = params.jury % 2 == 1 && params.jury <= 7;
        let bonds = params.challenge_bond > 0 && params.juror_bond > 0;
        let values = params.class_values.iter().all(|value| *value > 0);
        require(jury && bonds && values && params.canary_seconds <= 600, VerificationError::BadParams)?;
        self.verification = params.clone();
        Ok(())
    }
}
