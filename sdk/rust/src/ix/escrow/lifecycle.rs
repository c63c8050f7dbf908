//! Builders of what happens to a job between its posting and its verdict, and of who governs the market.

use anchor_lang::{
    prelude::Pubkey,
    solana_program::instruction::{AccountMeta, Instruction},
};
use anchor_spl::associated_token::get_associated_token_address_with_program_id;
use assay_escrow::{EscrowParams, ID, Job, Seat, accounts, instruction};

use super::super::{TOKEN_PROGRAM, build, build_with};
use crate::addresses::{ata, config, event_authority, fee_vault_of_job, job_vault, payment, seat as seat_address};

administration!(EscrowParams);

/// Take a payment mint off the list; its rent goes `to`.
pub fn unregister_mint(authority: &Pubkey, mint: &Pubkey, to: &Pubkey) -> Instruction {
    let accounts = accounts::UnregisterMint {
        authority: *authority,
        config: config(&ID),
        payment: payment(mint),
        to: *to,
        event_authority: event_authority(&ID),
        program: ID,
    };
    build(ID, accounts, instruction::UnregisterMint {})
}

/// Offer `price_per_unit` for a job, and `extra_seconds` more.
pub fn top_up(requester: &Pubkey, mint: &Pubkey, job: &Pubkey, price_per_unit: u64, extra_seconds: u32) -> Instruction {
    let accounts = accounts::TopUp {
        requester: *requester,
        config: config(&ID),
        payment: payment(mint),
        job: *job,
        vault: job_vault(job),
        from: ata(requester, mint),
        mint: *mint,
        token_program: TOKEN_PROGRAM,
        event_authority: event_authority(&ID),
        program: ID,
    };
    build(ID, accounts, instruction::TopUp { price_per_unit, extra_seconds })
}

/// Tell how many units are done.
pub fn heartbeat(operator: &Pubkey, job: &Pubkey, progress: u64) -> Instruction {
    let accounts = accounts::Heartbeat {
        operator: *operator,
        job: *job,
        seat: seat_address(job, operator),
        event_authority: event_authority(&ID),
        program: ID,
    };
    build(ID, accounts, instruction::Heartbeat { progress })
}

/// Deliver an accepted job's milestone.
pub fn deliver(operator: &Pubkey, job: &Pubkey, digest: [u8; 32]) -> Instruction {
    let accounts = accounts::Deliver {
        operator: *operator,
        job: *job,
        seat: seat_address(job, operator),
        event_authority: event_authority(&ID),
        program: ID,
    };
    build(ID, accounts, instruction::Deliver { digest })
}

/// Accept a milestone of an operator's, paying its associated token account. After the last one comes [`super::settle`],
/// best in the same transaction.
pub fn release_milestone(by: &Pubkey, job: &Pubkey, state: &Job, operator: &Pubkey) -> Instruction {
    let accounts = accounts::ReleaseMilestone {
        by: *by,
        job: *job,
        seat: seat_address(job, operator),
        vault: job_vault(job),
        to: ata(operator, &state.mint),
        fee_vault: fee_vault_of_job(&state.mint, job),
        mint: state.mint,
        token_program: TOKEN_PROGRAM,
        event_authority: event_authority(&ID),
        program: ID,
    };
    build(ID, accounts, instruction::ReleaseMilestone {})
}

/// Pay what is due to a job's leg number `leg` to the token account `to`.
pub fn pay_royalty(job: &Pubkey, state: &Job, leg: u8, to: &Pubkey) -> Instruction {
    let accounts = accounts::PayRoyalty {
        config: config(&ID),
        job: *job,
        vault: job_vault(job),
        to: *to,
        mint: state.mint,
        token_program: TOKEN_PROGRAM,
        event_authority: event_authority(&ID),
        program: ID,
    };
    build(ID, accounts, instruction::PayRoyalty { leg })
}

/// Cancel a job, of which these operators have all the taken seats.
pub fn cancel_job_under(requester: &Pubkey, job: &Pubkey, operators: &[Pubkey]) -> Instruction {
    let accounts =
        accounts::CancelJob { requester: *requester, job: *job, event_authority: event_authority(&ID), program: ID };
    let seat = |operator: &Pubkey| AccountMeta::new_readonly(seat_address(job, operator), false);
    build_with(ID, accounts, operators.iter().map(seat).collect(), instruction::CancelJob {})
}

/// [`super::settle`] for a seat as it is: whoever paid its rent, whichever machine works for it; `caller` gets the bounty.
pub fn settle_seat(job: &Pubkey, state: &Job, seat: &Seat, caller: &Pubkey) -> Instruction {
    let mut instruction = super::settle(job, state, &seat.operator);
    instruction.accounts[3].pubkey = seat.payer;
    instruction.accounts[4].pubkey = seat.device;
    instruction.accounts[10].pubkey = *caller;
    instruction
}

/// [`super::slash_seat`] or [`super::expire_seat`] for a seat as it is.
pub fn for_seat(mut instruction: Instruction, seat: &Seat) -> Instruction {
    instruction.accounts[3].pubkey = seat.payer;
    instruction.accounts[4].pubkey = seat.device;
    instruction
}

/// An instruction on a job that is paid in a Token-2022 `mint`: its token program, and these owners' associated accounts.
pub fn in_token_2022(mut instruction: Instruction, mint: &Pubkey, owners: &[Pubkey]) -> Instruction {
    let program = anchor_spl::token_2022::ID;
    for meta in &mut instruction.accounts {
        let owner = owners.iter().find(|owner| ata(owner, mint) == meta.pubkey);
        if let Some(owner) = owner {
            meta.pubkey = get_associated_token_address_with_program_id(owner, mint, &program);
        } else if meta.pubkey == TOKEN_PROGRAM {
            meta.pubkey = program;
        }
    }
    instruction
}
