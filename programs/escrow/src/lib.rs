//! **escrow**: the market. A requester's payment is locked in a vault of the job's own; operators take seats by
//! sortition; the verification program's verdict, and nothing else, releases the money.
//!
//! Every state has a way out that needs nobody's goodwill: see `docs/architecture.md`.

// Tests may overflow and panic: that is how they fail.
#![cfg_attr(test, allow(clippy::arithmetic_side_effects, clippy::integer_division, clippy::unwrap_used))]

use anchor_lang::prelude::*;

pub mod errors;
pub mod events;
pub mod holding;
pub mod instructions;
pub mod math;
pub mod state;

pub use errors::EscrowError;
pub use instructions::*;
pub use state::*;

declare_id!("AdKSBkf842Hxe2geisAtWb9oBcXtFvGb9UGqkmv7rBpr");

include!("../../security.rs");
include!("../../emit.rs");

#[program]
pub mod assay_escrow {
    use super::*;

    /// Create the Config. Only the program's upgrade authority may.
    pub fn initialize(ctx: Context<Initialize>, params: EscrowParams) -> Result<()> {
        instructions::initialize::handler(ctx, params)
    }

    /// Set the parameters. Jobs that are posted already keep the terms they were posted with. Authority only.
    pub fn set_params(ctx: Context<Govern>, params: EscrowParams) -> Result<()> {
        instructions::set_params::handler(ctx, params)
    }

    /// Say who may become the authority; default() withdraws it. Authority only.
    pub fn propose_authority(ctx: Context<Govern>, new: Pubkey) -> Result<()> {
        instructions::administration::propose_authority(ctx, new)
    }

    /// Become the authority. The proposed key only.
    pub fn accept_authority(ctx: Context<AcceptAuthority>) -> Result<()> {
        instructions::administration::accept_authority(ctx)
    }

    /// Say who may pause besides the authority; default() for nobody. Authority only.
    pub fn set_guardian(ctx: Context<Govern>, guardian: Pubkey) -> Result<()> {
        instructions::administration::set_guardian(ctx, guardian)
    }

    /// Stop all that begins something new, or allow it again: post_job, top_up, claim_seat and register_mint. What began
    /// can be ended all the same. Authority or guardian.
    pub fn set_paused(ctx: Context<SetPaused>, paused: bool) -> Result<()> {
        instructions::administration::set_paused(ctx, paused)
    }

    /// Allow a mint as payment: of SPL Token, or of Token-2022 with harmless extensions. Authority only.
    ///
    /// * `bond_rate`: base units of ASY that secure 10^9 base units of this mint.
    pub fn register_mint(ctx: Context<RegisterMint>, bond_rate: u64) -> Result<()> {
        instructions::mint::register(ctx, bond_rate)
    }

    /// Take a mint off the list: no new job can be paid in it. Authority only.
    pub fn unregister_mint(ctx: Context<UnregisterMint>) -> Result<()> {
        instructions::mint::unregister(ctx)
    }

    /// Register a machine of the signing operator's: available, not verified.
    pub fn register_device(
        ctx: Context<RegisterDevice>,
        index: u16,
        capabilities: Capabilities,
        slots: u16,
        price_floor: u64,
    ) -> Result<()> {
        instructions::device::register(ctx, index, capabilities, slots, price_floor)
    }

    /// Say anew what a machine is. Other capabilities or slots need that it does not work, and end its verification.
    pub fn update_device(
        ctx: Context<ChangeDevice>,
        capabilities: Capabilities,
        slots: u16,
        price_floor: u64,
    ) -> Result<()> {
        instructions::device::update(ctx, capabilities, slots, price_floor)
    }

    /// Whether a machine takes new work. What it works for stays.
    pub fn set_available(ctx: Context<ChangeDevice>, available: bool) -> Result<()> {
        instructions::device::set_available(ctx, available)
    }

    /// Vouch for a machine as it was looked at, or no longer. Authority or guardian.
    pub fn verify_device(
        ctx: Context<VerifyDevice>,
        capabilities: Capabilities,
        slots: u16,
        verified: bool,
    ) -> Result<()> {
        instructions::device::verify(ctx, capabilities, slots, verified)
    }

    /// Retire a machine that does not work; its rent returns to the operator.
    pub fn retire_device(ctx: Context<RetireDevice>) -> Result<()> {
        instructions::device::retire(ctx)
    }

