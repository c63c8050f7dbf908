//! Builders of the governance program's instructions.

use anchor_lang::{
    prelude::Pubkey,
    solana_program::instruction::{AccountMeta, Instruction},
};
use assay_governance::{AUTHORITY, ActionAccount, ActionTerms, Choice, GovernanceParams, ID, accounts, instruction};

use super::{SYSTEM_PROGRAM, build, build_with};
use crate::addresses::{
    action, config, event_authority, position, program_data, proposal, totals, vote as vote_address,
};

/// Create the Config; `authority` is the program's upgrade authority.
pub fn initialize(authority: &Pubkey, params: GovernanceParams) -> Instruction {
    let accounts = accounts::Initialize {
        authority: *authority,
        config: config(&ID),
        this_program: ID,
        program_data: program_data(&ID),
        system_program: SYSTEM_PROGRAM,
        event_authority: event_authority(&ID),
        program: ID,
    };
    build(ID, accounts, instruction::Initialize { params })
}

administration!(GovernanceParams);

/// Draft proposal number `id` (the Config's `proposals`), with the proposer's position in `pool`.
pub fn propose(proposer: &Pubkey, pool: &Pubkey, id: u64, description_hash: [u8; 32], uri: &str) -> Instruction {
    let accounts = accounts::Propose {
        proposer: *proposer,
        config: config(&ID),
        pool: *pool,
        position: position(pool, proposer),
        proposal: proposal(id),
        system_program: SYSTEM_PROGRAM,
        event_authority: event_authority(&ID),
        program: ID,
    };
    build(ID, accounts, instruction::Propose { description_hash, uri: uri.into() })
}

/// An instruction as a proposal stores it. [`AUTHORITY`] signs where the instruction says so; any other signer must sign
/// the transaction that executes it.
pub fn terms(call: &Instruction) -> ActionTerms {
    let account =
        |meta: &AccountMeta| ActionAccount { address: meta.pubkey, signer: meta.is_signer, writable: meta.is_writable };
    ActionTerms {
        program: call.program_id,
        accounts: call.accounts.iter().map(account).collect(),
        data: call.data.clone(),
    }
}

/// The `actions_hash` of a proposal with these actions: to be compared with what it says before voting for it.
pub fn actions_hash(calls: &[Instruction]) -> [u8; 32] {
    // Writing to memory cannot fail.
    calls.iter().fold([0; 32], |hash, call| terms(call).append_to(hash).unwrap_or_default())
}

/// Give draft `id` its action number `index` (the proposal's `actions`).
pub fn add_action(proposer: &Pubkey, id: u64, index: u8, call: &Instruction) -> Instruction {
    let proposal = proposal(id);
    let accounts = accounts::AddAction {
        proposer: *proposer,
        proposal,
        action: action(&proposal, index),
        system_program: SYSTEM_PROGRAM,
        event_authority: event_authority(&ID),
        program: ID,
    };
    build(ID, accounts, instruction::AddAction { terms: terms(call) })
}

/// Put draft `id` to the vote, with the proposer's position in `pool`.
pub fn start_vote(proposer: &Pubkey, pool: &Pubkey, id: u64) -> Instruction {
    let accounts = accounts::StartVote {
        proposer: *proposer,
        config: config(&ID),
        proposal: proposal(id),
        pool: *pool,
        position: position(pool, proposer),
        staking_config: config(&assay_staking::ID),
        totals: totals(),
        governor: AUTHORITY,
        staking_program: assay_staking::ID,
        event_authority: event_authority(&ID),
        program: ID,
    };
    build(ID, accounts, instruction::StartVote {})
}

/// Vote on proposal `id`, whose `actions_hash` the voter has read, with the voter's position in `pool`.
pub fn vote(voter: &Pubkey, pool: &Pubkey, id: u64, choice: Choice, actions_hash: [u8; 32]) -> Instruction {
    let (proposal, position) = (proposal(id), position(pool, voter));
    let accounts = accounts::CastVote {
        voter: *voter,
        proposal,
        pool: *pool,
        position,
        vote: vote_address(&proposal, &position),
        governor: AUTHORITY,
        staking_program: assay_staking::ID,
        system_program: SYSTEM_PROGRAM,
        event_authority: event_authority(&ID),
        program: ID,
    };
    build(ID, accounts, instruction::Vote { choice, actions_hash })
}

/// Count the vote on proposal `id`.
pub fn finish_vote(id: u64) -> Instruction {
    let accounts = accounts::FinishVote { proposal: proposal(id), event_authority: event_authority(&ID), program: ID };
    build(ID, accounts, instruction::FinishVote {})
}

/// Run action number `index` of proposal `id`, which is `call`. Only [`AUTHORITY`] may sign it; else see
/// [`execute_with`].
pub fn execute(id: u64, index: u8, call: &Instruction) -> Instruction {
    execute_with(id, index, call, 0)
}

/// Run an action that `cosigners` others must sign, and so this transaction.
pub fn execute_with(id: u64, index: u8, call: &Instruction, cosigners: u8) -> Instruction {
    let proposal = proposal(id);
    let accounts = accounts::Execute {
        proposal,
        action: action(&proposal, index),
        target: call.program_id,
        event_authority: event_authority(&ID),
        program: ID,
    };
    // The authority signs inside, not in this transaction.
    let meta = |meta: &AccountMeta| AccountMeta {
        is_signer: meta.is_signer && meta.pubkey != AUTHORITY && cosigners > 0,
        ..meta.clone()
    };
    let rest = call.accounts.iter().map(meta).collect();
    build_with(ID, accounts, rest, instruction::Execute { index, cosigners })
}

/// Stop proposal `id`.
pub fn veto(guardian: &Pubkey, id: u64) -> Instruction {
    let accounts = accounts::Veto {
        guardian: *guardian,
        config: config(&ID),
        proposal: proposal(id),
        event_authority: event_authority(&ID),
        program: ID,
    };
    build(ID, accounts, instruction::Veto {})
}

/// Withdraw proposal `id`.
pub fn cancel(proposer: &Pubkey, id: u64) -> Instruction {
    let accounts = accounts::Cancel {
        proposer: *proposer,
        proposal: proposal(id),
        event_authority: event_authority(&ID),
        program: ID,
    };
    build(ID, accounts, instruction::Cancel {})
}

/// Close an action of proposal `id`.
pub fn close_action(proposer: &Pubkey, id: u64, index: u8) -> Instruction {
    let proposal = proposal(id);
    let accounts = accounts::CloseAction {
        proposer: *proposer,
        proposal,
        action: action(&proposal, index),
        event_authority: event_authority(&ID),
        program: ID,
    };
    build(ID, accounts, instruction::CloseAction {})
}

/// Close proposal `id`.
pub fn close_proposal(proposer: &Pubkey, id: u64) -> Instruction {
    let accounts = accounts::CloseProposal {
        proposer: *proposer,
        proposal: proposal(id),
        event_authority: event_authority(&ID),
        program: ID,
    };
    build(ID, accounts, instruction::CloseProposal {})
}

/// Close the account of a voter's vote on proposal `id`, cast with its position in `pool`.
pub fn close_vote(voter: &Pubkey, pool: &Pubkey, id: u64) -> Instruction {
    let accounts = accounts::CloseVote {
        voter: *voter,
        vote: vote_address(&proposal(id), &position(pool, voter)),
        event_authority: event_authority(&ID),
        program: ID,
    };
    build(ID, accounts, instruction::CloseVote {})
}
