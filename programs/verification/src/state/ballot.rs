use anchor_lang::prelude::*;

use super::{Case, Ruling};
use crate::VerificationError;

/// Where a ballot is.
#[derive(AnchorSerialize, AnchorDeserialize, InitSpace, Clone, Copy, Debug, PartialEq, Eq)]
pub enum BallotState {
    /// The juror computes.
    Joined,
    /// `commitment` is a seal.
    Sealed,
    /// `commitment` is the digest that was sealed.
    Revealed,
}

/// A juror's chair in a case, at `["ballot", case, operator]`. Its bond is locked in the juror's pool.
#[account]
#[derive(InitSpace, Debug)]
pub struct Ballot {
    pub version: u8,
    pub bump: u8,
    pub state: BallotState,
    /// The jury it belongs to: appeals before it.
    pub level: u8,
    pub case: Pubkey,
    pub operator: Pubkey,
    /// Paid the rent and gets it back.
    pub payer: Pubkey,
    /// Base units of ASY.
    pub bond: u64,
    /// The last moment to seal.
    pub seal_by: i64,
    /// Nothing, then the seal, then the digest.
    pub commitment: [u8; 32],
}

impl Ballot {
    /// Bytes of the account.
    pub const SPACE: usize = 8 + Self::INIT_SPACE;

    /// What the juror gets besides its bond, or `None` if it has lost the bond: it joined and did not reveal, or voted for another
    /// digest than the one decided for. Where the job ended otherwise, nobody asks what a juror did.
    pub fn earned(&self, case: &Case) -> Result<Option<u64>> {
        let revealed = self.state == BallotState::Revealed;
        Ok(match case.ruling {
            Ruling::Open => return err!(VerificationError::WrongCasePhase),
            Ruling::Moot | Ruling::Unanswered => Some(0),
            Ruling::Undecided => revealed.then_some(0),
            Ruling::Decided => (revealed && self.commitment == case.decision).then_some(case.each),
        })
    }
}