    /// Publish model number `id` of the signing author's.
    pub fn publish_model(ctx: Context<PublishModel>, id: u32, terms: ModelTerms) -> Result<()> {
        instructions::model::publish(ctx, id, terms)
    }

    /// Give a model a new content. Its royalty stays.
    pub fn new_version(ctx: Context<ChangeModel>, content_hash: [u8; 32], uri: String) -> Result<()> {
        instructions::model::new_version(ctx, content_hash, uri)
    }

    /// Have jobs that name the model from now on pay somebody else.
    pub fn set_payee(ctx: Context<ChangeModel>, payee: Pubkey) -> Result<()> {
        instructions::model::set_payee(ctx, payee)
    }

    /// Retire a model; its rent returns to the author. Jobs already posted pay as they agreed.
    pub fn retire_model(ctx: Context<RetireModel>) -> Result<()> {
        instructions::model::retire(ctx)
    }

    /// Post a job and lock its whole payment in the same transaction. Models among its royalties are pinned to their payees.
    pub fn post_job<'info>(ctx: Context<'info, PostJob<'info>>, terms: JobTerms) -> Result<()> {
        instructions::post_job::handler(ctx, terms)
    }

    /// Offer more for a job, or give it more time, while nobody has a seat of it. Requester only.
    ///
    /// * `price_per_unit`: the new one, not below the old
    /// * `extra_seconds`: by which the deadline moves; 0 once the seed of a replicated job is drawn
    pub fn top_up(ctx: Context<TopUp>, price_per_unit: u64, extra_seconds: u32) -> Result<()> {
        instructions::top_up::handler(ctx, price_per_unit, extra_seconds)
    }

    /// Set the seed of a job's sortition, or (`None`) re-arm an aged-out draw. CPI from verification only.
    ///
    /// Remaining accounts, here and of `ask` and `record_verdict`: who is paid the bounty, if anybody.
    pub fn set_seed<'info>(ctx: Context<'info, JobByVerifier<'info>>, seed: Option<[u8; 32]>) -> Result<()> {
        instructions::verdict::set_seed(ctx, seed)
    }

    /// Take a seat of an open job, if sortition chose the signing operator's pool; locks the seat's exposure there.
    ///
    /// * `seed`: the job's, so that a claim on its way takes no seat of another job that is posted at the same address
    /// * `max_exposure`: the most ASY base units that it may lock, so that a top-up that lands first raises nobody's risk
    pub fn claim_seat(ctx: Context<ClaimSeat>, seed: [u8; 32], max_exposure: u64) -> Result<()> {
        instructions::claim_seat::handler(ctx, seed, max_exposure)
    }

    /// Tell that a seat is at work and how many units are done; never fewer than before. The seat's operator only.
    pub fn heartbeat(ctx: Context<Heartbeat>, progress: u64) -> Result<()> {
        instructions::heartbeat::handler(ctx, progress)
    }

    /// Deliver the milestone of a job that is reviewed. The seat's operator only, in time.
    pub fn deliver(ctx: Context<Deliver>, digest: [u8; 32]) -> Result<()> {
        instructions::deliver::deliver(ctx, digest)
    }

    /// Accept a delivered milestone: pays it, or with the last one ends the job, which `settle` then pays. The requester
    /// at any time; anyone once a delivery has been reviewed for long enough. Not while a case is open.
    pub fn release_milestone(ctx: Context<ReleaseMilestone>) -> Result<()> {
        instructions::deliver::release(ctx)
    }

    /// Offer to take a seat of an auction. Locks nothing: that does the award.
    pub fn place_bid(ctx: Context<PlaceBid>, terms: BidTerms) -> Result<()> {
        instructions::bid::place(ctx, terms)
    }

    /// Take a bid back: its operator at any time, anyone once it can be awarded no more. The rent is the operator's.
    pub fn withdraw_bid(ctx: Context<WithdrawBid>) -> Result<()> {
        instructions::bid::withdraw(ctx)
    }

    /// Give a seat for a bid of this price, which is pinned; locks the seat's exposure in the bidder's pool. Requester only.
    pub fn award_bid(ctx: Context<AwardBid>, price: u64) -> Result<()> {
        instructions::award_bid::handler(ctx, price)
    }

    /// Store a seat's seal. CPI from verification only.
    pub fn seal_seat(ctx: Context<SeatByVerifier>, seal: [u8; 32]) -> Result<()> {
        instructions::verdict::seal_seat(ctx, seal)
    }

    /// Replace a seat's seal by the digest it hid. CPI from verification only.
    pub fn reveal_seat(ctx: Context<SeatByVerifier>, digest: [u8; 32]) -> Result<()> {
        instructions::verdict::reveal_seat(ctx, digest)
    }

    /// Ask for more seats of a job, drawn by the same seed or (`rearm`) by a new one. CPI from verification only.
    pub fn ask<'info>(ctx: Context<'info, JobByVerifier<'info>>, replicas: u8, rearm: bool) -> Result<()> {
        instructions::verdict::ask(ctx, replicas, rearm)
    }

    /// Set the root that a job's verdict is about, before the verdict. CPI from verification only.
    pub fn set_root(ctx: Context<JobByVerifier>, root: [u8; 32]) -> Result<()> {
        instructions::verdict::set_root(ctx, root)
    }

    /// Count a case of a job that was opened, or one that was closed. CPI from verification only.
    pub fn change_cases(ctx: Context<JobByVerifier>, open: bool) -> Result<()> {
        instructions::verdict::change_cases(ctx, open)
    }

    /// Note that a jury could not say whether a job's result is right. CPI from verification only.
    pub fn doubt(ctx: Context<JobByVerifier>) -> Result<()> {
        instructions::verdict::doubt(ctx)
    }

    /// End a job whose result a case found wrong: `losers` in seat bits, to be slashed for `accuser`, who opened the case. CPI from
    /// verification only.
    pub fn convict<'info>(ctx: Context<'info, JobByVerifier<'info>>, losers: u8, accuser: Pubkey) -> Result<()> {
        instructions::verdict::convict(ctx, losers, accuser)
    }

    /// Record a round's verdict: bit i of `winners` and `losers` is seat i. CPI from verification only.
    pub fn record_verdict<'info>(
        ctx: Context<'info, JobByVerifier<'info>>,
        root: [u8; 32],
        winners: u8,
        losers: u8,
    ) -> Result<()> {
        instructions::verdict::record(ctx, root, winners, losers)
    }

    /// After the job's end: pay a winner's seat, or what a cancelled one has worked for; release one that is neither winner
    /// nor loser. Anyone may call, and is paid the bounty.
    pub fn settle(ctx: Context<Settle>) -> Result<()> {
        instructions::settle::handler(ctx)
    }

    /// After the verdict: slash a loser's seat (wrong, or sealed and never revealed). Anyone may call, and is paid.
    pub fn slash_seat(ctx: Context<SlashSeat>) -> Result<()> {
        instructions::slash_seat::slash(ctx)
    }

    /// Slash the bond of a seat that did not seal in time, and re-open the seat. Anyone may call, and is paid.
    pub fn expire_seat(ctx: Context<SlashSeat>) -> Result<()> {
        instructions::slash_seat::expire(ctx)
    }

    /// Pay what is due to a royalty leg to its payee; after the grace that follows a job's end, to the protocol if need be.
    /// Anyone may call.
    pub fn pay_royalty(ctx: Context<PayRoyalty>, leg: u8) -> Result<()> {
        instructions::royalty::handler(ctx, leg)
    }

    /// Take back a job: for nothing while nobody has a seat of it, else each seat is paid for its time by `settle`. Not once
    /// a seat has sealed or delivered. Requester only.
    ///
    /// Remaining accounts: every taken seat.
    pub fn cancel_job<'info>(ctx: Context<'info, CancelJob<'info>>) -> Result<()> {
        instructions::end_job::cancel(ctx)
    }

    /// End a job that nobody has a seat of when its time is over. Anyone may call, and is paid the bounty.
    pub fn expire_job(ctx: Context<ExpireJob>) -> Result<()> {
        instructions::end_job::expire(ctx)
    }

    /// Return to the requester what no winner is owed. Anyone may call, as often as they like.
    pub fn refund(ctx: Context<Refund>) -> Result<()> {
        instructions::refund::handler(ctx)
    }

    /// Close an ended job's empty vault and the job; all rent returns to the requester. Anyone may call, and is
    /// paid the bounty.
    pub fn close_job(ctx: Context<CloseJob>) -> Result<()> {
        instructions::close_job::handler(ctx)
    }
}
