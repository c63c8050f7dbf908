//! Accounts of the escrow program. Amounts in base units, times in unix seconds.

mod bid;
mod device;
mod job;
mod model;
mod seat;
mod terms;

use anchor_lang::prelude::*;

use crate::{
    EscrowError,
    math::{BPS, MAX_FEE_BPS},
};

pub use self::{bid::*, device::*, job::*, model::*, seat::*, terms::*};

/// Layout version that this build writes.
pub const VERSION: u8 = 1;

/// Seed of the Config.
pub const CONFIG_SEED: &[u8] = b"config";
/// Seed of the PDA that signs for this program in the staking program.
pub const AUTHORITY_SEED: &[u8] = b"authority";
/// Seed of a PaymentMint: `["payment", mint]`.
pub const PAYMENT_SEED: &[u8] = b"payment";
/// Seed of a Device: `["device", operator, index as u16 LE]`.
pub const DEVICE_SEED: &[u8] = b"device";
/// Seed of a Job: `["job", requester, nonce as u64 LE]`.
pub const JOB_SEED: &[u8] = b"job";
/// Seed of a job's vault: `["vault", job]`; the Job owns it.
pub const VAULT_SEED: &[u8] = b"vault";
/// Seed of a Seat: `["seat", job, operator]`: one seat an operator and job.
pub const SEAT_SEED: &[u8] = b"seat";

/// The one signer that may seed, seal, reveal and judge: the verification program's `["authority"]`.
pub const VERIFIER: Pubkey = pubkey!("9yn1EK9NgTcFULkEQcA6CXo8mVV4w4p3bsf4P5AUAQY6");
/// Bump of this program's own `["authority"]`, which is `assay_staking::SLASHER`.
pub const AUTHORITY_BUMP: u8 = 255;

/// Number of job classes.
pub const CLASSES: usize = 5;
/// Most replicas of a job.
pub const MAX_REPLICAS: u8 = 7;
/// Most units that a committee computes again.
pub const MAX_SAMPLES: u8 = 16;
/// Most attestors that a job may ask for.
pub const MAX_ATTESTORS: u8 = 4;
/// Longest uri, in bytes.
pub const MAX_URI: usize = 128;
/// Most units of a job: 2^32.
pub const MAX_UNITS: u64 = 1 << 32;
/// Most royalty legs of a job, those of its models included.
pub const MAX_LEGS: usize = 4;
/// Most milestones of a job.
pub const MAX_MILESTONES: usize = 8;
/// Longest time to review that a Config may allow: 30 days.
pub const MAX_REVIEW: u32 = 30 * 24 * 60 * 60;
/// Highest bounty that a Config may set, in lamports.
pub const MAX_BOUNTY: u32 = 10_000_000;

/// The engines, as bits of `Capabilities::engines`; a job names one by its bit's number.
/// WebAssembly.
pub const ENGINE_WASM: u8 = 0;
/// Containers.
pub const ENGINE_OCI: u8 = 1;
/// Encrypted jobs, by TFHE.
pub const ENGINE_TFHE: u8 = 2;
/// Bits of all engines there are.
pub const ENGINES: u8 = 1 << ENGINE_WASM | 1 << ENGINE_OCI | 1 << ENGINE_TFHE;

/// What one class of job asks for.
#[derive(AnchorSerialize, AnchorDeserialize, InitSpace, Clone, Copy, Debug)]
pub struct ClassParams {
    /// Seconds the class is given; windows are multiples of it.
    pub seconds: u32,
    /// Least active stake of an operator, in base units of ASY.
    pub stake: u64,
}

/// What the deployer chooses at initialization.
#[derive(AnchorSerialize, AnchorDeserialize, InitSpace, Clone, Debug)]
pub struct EscrowParams {
    /// Protocol fee on what operators are paid, in bps; at most 2,000.
    pub fee_bps: u16,
    /// Bond of a seat, in bps of its price.
    pub bond_bps: u16,
    /// Part of the class stake that a wrong or withheld result costs on top of the bond, in bps.
    pub wrong_bps: u16,
    /// The five classes.
    pub classes: [ClassParams; CLASSES],
    /// Window to seal, in class times.
    pub seal_factor: u8,
    /// Window to reveal, in class times.
    pub reveal_factor: u8,
    /// Pools that sortition makes eligible at first, for each replica.
    pub spread: u8,
    /// Seconds after which that number doubles, again and again.
    pub widen_seconds: u32,
    /// Longest time from posting to the last seal, in seconds.
    pub max_job_seconds: u32,
    /// Least part of a payment that is the operator's, whatever fee and royalties take, in bps.
    pub worker_floor_bps: u16,
    /// Shortest and longest time to review a delivery, in seconds.
    pub review_min_seconds: u32,
    pub review_max_seconds: u32,
    /// Least part of its price that a seat gets when the requester cancels under it, in bps.
    pub cancel_floor_bps: u16,
    /// Lamports that the job pays to who draws, counts, settles a seat, expires or closes it.
    pub bounty_lamports: u32,
    /// Seconds after a job's end from which royalties that nobody could pay may go to the protocol.
    pub royalty_grace_seconds: u32,
}

impl EscrowParams {
    /// What `initialize` and `set_params` accept.
    pub fn validate(&self) -> Result<()> {
        let within = |bps: u16| u64::from(bps) <= BPS;
        require!(self.fee_bps <= MAX_FEE_BPS, EscrowError::BadParams);
        require!(within(self.bond_bps) && within(self.wrong_bps), EscrowError::BadParams);
        require!(within(self.cancel_floor_bps), EscrowError::BadParams);
        let shared = u64::from(self.fee_bps).saturating_add(self.worker_floor_bps.into());
        require!(shared <= BPS, EscrowError::BadParams);
        require!(self.classes.iter().all(|class| class.seconds > 0), EscrowError::BadParams);
        require!(self.seal_factor > 0 && self.reveal_factor > 0, EscrowError::BadParams);
        require!(self.spread > 0 && self.widen_seconds > 0 && self.max_job_seconds > 0, EscrowError::BadParams);
        let review = self.review_min_seconds > 0 && self.review_min_seconds <= self.review_max_seconds;
        require!(review && self.review_max_seconds <= MAX_REVIEW, EscrowError::BadParams);
        require!(self.bounty_lamports <= MAX_BOUNTY && self.royalty_grace_seconds > 0, EscrowError::BadParams);
        Ok(())
    }
}

/// One per program, at `["config"]`. Only `initialize` makes one, so its type and owner are all that need checking.
#[account]
#[derive(InitSpace, Debug)]
pub struct Config {
    pub version: u8,
    pub bump: u8,
    pub authority: Pubkey,
    /// Is to become the authority; default() for none.
    pub pending: Pubkey,
    /// May pause besides the authority; default() for none.
    pub guardian: Pubkey,
    /// Whether nothing new begins. What began can always be ended.
    pub paused: bool,
    pub params: EscrowParams,
}

/// An allow-listed payment mint, at `["payment", mint]`.
#[account]
#[derive(InitSpace, Debug)]
pub struct PaymentMint {
    pub version: u8,
    pub bump: u8,
    pub mint: Pubkey,
    pub decimals: u8,
    /// Base units of ASY that secure 10^9 base units of this mint.
    pub bond_rate: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_programs_authority_is_the_slasher() {
        let derived = Pubkey::find_program_address(&[AUTHORITY_SEED], &crate::ID);
        assert_eq!(derived, (assay_staking::SLASHER, AUTHORITY_BUMP));
    }
}
