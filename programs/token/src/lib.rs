//! **token**: the ASY mint with its supply cap, emission by epochs, minting against allowances and burning; the
//! protocol's fee vaults and what becomes of fees: burn, reserve, rewards, treasury; distributions to many.
//!
//! This file is dispatch only: each instruction lives in a file of its own under `instructions/`.

// Tests may overflow and panic: that is how they fail.
#![cfg_attr(test, allow(clippy::arithmetic_side_effects, clippy::integer_division, clippy::unwrap_used))]

use anchor_lang::prelude::*;

pub mod claims;
pub mod errors;
pub mod events;
pub mod instructions;
pub mod math;
pub mod state;

pub use errors::TokenError;
pub use instructions::*;
pub use state::*;

declare_id!("6ozaf3NU11tRdzN53yDrnHENFbhroPA81nGb6JZ1MnX4");

include!("../../emit.rs");
include!("../../security.rs");

#[program]
pub mod assay_token {
    use super::*;

    /// Create the Config and the ASY mint (9 decimals, no freeze authority). Only the program's upgrade authority may.
    ///
    /// * `max_supply`: base units that may ever be minted; burning does not make room again.
    /// * `params`: fee split, emission, reserve mint. The first epoch begins now.
    pub fn initialize(ctx: Context<Initialize>, max_supply: u64, params: TokenParams) -> Result<()> {
        instructions::initialize::handler(ctx, max_supply, params)
    }

    /// Set the parameters. Authority only. If the emission changes, its curve begins anew now, and epochs that are over
    /// but not yet emitted lapse: emit them first.
    pub fn set_params(ctx: Context<Govern>, params: TokenParams) -> Result<()> {
        instructions::set_params::handler(ctx, params)
    }

    /// Name who may become the authority; zeros withdraw it. Authority only.
    pub fn propose_authority(ctx: Context<Govern>, new: Pubkey) -> Result<()> {
        instructions::administration::propose_authority(ctx, new)
    }

    /// Become the authority. Only who was proposed.
    pub fn accept_authority(ctx: Context<AcceptAuthority>) -> Result<()> {
        instructions::administration::accept_authority(ctx)
    }

    /// Name who may pause; zeros for nobody. Authority only.
    pub fn set_guardian(ctx: Context<Govern>, guardian: Pubkey) -> Result<()> {
        instructions::administration::set_guardian(ctx, guardian)
    }

    /// Stop mint_to, emit_epoch and open_distribution, or allow them again. Authority or guardian.
    pub fn set_paused(ctx: Context<SetPaused>, paused: bool) -> Result<()> {
        instructions::administration::set_paused(ctx, paused)
    }

    /// Set how many base units `minter` may still mint. 0 revokes. Authority only. To replace an allowance by a smaller
    /// one, know that the minter may use the old one first.
    pub fn set_minter(ctx: Context<SetMinter>, minter: Pubkey, allowance: u64) -> Result<()> {
        instructions::set_minter::handler(ctx, minter, allowance)
    }

    /// Mint `amount` base units against the signing minter's allowance, never above the cap.
    pub fn mint_to(ctx: Context<MintAsy>, amount: u64) -> Result<()> {
        instructions::mint_to::handler(ctx, amount)
    }

    /// Mint the emission of the epoch that is due into the stakers' rewards vault; clipped at the cap. One epoch a call;
    /// anyone may call.
    pub fn emit_epoch(ctx: Context<EmitEpoch>) -> Result<()> {
        instructions::emit_epoch::handler(ctx)
    }

    /// Burn `amount` base units of the signer's own ASY.
    pub fn burn(ctx: Context<BurnAsy>, amount: u64) -> Result<()> {
        instructions::burn::handler(ctx, amount)
    }

    /// Create one of a mint's fee vaults, and its treasury and reserve vaults if missing. SPL Token or Token-2022. Anyone
    /// may, at their own expense.
    pub fn open_fee_vault(ctx: Context<OpenFeeVault>, shard: u8) -> Result<()> {
        instructions::open_fee_vault::handler(ctx, shard)
    }

    /// Sweep a fee vault by the split. Anyone may call.
    pub fn collect_fees(ctx: Context<CollectFees>) -> Result<()> {
        instructions::collect_fees::handler(ctx)
    }

    /// Swap reserve tokens of some mint into the reserve mint, with a counterparty that signs too. Authority only.
    ///
    /// * `given`: base units of the mint, from its reserve vault to the counterparty.
    /// * `paid`: base units of the reserve mint that the counterparty sends.
    /// * `min_received`: base units that must arrive, which a fee of the reserve mint may make less than `paid`.
    pub fn reserve_swap(ctx: Context<ReserveSwap>, given: u64, paid: u64, min_received: u64) -> Result<()> {
        instructions::reserve_swap::handler(ctx, given, paid, min_received)
    }

    /// Pay `amount` base units from a mint's treasury vault to any token account. Authority only.
    pub fn spend_treasury(ctx: Context<SpendTreasury>, amount: u64) -> Result<()> {
        instructions::spend_treasury::handler(ctx, amount)
    }

    /// Open a distribution and fund it from the opener's token account: see [`claims`] for its tree.
    ///
    /// * `id`: unique among the opener's distributions that are open.
    /// * `root`: over `max_claims` leaves, padded to a power of two.
    /// * `total`: base units of all claims together.
    /// * `expires_at`: unix seconds, the last moment to claim.
    pub fn open_distribution(
        ctx: Context<OpenDistribution>,
        id: u64,
        root: [u8; 32],
        total: u64,
        max_claims: u32,
        expires_at: i64,
    ) -> Result<()> {
        instructions::open_distribution::handler(ctx, id, root, total, max_claims, expires_at)
    }

    /// Pay a claim to its claimant. Anyone may send it to the claimant's associated account; to another of the
    /// claimant's accounts only the claimant.
    pub fn claim(ctx: Context<Claim>, index: u32, amount: u64, proof: Vec<[u8; 32]>) -> Result<()> {
        instructions::claim::handler(ctx, index, amount, &proof)
    }

    /// End a distribution that expired or was claimed in full: the rest goes back to its opener, the rent to its payer.
    /// Anyone may call.
    pub fn sweep_distribution(ctx: Context<SweepDistribution>) -> Result<()> {
        instructions::sweep_distribution::handler(ctx)
    }
}
