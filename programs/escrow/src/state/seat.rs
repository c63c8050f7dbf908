use anchor_lang::prelude::*;

/// Where a seat is.
#[derive(AnchorSerialize, AnchorDeserialize, InitSpace, Clone, Copy, Debug, PartialEq, Eq)]
pub enum SeatState {
    /// Computing.
    Claimed,
    /// `commitment` is a seal.
    Sealed,
    /// `commitment` is the digest that was sealed.
    Revealed,
}

/// One operator's assignment to a job, at `["seat", job, operator]`. The operator paid its rent and gets it back.
#[account]
#[derive(InitSpace, Debug)]
pub struct Seat {
    pub version: u8,
    pub bump: u8,
    /// Number of the seat, and of its bit in the job's sets.
    pub index: u8,
    pub state: SeatState,
    pub job: Pubkey,
    pub operator: Pubkey,
    /// The last moment to seal.
    pub seal_by: i64,
    /// Nothing, then the seal, then the digest.
    pub commitment: [u8; 32],
}
