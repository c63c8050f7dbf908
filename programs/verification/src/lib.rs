//! **verification**: the verdict, which alone releases the money in escrow. Rounds of seals and reveals (replicated and
//! sampled jobs), cases with juries and appeals (objections, ties), proofs, attestations, canaries, and the seeds of all draws.

// Tests may overflow and panic: that is how they fail.
#![cfg_attr(test, allow(clippy::arithmetic_side_effects, clippy::integer_division, clippy::unwrap_used))]

use anchor_lang::prelude::*;

pub mod adaptive;
pub mod attest;
pub mod audit;
pub mod canary;
pub mod errors;
pub mod events;
pub mod instructions;
pub mod jury;
pub mod merkle;
pub mod proof;
pub mod sample;
pub mod seal;
pub mod seed;
pub mod state;
pub mod tally;

pub use attest::AttestorKey;
pub use errors::VerificationError;
pub use instructions::*;
pub use proof::VerifyingKey;
pub use state::*;

declare_id!("DwkzCpYuU8vXn2KkNdVY57nwDqchCQ1JcUyetT7weG4S");

include!("../../security.rs");
include!("../../emit.rs");

#[program]
pub mod assay_verification {
    use super::*;

    // First come those that every seat sends: each that stands before another costs it 9 CU.

    /// Commit to a digest: see [`seal::seal`]. The seat's operator only, within the seat's window.
    ///
    /// Remaining accounts: the job (writable), while it asks one operator only.
    pub fn seal_result<'info>(ctx: Context<'info, SealResult<'info>>, seal: [u8; 32]) -> Result<()> {
        instructions::seal_result::handler(ctx, seal)
    }

    /// Open the seal. The seat's operator only, once all have sealed or sealing is over.
    pub fn reveal_result(ctx: Context<RevealResult>, digest: [u8; 32], salt: [u8; 32]) -> Result<()> {
        instructions::reveal_result::handler(ctx, digest, salt)
    }

    /// Create the Config. Only the program's upgrade authority may.
    ///
    /// * `genesis`: the cluster's genesis hash, so that a seal made on one cluster is worth nothing on another.
    pub fn initialize(ctx: Context<Initialize>, genesis: [u8; 32], params: VerificationParams) -> Result<()> {
        instructions::initialize::handler(ctx, genesis, params)
    }

    /// Set the parameters. Authority only.
    pub fn set_params(ctx: Context<Govern>, params: VerificationParams) -> Result<()> {
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

    /// Stop open_round, or allow it again. Authority or guardian.
    pub fn set_paused(ctx: Context<SetPaused>, paused: bool) -> Result<()> {
        instructions::administration::set_paused(ctx, paused)
    }

    /// Open a job's round; the requester pays its rent. Before it, no seed can be drawn and no seat claimed.
    pub fn open_round(ctx: Context<OpenRound>) -> Result<()> {
        instructions::open_round::handler(ctx)
    }

    /// Capture the seed of a job's sortition from the slot hashes, or re-arm it when it has aged out; of an adaptive job
    /// whose one operator has sealed, decide with it whether others check that result. Anyone may call, and is paid the
    /// bounty.
    ///
    /// Remaining accounts: of a proven job, the ProofKey that it names.
    pub fn draw<'info>(ctx: Context<'info, Draw<'info>>) -> Result<()> {
        instructions::draw::handler(ctx)
    }

    /// Count the revealed digests, tell escrow the verdict and reputation the outcomes; or ask more operators, or open the
    /// time in which a tie may go to a jury. Anyone may call, and is paid the bounty.
    ///
    /// Remaining accounts: for every taken seat, the Seat and the operator's Record (writable).
    pub fn finalize_round<'info>(ctx: Context<'info, FinalizeRound<'info>>) -> Result<()> {
        instructions::finalize_round::handler(ctx)
    }

    /// Show the root that the executor of a sampled job sealed. Once all have sealed or sealing is over.
    pub fn reveal_root(ctx: Context<RevealRoot>, root: [u8; 32], salt: [u8; 32]) -> Result<()> {
        instructions::sample::reveal_root::handler(ctx, root, salt)
    }

    /// Show that the drawn leaves are the root's: a piece of the stream of their paths, see [`state::Shown`]. The executor of
    /// a sampled job only; its seat is revealed with the last of them.
    ///
    /// * `leaf`, `height`: where the piece begins.
    pub fn prove_sample(ctx: Context<ProveSample>, leaf: u8, height: u8, hashes: Vec<[u8; 32]>) -> Result<()> {
        instructions::sample::prove_sample::handler(ctx, leaf, height, hashes)
    }

    /// Open the seal of a sample root, see [`sample::root`], with the digests of the drawn units. The committee of a sampled
    /// job only.
    pub fn reveal_sample(ctx: Context<RevealSample>, digests: Vec<[u8; 32]>, salt: [u8; 32]) -> Result<()> {
        instructions::sample::reveal_sample::handler(ctx, digests, salt)
    }

    /// Count the committee of a sampled job and, when no jury can be called any more, tell escrow the verdict and reputation
    /// the outcomes. Anyone may call.
    ///
    /// Remaining accounts: for every taken seat, the Seat and the operator's Record (writable).
    pub fn finalize_sample<'info>(ctx: Context<'info, FinalizeSample<'info>>) -> Result<()> {
        instructions::sample::finalize_sample::handler(ctx)
    }

    /// Pronounce what a jury found in the audit of a sampled job, when nobody may appeal any more. Anyone may call.
    ///
    /// Remaining accounts: for every taken seat, the Seat and the operator's Record (writable).
    pub fn conclude_sample<'info>(ctx: Context<'info, ConcludeSample<'info>>) -> Result<()> {
        instructions::sample::conclude_sample::handler(ctx)
    }

    /// Open a case about a job and put a bond at stake: see [`CaseKind`] for what it may be about.
    pub fn open_case(ctx: Context<OpenCase>, kind: CaseKind) -> Result<()> {
        instructions::case::open::handler(ctx, kind)
    }

    /// Commit to the answer of a job that is yet to be posted. The Config's canary keeper only.
    pub fn commit_canary(ctx: Context<CommitCanary>, commitment: [u8; 32]) -> Result<()> {
        instructions::canary::commit(ctx, commitment)
    }

    /// Tell that a job is a canary, and its answer, once all have sealed: see [`canary::commitment`]. The keeper only.
    pub fn reveal_canary(ctx: Context<RevealCanary>, root: [u8; 32], salt: [u8; 32]) -> Result<()> {
        instructions::canary::reveal(ctx, root, salt)
    }

    /// Close a canary that was never revealed, long after; rent returns to its payer. Anyone may call.
    pub fn close_canary(ctx: Context<CloseCanary>) -> Result<()> {
        instructions::canary::close(ctx)
    }

    /// Open the leaf of a challenged unit: the case's executor only, in time. With the last piece it stands surety and a jury is called.
    ///
    /// * `level`: where the last piece ended (`Case.climbed`); 0 begins anew
    /// * `siblings`: the next neighbours on the way up, lowest first; as many as fit
    pub fn answer_case(ctx: Context<AnswerCase>, level: u8, digest: [u8; 32], siblings: Vec<[u8; 32]>) -> Result<()> {
        instructions::case::answer::handler(ctx, level, digest, siblings)
    }

    /// Capture the seed of a jury that is called, or re-arm it when it has aged out. Anyone may call.
    pub fn draw_jury(ctx: Context<DrawJury>) -> Result<()> {
        instructions::case::draw::handler(ctx)
    }

    /// Take a chair, if sortition chose the signing operator's pool; locks the juror's bond there.
    pub fn join_jury(ctx: Context<JoinJury>) -> Result<()> {
        instructions::case::join::handler(ctx)
    }

    /// Commit to a vote: see [`seal::seal`], with the case for the round. The juror only, in its window.
    pub fn ballot_seal(ctx: Context<SealBallot>, seal: [u8; 32]) -> Result<()> {
        instructions::case::vote::seal_vote(ctx, seal)
    }

    /// Open the vote. The juror only, once all chairs have sealed, or no more can.
    pub fn ballot_reveal(ctx: Context<RevealBallot>, digest: [u8; 32], salt: [u8; 32]) -> Result<()> {
        instructions::case::vote::reveal_vote(ctx, digest, salt)
    }

    /// Count a jury's votes: what more than half of its chairs found is the decision. Anyone may call.
    pub fn resolve_case(ctx: Context<ResolveCase>) -> Result<()> {
        instructions::case::resolve::resolve(ctx)
    }

    /// Put twice as much at stake and have a jury of twice as many chairs judge anew; twice at most. Anybody may, in time.
    pub fn appeal(ctx: Context<AppealCase>) -> Result<()> {
        instructions::case::resolve::appeal(ctx)
    }

    /// End a challenge that was not answered, or whose decision stands, and tell escrow. Anyone may call.
    pub fn conclude_challenge(ctx: Context<ConcludeChallenge>) -> Result<()> {
        instructions::case::conclude::conclude_challenge(ctx)
    }

    /// End a tie whose decision stands, and with it the round and the job. Anyone may call.
    ///
    /// Remaining accounts: for every taken seat, the Seat and the operator's Record (writable).
    pub fn conclude_tie<'info>(ctx: Context<'info, ConcludeTie<'info>>) -> Result<()> {
        instructions::case::conclude::conclude_tie(ctx)
    }

    /// End a case whose job ended otherwise: every bond goes back. Anyone may call.
    pub fn moot_case(ctx: Context<MootCase>) -> Result<()> {
        instructions::case::resolve::moot(ctx)
    }

    /// Pay what a concluded case owes, by its number in `Case.dues`. Anyone may call.
    pub fn pay_case(ctx: Context<PayCase>, index: u8) -> Result<()> {
        instructions::case::settle::pay(ctx, index)
    }

    /// Release a juror's bond after the case, and pay its part. Anyone may call.
    pub fn settle_ballot(ctx: Context<SettleBallot>) -> Result<()> {
        instructions::case::settle::settle(ctx)
    }

    /// Slash a juror that voted otherwise than was decided, or did not vote. Anyone may call, and is paid.
    pub fn slash_ballot(ctx: Context<SlashBallot>) -> Result<()> {
        instructions::case::settle::slash(ctx)
    }

    /// Close a case that owes nothing; rent returns to its opener. Anyone may call.
    pub fn close_case(ctx: Context<CloseCase>) -> Result<()> {
        instructions::case::close::handler(ctx)
    }

    /// Return what an executor put at stake in the cases about a job, when none can be lost any more. Anyone may call.
    pub fn return_surety(ctx: Context<ReturnSurety>) -> Result<()> {
        instructions::case::surety::handler(ctx)
    }

    /// Close a finished round, or one whose job ended without it; rent returns to its payer. Anyone may call.
    pub fn close_round(ctx: Context<CloseRound>) -> Result<()> {
        instructions::close_round::handler(ctx)
    }

    /// Register a Groth16 verifying key, for jobs to name. Anyone may; the rent returns when it is closed.
    pub fn register_key(ctx: Context<RegisterKey>, key: VerifyingKey) -> Result<()> {
        instructions::proof::register_key::handler(ctx, key)
    }

    /// Give notice that a verifying key will be closed, in as many seconds as the longest job may take. Who paid for it only.
    pub fn retire_key(ctx: Context<RetireKey>) -> Result<()> {
        instructions::proof::retire_key::handler(ctx)
    }

    /// Close a verifying key whose notice is over; rent returns to its payer. Anyone may call.
    pub fn close_key(ctx: Context<CloseKey>) -> Result<()> {
        instructions::proof::close_key::handler(ctx)
    }

    /// Show by a proof that `root` is the job's result: the seat has won. The seat's operator only, in time.
    ///
    /// * `proof`: A, B and C as in [`proof::verify`]; its public inputs are [`proof::inputs`] of [`proof::binding`].
    pub fn submit_proof(ctx: Context<SubmitProof>, root: [u8; 32], proof: [u8; 256]) -> Result<()> {
        instructions::proof::submit_proof::handler(ctx, root, proof)
    }

    /// Vouch for an attestor until `expires_at` (unix seconds). The signing registrar's jobs alone count it.
    pub fn register_attestor(ctx: Context<RegisterAttestor>, key: AttestorKey, expires_at: i64) -> Result<()> {
        instructions::attest::register_attestor::handler(ctx, key, expires_at)
    }

    /// Take back one's word for an attestor: it counts no more, in whichever job. Its registrar only.
    pub fn revoke_attestor(ctx: Context<RevokeAttestor>) -> Result<()> {
        instructions::attest::revoke_attestor::handler(ctx)
    }

    /// Close an attestor that is revoked or expired; rent returns to its payer. Anyone may call.
    pub fn close_attestor(ctx: Context<CloseAttestor>) -> Result<()> {
        instructions::attest::close_attestor::handler(ctx)
    }

    /// Show by attestors' signatures that `root` is the job's result: the seat has won. The seat's operator only, in time.
    ///
    /// Remaining accounts: the Attestors that sign.
    pub fn submit_attestation<'info>(ctx: Context<'info, SubmitAttestation<'info>>, root: [u8; 32]) -> Result<()> {
        instructions::attest::submit_attestation::handler(ctx, root)
    }
}
