//! Builders of the escrow program's instructions.

mod by_verifier;
mod lifecycle;

use anchor_lang::{
    prelude::Pubkey,
    solana_program::instruction::{AccountMeta, Instruction},
};
use assay_escrow::{Bid, BidTerms, Capabilities, EscrowParams, ID, Job, JobTerms, ModelTerms, accounts, instruction};
use assay_staking::{ID as STAKING, SLASHER};
use assay_token::ASY_MINT;

pub use self::{by_verifier::*, lifecycle::*};
use super::{SYSTEM_PROGRAM, TOKEN_PROGRAM, build};
use crate::addresses::{
    ata, bid, config, device as device_address, event_authority, fee_vault_of_job, job as job_address, job_vault,
    model, payment, pool, pool_vault, program_data, record, seat as seat_address, totals,
};

/// Create the Config; `authority` is the program's upgrade authority.
pub fn initialize(authority: &Pubkey, params: EscrowParams) -> Instruction {
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

/// Allow a payment mint. `bond_rate`: base units of ASY for 10^9 base units of it.
pub fn register_mint(authority: &Pubkey, mint: &Pubkey, bond_rate: u64) -> Instruction {
    let accounts = accounts::RegisterMint {
        authority: *authority,
        payer: *authority,
        config: config(&ID),
        payment: payment(mint),
        mint: *mint,
        system_program: SYSTEM_PROGRAM,
        event_authority: event_authority(&ID),
        program: ID,
    };
    build(ID, accounts, instruction::RegisterMint { bond_rate })
}

/// Register machine number `index` of the operator's, which works for up to `slots` seats at a time. `price_floor`: base
/// units of ASY an hour, for quotes; 0 for none.
pub fn register_device(
    operator: &Pubkey,
    index: u16,
    capabilities: Capabilities,
    slots: u16,
    price_floor: u64,
) -> Instruction {
    let accounts = accounts::RegisterDevice {
        operator: *operator,
        config: config(&ID),
        device: device_address(operator, index),
        system_program: SYSTEM_PROGRAM,
        event_authority: event_authority(&ID),
        program: ID,
    };
    build(ID, accounts, instruction::RegisterDevice { index, capabilities, slots, price_floor })
}

/// Say anew what machine number `index` is.
pub fn update_device(
    operator: &Pubkey,
    index: u16,
    capabilities: Capabilities,
    slots: u16,
    price_floor: u64,
) -> Instruction {
    build(ID, change_device(operator, index), instruction::UpdateDevice { capabilities, slots, price_floor })
}

/// Whether machine number `index` takes new work.
pub fn set_available(operator: &Pubkey, index: u16, available: bool) -> Instruction {
    build(ID, change_device(operator, index), instruction::SetAvailable { available })
}

fn change_device(operator: &Pubkey, index: u16) -> accounts::ChangeDevice {
    let device = device_address(operator, index);
    accounts::ChangeDevice { operator: *operator, device, event_authority: event_authority(&ID), program: ID }
}

/// Vouch for a machine with these capabilities and slots, or no longer. `by` is the Config's authority or guardian.
pub fn verify_device(
    by: &Pubkey,
    device: &Pubkey,
    capabilities: Capabilities,
    slots: u16,
    verified: bool,
) -> Instruction {
    let accounts = accounts::VerifyDevice {
        by: *by,
        config: config(&ID),
        device: *device,
        event_authority: event_authority(&ID),
        program: ID,
    };
    build(ID, accounts, instruction::VerifyDevice { capabilities, slots, verified })
}

/// Retire machine number `index` of the operator's.
pub fn retire_device(operator: &Pubkey, index: u16) -> Instruction {
    let accounts = accounts::RetireDevice {
        operator: *operator,
        device: device_address(operator, index),
        event_authority: event_authority(&ID),
        program: ID,
    };
    build(ID, accounts, instruction::RetireDevice {})
}

/// Publish model number `id` of the author's.
pub fn publish_model(author: &Pubkey, id: u32, terms: ModelTerms) -> Instruction {
    let accounts = accounts::PublishModel {
        author: *author,
        config: config(&ID),
        model: model(author, id),
        system_program: SYSTEM_PROGRAM,
        event_authority: event_authority(&ID),
        program: ID,
    };
    build(ID, accounts, instruction::PublishModel { id, terms })
}

/// Give model number `id` of the author's a new content.
pub fn new_version(author: &Pubkey, id: u32, content_hash: [u8; 32], uri: String) -> Instruction {
    build(ID, change_model(author, id), instruction::NewVersion { content_hash, uri })
}

/// Have jobs that name model number `id` of the author's from now on pay somebody else.
pub fn set_payee(author: &Pubkey, id: u32, payee: Pubkey) -> Instruction {
    build(ID, change_model(author, id), instruction::SetPayee { payee })
}

fn change_model(author: &Pubkey, id: u32) -> accounts::ChangeModel {
    let model = model(author, id);
    accounts::ChangeModel { author: *author, model, event_authority: event_authority(&ID), program: ID }
}

/// Retire model number `id` of the author's.
pub fn retire_model(author: &Pubkey, id: u32) -> Instruction {
    let accounts = accounts::RetireModel {
        author: *author,
        model: model(author, id),
        event_authority: event_authority(&ID),
        program: ID,
    };
    build(ID, accounts, instruction::RetireModel {})
}

/// Post a job, paid from the requester's associated token account. Its round is opened by
/// [`super::verification::open_round`], best in the same transaction.
pub fn post_job(requester: &Pubkey, mint: &Pubkey, terms: JobTerms) -> Instruction {
    let job = job_address(requester, terms.nonce);
    let accounts = accounts::PostJob {
        requester: *requester,
        config: config(&ID),
        payment: payment(mint),
        job,
        vault: job_vault(&job),
        from: ata(requester, mint),
        mint: *mint,
        token_program: TOKEN_PROGRAM,
        system_program: SYSTEM_PROGRAM,
        event_authority: event_authority(&ID),
        program: ID,
    };
    build(ID, accounts, instruction::PostJob { terms })
}

/// [`post_job`] with models, each of which is among the terms' royalties: their payees get these.
pub fn post_job_with(requester: &Pubkey, mint: &Pubkey, terms: JobTerms, models: &[Pubkey]) -> Instruction {
    let mut instruction = post_job(requester, mint, terms);
    instruction.accounts.extend(models.iter().map(|model| AccountMeta::new_readonly(*model, false)));
    instruction
}

/// Claim a seat of a job as it stands, its seed and what is at stake for it included, with machine number `device`.
pub fn claim_seat(operator: &Pubkey, job: &Pubkey, state: &Job, device: u16) -> Instruction {
    let accounts = accounts::ClaimSeat {
        operator: *operator,
        config: config(&ID),
        job: *job,
        seat: seat_address(job, operator),
        device: device_address(operator, device),
        record: record(operator, state.class),
        pool: pool(operator),
        staking_config: config(&STAKING),
        totals: totals(),
        authority: SLASHER,
        staking_program: STAKING,
        system_program: SYSTEM_PROGRAM,
        event_authority: event_authority(&ID),
        program: ID,
    };
    build(ID, accounts, instruction::ClaimSeat { seed: state.seed, max_exposure: state.exposure })
}

/// Bid for a seat of an auction with machine number `device`. `class` is the job's.
pub fn place_bid(operator: &Pubkey, job: &Pubkey, class: u8, device: u16, terms: BidTerms) -> Instruction {
    let accounts = accounts::PlaceBid {
        operator: *operator,
        config: config(&ID),
        job: *job,
        bid: bid(job, operator),
        device: device_address(operator, device),
        record: record(operator, class),
        pool: pool(operator),
        system_program: SYSTEM_PROGRAM,
        event_authority: event_authority(&ID),
        program: ID,
    };
    build(ID, accounts, instruction::PlaceBid { terms })
}

/// Take back an operator's bid; `by` is the operator, or anyone once the bid can be awarded no more.
pub fn withdraw_bid(by: &Pubkey, job: &Pubkey, operator: &Pubkey) -> Instruction {
    let accounts = accounts::WithdrawBid {
        by: *by,
        bid: bid(job, operator),
        operator: *operator,
        job: *job,
        event_authority: event_authority(&ID),
        program: ID,
    };
    build(ID, accounts, instruction::WithdrawBid {})
}

/// Give a seat for a bid, as it was read from the chain. `requester` is the job's.
pub fn award_bid(requester: &Pubkey, state: &Bid) -> Instruction {
    let (job, operator) = (&state.job, &state.operator);
    let accounts = accounts::AwardBid {
        requester: *requester,
        config: config(&ID),
        job: *job,
        bid: bid(job, operator),
        operator: *operator,
        seat: seat_address(job, operator),
        device: state.device,
        pool: pool(operator),
        staking_config: config(&STAKING),
        authority: SLASHER,
        staking_program: STAKING,
        system_program: SYSTEM_PROGRAM,
        event_authority: event_authority(&ID),
        program: ID,
    };
    build(ID, accounts, instruction::AwardBid { price: state.price })
}

/// Settle the ordinary seat, which the operator paid for and works for with machine 0; it gets the bounty too, and its
/// associated token account the pay. See [`settle_seat`] for any other.
pub fn settle(job: &Pubkey, state: &Job, operator: &Pubkey) -> Instruction {
    let accounts = accounts::Settle {
        job: *job,
        seat: seat_address(job, operator),
        operator: *operator,
        payer: *operator,
        device: device_address(operator, 0),
        vault: job_vault(job),
        to: ata(operator, &state.mint),
        fee_vault: fee_vault_of_job(&state.mint, job),
        mint: state.mint,
        pool: pool(operator),
        caller: *operator,
        authority: SLASHER,
        staking_program: STAKING,
        token_program: TOKEN_PROGRAM,
        event_authority: event_authority(&ID),
        program: ID,
    };
    build(ID, accounts, instruction::Settle {})
}

/// Slash an operator's lost seat, the ordinary one (see [`for_seat`]); the caller's part goes to `caller`'s associated ASY
/// account.
pub fn slash_seat(job: &Pubkey, requester: &Pubkey, operator: &Pubkey, caller: &Pubkey) -> Instruction {
    build(ID, slash_accounts(job, requester, operator, caller), instruction::SlashSeat {})
}

/// Expire an operator's seat that never sealed, likewise.
pub fn expire_seat(job: &Pubkey, requester: &Pubkey, operator: &Pubkey, caller: &Pubkey) -> Instruction {
    build(ID, slash_accounts(job, requester, operator, caller), instruction::ExpireSeat {})
}

fn slash_accounts(job: &Pubkey, requester: &Pubkey, operator: &Pubkey, caller: &Pubkey) -> accounts::SlashSeat {
    let pool = pool(operator);
    accounts::SlashSeat {
        job: *job,
        seat: seat_address(job, operator),
        operator: *operator,
        payer: *operator,
        device: device_address(operator, 0),
        pool,
        pool_vault: pool_vault(&pool),
        asy_mint: ASY_MINT,
        harmed: ata(requester, &ASY_MINT),
        caller: ata(caller, &ASY_MINT),
        authority: SLASHER,
        staking_config: config(&STAKING),
        staking_program: STAKING,
        staking_events: event_authority(&STAKING),
        token_program: TOKEN_PROGRAM,
        event_authority: event_authority(&ID),
        program: ID,
    }
}

/// Cancel a job that nobody has a seat of.
pub fn cancel_job(requester: &Pubkey, job: &Pubkey) -> Instruction {
    cancel_job_under(requester, job, &[])
}

/// Expire a job that nobody has a seat of; `caller` gets the bounty.
pub fn expire_job(job: &Pubkey, caller: &Pubkey) -> Instruction {
    let accounts =
        accounts::ExpireJob { job: *job, caller: *caller, event_authority: event_authority(&ID), program: ID };
    build(ID, accounts, instruction::ExpireJob {})
}

/// Refund what no winner is owed to the requester's associated token account.
pub fn refund(job: &Pubkey, state: &Job) -> Instruction {
    let accounts = accounts::Refund {
        job: *job,
        vault: job_vault(job),
        to: ata(&state.requester, &state.mint),
        mint: state.mint,
        token_program: TOKEN_PROGRAM,
        event_authority: event_authority(&ID),
        program: ID,
    };
    build(ID, accounts, instruction::Refund {})
}

/// Close an ended job and its empty vault; `caller` gets the bounty.
pub fn close_job(job: &Pubkey, requester: &Pubkey, caller: &Pubkey) -> Instruction {
    let accounts = accounts::CloseJob {
        job: *job,
        vault: job_vault(job),
        requester: *requester,
        caller: *caller,
        token_program: TOKEN_PROGRAM,
        event_authority: event_authority(&ID),
        program: ID,
    };
    build(ID, accounts, instruction::CloseJob {})
}
