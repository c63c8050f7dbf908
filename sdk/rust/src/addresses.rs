//! Every program-derived address of Assay, and associated token accounts.

use anchor_lang::prelude::Pubkey;
use anchor_spl::associated_token::{get_associated_token_address, get_associated_token_address_with_program_id};

use crate::{escrow, governance, reputation, staking, token, verification};

fn find(seeds: &[&[u8]], program: &Pubkey) -> Pubkey {
    Pubkey::find_program_address(seeds, program).0
}

/// A program's Config: `["config"]`.
pub fn config(program: &Pubkey) -> Pubkey {
    find(&[b"config"], program)
}

/// The account through which a program emits its events.
pub fn event_authority(program: &Pubkey) -> Pubkey {
    find(&[b"__event_authority"], program)
}

/// Where the upgradeable loader keeps a program's code and upgrade authority.
pub fn program_data(program: &Pubkey) -> Pubkey {
    find(&[program.as_ref()], &solana_sdk_ids::bpf_loader_upgradeable::ID)
}

/// The associated token account of `owner` for an SPL Token mint.
pub fn ata(owner: &Pubkey, mint: &Pubkey) -> Pubkey {
    get_associated_token_address(owner, mint)
}

/// The associated token account of `owner` for a mint of `token_program`.
pub fn ata_of(owner: &Pubkey, mint: &Pubkey, token_program: &Pubkey) -> Pubkey {
    get_associated_token_address_with_program_id(owner, mint, token_program)
}

/// A minter's allowance.
pub fn minter(minter: &Pubkey) -> Pubkey {
    find(&[token::MINTER_SEED, minter.as_ref()], &token::ID)
}

/// One of a mint's fee vaults.
pub fn fee_vault(mint: &Pubkey, shard: u8) -> Pubkey {
    find(&[token::FEE_VAULT_SEED, mint.as_ref(), &[shard]], &token::ID)
}

/// The fee vault that a job pays into: jobs spread over a mint's shards by their address.
pub fn fee_vault_of_job(mint: &Pubkey, job: &Pubkey) -> Pubkey {
    fee_vault(mint, job.to_bytes()[0] % token::FEE_SHARDS)
}

/// A mint's treasury vault.
pub fn treasury(mint: &Pubkey) -> Pubkey {
    find(&[token::TREASURY_SEED, mint.as_ref()], &token::ID)
}

/// A mint's reserve vault.
pub fn reserve(mint: &Pubkey) -> Pubkey {
    find(&[token::RESERVE_SEED, mint.as_ref()], &token::ID)
}

/// What was ever swapped of one mint into another.
pub fn swap_log(mint: &Pubkey, reserve_mint: &Pubkey) -> Pubkey {
    find(&[token::SWAP_SEED, mint.as_ref(), reserve_mint.as_ref()], &token::ID)
}

/// An opener's distribution.
pub fn distribution(opener: &Pubkey, id: u64) -> Pubkey {
    find(&[token::DISTRIBUTION_SEED, opener.as_ref(), &id.to_le_bytes()], &token::ID)
}

/// A distribution's vault.
pub fn claims_vault(distribution: &Pubkey) -> Pubkey {
    find(&[token::CLAIMS_SEED, distribution.as_ref()], &token::ID)
}

/// The weight of all pools.
pub fn totals() -> Pubkey {
    find(&[staking::TOTALS_SEED], &staking::ID)
}

/// An operator's pool.
pub fn pool(operator: &Pubkey) -> Pubkey {
    find(&[staking::POOL_SEED, operator.as_ref()], &staking::ID)
}

/// A pool's vault.
pub fn pool_vault(pool: &Pubkey) -> Pubkey {
    find(&[staking::VAULT_SEED, pool.as_ref()], &staking::ID)
}

/// An owner's position in a pool.
pub fn position(pool: &Pubkey, owner: &Pubkey) -> Pubkey {
    find(&[staking::POSITION_SEED, pool.as_ref(), owner.as_ref()], &staking::ID)
}

/// An unbonding ticket.
pub fn ticket(pool: &Pubkey, owner: &Pubkey, nonce: u64) -> Pubkey {
    find(&[staking::TICKET_SEED, pool.as_ref(), owner.as_ref(), &nonce.to_le_bytes()], &staking::ID)
}

/// An operator's reputation in a class.
pub fn record(operator: &Pubkey, class: u8) -> Pubkey {
    find(&[reputation::RECORD_SEED, operator.as_ref(), &[class]], &reputation::ID)
}

/// An allow-listed payment mint.
pub fn payment(mint: &Pubkey) -> Pubkey {
    find(&[escrow::PAYMENT_SEED, mint.as_ref()], &escrow::ID)
}

