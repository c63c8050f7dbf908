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
    /// Of an accepted job: `commitment` is the digest that the requester reviews.
    Delivered,
}

/// One operator's assignment to a job, at `["seat", job, operator]`.
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
    /// Paid the rent and gets it back.
    pub payer: Pubkey,
    /// The machine that works for it: one of its slots is taken until the seat is given up.
    pub device: Pubkey,
    /// The last moment to seal or deliver; of a delivered seat the last one of its review.
    pub seal_by: i64,
    /// Nothing, then the seal, then the digest.
    pub commitment: [u8; 32],
    /// Units done, as its operator says.
    pub progress: u64,
    /// When it last said so; when it was claimed, before.
    pub heartbeat_at: i64,
}
