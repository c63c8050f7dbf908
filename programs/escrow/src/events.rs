//! Events of the escrow program. Amounts are base units of the job's mint unless they say ASY; times unix seconds.
//! The event of a closed account carries its last state, so that history alone can rebuild it.

use anchor_lang::prelude::*;

pub use crate::instructions::administration::{AuthorityAccepted, AuthorityProposed, GuardianSet, PausedSet};

use crate::state::{Bid, Capabilities, Device, EscrowParams, Job, Model, PaymentMint, Seat, Strategy};

/// The Config exists.
#[event]
pub struct EscrowInitialized {
    pub authority: Pubkey,
    pub params: EscrowParams,
}

/// The authority set the parameters.
#[event]
pub struct ParamsSet {
    pub params: EscrowParams,
}

/// A mint may be used as payment.
#[event]
pub struct MintRegistered {
    pub mint: Pubkey,
    pub decimals: u8,
    pub bond_rate: u64,
}

/// A mint may not be used as payment any more; jobs that are paid in it go on.
#[event]
pub struct MintUnregistered {
    pub payment: Pubkey,
    pub mint: Pubkey,
    pub last: PaymentMint,
}

/// A machine was registered; it is available and not verified.
#[event]
pub struct DeviceRegistered {
    pub device: Pubkey,
    pub operator: Pubkey,
    pub capabilities: Capabilities,
    pub slots: u16,
    pub price_floor: u64,
}

/// A machine is now this. `verified` is false unless capabilities and slots stayed what they were.
#[event]
pub struct DeviceUpdated {
    pub device: Pubkey,
    pub capabilities: Capabilities,
    pub slots: u16,
    pub price_floor: u64,
    pub verified: bool,
}

/// A machine's operator wants work for it, or none.
#[event]
pub struct DeviceAvailable {
    pub device: Pubkey,
    pub available: bool,
}

/// The protocol vouches for a machine, or no longer does.
#[event]
pub struct DeviceVerified {
    pub device: Pubkey,
    pub verified: bool,
    pub by: Pubkey,
}

/// A machine was retired and its account closed.
#[event]
pub struct DeviceRetired {
    pub device: Pubkey,
    pub last: Device,
}

/// An operator bids for a seat of an auction.
#[event]
pub struct BidPlaced {
    pub bid: Pubkey,
    pub job: Pubkey,
    pub operator: Pubkey,
    pub device: Pubkey,
    pub price: u64,
    /// Base units of ASY, at most.
    pub exposure: u64,
    pub expires_at: i64,
}

/// A bid was taken back, or cleared away when it could be awarded no more.
#[event]
pub struct BidWithdrawn {
    pub bid: Pubkey,
    pub by: Pubkey,
    pub last: Bid,
}

/// A requester gave a seat for a bid; `SeatClaimed` in the same transaction tells of the seat.
#[event]
pub struct BidAwarded {
    pub bid: Pubkey,
    pub job: Pubkey,
    pub seat: Pubkey,
    pub price: u64,
    pub last: Bid,
}

/// A model was published.
#[event]
pub struct ModelPublished {
    pub model: Pubkey,
    pub author: Pubkey,
    pub id: u32,
    pub payee: Pubkey,
    pub content_hash: [u8; 32],
    pub royalty_bps: u16,
    pub uri: String,
}

/// A model has a new content.
#[event]
pub struct ModelRevised {
    pub model: Pubkey,
    pub revision: u32,
    pub content_hash: [u8; 32],
    pub uri: String,
}

/// Jobs that name the model from now on pay somebody else.
#[event]
pub struct ModelPayeeSet {
    pub model: Pubkey,
    pub payee: Pubkey,
}

/// A model was retired and its account closed. Jobs already posted pay as they agreed.
#[event]
pub struct ModelRetired {
    pub model: Pubkey,
    pub last: Model,
}

/// A job was posted and paid in.
#[event]
pub struct JobPosted {
    pub job: Pubkey,
    pub requester: Pubkey,
    pub mint: Pubkey,
    pub spec_hash: [u8; 32],
    pub units: u64,
    pub strategy: Strategy,
    pub seat_price: u64,
    pub deposit: u64,
    pub seal_by: i64,
}

/// The requester offers more, or gives more time; `deposit` base units came in.
#[event]
pub struct JobToppedUp {
    pub job: Pubkey,
    pub seat_price: u64,
    pub seal_by: i64,
    pub deposit: u64,
}

/// An operator took a seat; `exposure` base units of its ASY are locked.
#[event]
pub struct SeatClaimed {
    pub job: Pubkey,
    pub seat: Pubkey,
    pub operator: Pubkey,
    pub index: u8,
    pub exposure: u64,
    pub seal_by: i64,
}

/// The operator of a seat says that it is at work, and how many units are done.
#[event]
pub struct Heartbeat {
    pub job: Pubkey,
    pub seat: Pubkey,
    pub progress: u64,
}

/// The operator of an accepted job delivered milestone `milestone` (the first is 0), to be reviewed until `review_by`.
#[event]
pub struct ResultDelivered {
    pub job: Pubkey,
    pub seat: Pubkey,
    pub operator: Pubkey,
    pub milestone: u8,
    pub digest: [u8; 32],
    pub review_by: i64,
}

/// A milestone was accepted. The `last` one ends the job and is paid by `SeatSettled`, any other is paid at once.
#[event]
pub struct MilestoneReleased {
    pub job: Pubkey,
    pub seat: Pubkey,
    pub operator: Pubkey,
    pub milestone: u8,
    pub is_last: bool,
    pub paid: u64,
    pub fee: u64,
    pub royalties: u64,
}

/// What was due to leg number `leg` went to an account of `to`: the payee, or the protocol after the grace.
#[event]
pub struct RoyaltyPaid {
    pub job: Pubkey,
    pub leg: u8,
    pub to: Pubkey,
    pub amount: u64,
}

/// A seat was settled and closed: `paid` to the operator, `fee` to the protocol and `royalties` due to the legs (all 0
/// if nobody won), `released` base units of its ASY, and `bounty` lamports to the caller.
#[event]
pub struct SeatSettled {
    pub job: Pubkey,
    pub seat: Pubkey,
    pub operator: Pubkey,
    pub paid: u64,
    pub fee: u64,
    pub royalties: u64,
    pub released: u64,
    pub bounty: u64,
    pub last: Seat,
}

/// Why a seat was slashed.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub enum SlashReason {
    /// Revealed another digest than the quorum's.
    Wrong,
    /// Sealed and never revealed.
    Silent,
    /// Seated and never sealed.
    Ghost,
}

/// A seat was slashed and closed; the staking program's `Slashed` in the same transaction says who got what.
#[event]
pub struct SeatSlashed {
    pub job: Pubkey,
    pub seat: Pubkey,
    pub operator: Pubkey,
    pub reason: SlashReason,
    /// Base units of ASY, at most: less if the pool had less.
    pub amount: u64,
    pub last: Seat,
}

/// The requester took the job back. `seats`: bit i is seat i, which is now paid for its time, or expired if it was late.
#[event]
pub struct JobCancelled {
    pub job: Pubkey,
    pub seats: u8,
}

/// The job's time ran out with no seat taken.
#[event]
pub struct JobExpired {
    pub job: Pubkey,
    pub bounty: u64,
}

/// Unspent payment went back to the requester.
#[event]
pub struct JobRefunded {
    pub job: Pubkey,
    pub amount: u64,
}

/// The job and its vault were closed.
#[event]
pub struct JobClosed {
    pub job: Pubkey,
    pub bounty: u64,
    pub last: Job,
}