/// A machine of an operator's.
pub fn device(operator: &Pubkey, index: u16) -> Pubkey {
    find(&[escrow::DEVICE_SEED, operator.as_ref(), &index.to_le_bytes()], &escrow::ID)
}

/// A model of an author's.
pub fn model(author: &Pubkey, id: u32) -> Pubkey {
    find(&[escrow::MODEL_SEED, author.as_ref(), &id.to_le_bytes()], &escrow::ID)
}

/// A requester's job.
pub fn job(requester: &Pubkey, nonce: u64) -> Pubkey {
    find(&[escrow::JOB_SEED, requester.as_ref(), &nonce.to_le_bytes()], &escrow::ID)
}

/// The first nonce from `from` on whose job, vault and round have the highest bump: their addresses are then found at
/// the first try, which saves 1,500 CU for every try in each instruction that derives them.
pub fn cheap_nonce(requester: &Pubkey, from: u64) -> u64 {
    let cheap = |nonce: &u64| {
        let at = |seeds: &[&[u8]], program| Pubkey::find_program_address(seeds, program);
        let (job, bump) = at(&[escrow::JOB_SEED, requester.as_ref(), &nonce.to_le_bytes()], &escrow::ID);
        let vault = at(&[escrow::VAULT_SEED, job.as_ref()], &escrow::ID).1;
        let round = at(&[verification::ROUND_SEED, job.as_ref()], &verification::ID).1;
        (bump, vault, round) == (u8::MAX, u8::MAX, u8::MAX)
    };
    // One nonce in about eight will do.
    (0..1_000).map(|step| from.wrapping_add(step)).find(cheap).unwrap_or(from)
}

/// A job's vault.
pub fn job_vault(job: &Pubkey) -> Pubkey {
    find(&[escrow::VAULT_SEED, job.as_ref()], &escrow::ID)
}

/// An operator's seat in a job.
pub fn seat(job: &Pubkey, operator: &Pubkey) -> Pubkey {
    find(&[escrow::SEAT_SEED, job.as_ref(), operator.as_ref()], &escrow::ID)
}

/// An operator's bid for a seat of a job.
pub fn bid(job: &Pubkey, operator: &Pubkey) -> Pubkey {
    find(&[escrow::BID_SEED, job.as_ref(), operator.as_ref()], &escrow::ID)
}

/// A job's round.
pub fn round(job: &Pubkey) -> Pubkey {
    find(&[verification::ROUND_SEED, job.as_ref()], &verification::ID)
}

/// A commitment to a canary's answer.
pub fn canary(commitment: &[u8; 32]) -> Pubkey {
    find(&[verification::CANARY_SEED, commitment], &verification::ID)
}

/// The case of a kind about a job.
pub fn case(job: &Pubkey, kind: &verification::CaseKind) -> Pubkey {
    find(&[verification::CASE_SEED, job.as_ref(), &kind.subject().to_le_bytes()], &verification::ID)
}

/// A case's vault.
pub fn case_vault(case: &Pubkey) -> Pubkey {
    find(&[verification::VAULT_SEED, case.as_ref()], &verification::ID)
}

/// An operator's ballot in a case.
pub fn ballot(case: &Pubkey, operator: &Pubkey) -> Pubkey {
    find(&[verification::BALLOT_SEED, case.as_ref(), operator.as_ref()], &verification::ID)
}

/// What an operator has at stake in the cases about a job.
pub fn surety(job: &Pubkey, operator: &Pubkey) -> Pubkey {
    find(&[verification::SURETY_SEED, job.as_ref(), operator.as_ref()], &verification::ID)
}

/// A registered verifying key.
pub fn proof_key(key: &verification::VerifyingKey) -> Pubkey {
    find(&[verification::KEY_SEED, &key.digest()], &verification::ID)
}

/// A registrar's attestor.
pub fn attestor(registrar: &Pubkey, key: &verification::AttestorKey) -> Pubkey {
    find(&[verification::ATTESTOR_SEED, registrar.as_ref(), &key.digest()], &verification::ID)
}

/// Governance's proposal number `id`.
pub fn proposal(id: u64) -> Pubkey {
    find(&[governance::PROPOSAL_SEED, &id.to_le_bytes()], &governance::ID)
}

/// An action of a proposal.
pub fn action(proposal: &Pubkey, index: u8) -> Pubkey {
    find(&[governance::ACTION_SEED, proposal.as_ref(), &[index]], &governance::ID)
}

/// A position's vote on a proposal.
pub fn vote(proposal: &Pubkey, position: &Pubkey) -> Pubkey {
    find(&[governance::VOTE_SEED, proposal.as_ref(), position.as_ref()], &governance::ID)
}
