use anchor_lang::prelude::*;
use assay_escrow::{Job, Seat, Strategy, VERIFIER, program::AssayEscrow};
use assay_reputation::program::AssayReputation;

use crate::{
    VerificationError, emit,
    events::ResultProven,
    instructions::shown::Shown,
    proof::{self, PROOF},
    state::*,
};

/// Accounts of `submit_proof`, in order:
/// 0. `operator` (signer): the seat's
/// 1. `config`
/// 2. `job` (writable)
/// 3. `seat`: the job's
/// 4. `proof_key`: the ProofKey that the job names
/// 5. `record` (writable): the operator's, of the job's class
/// 6. `authority`: `["authority"]` of this program
/// 7. `escrow_program`, 8. `reputation_program`, then the event accounts
#[event_cpi]
#[derive(Accounts)]
pub struct SubmitProof<'info> {
    pub operator: Signer<'info>,
    // A singleton: its type and owner name it.
    pub config: Box<Account<'info, Config>>,
    #[account(mut)]
    pub job: Box<Account<'info, Job>>,
    #[account(has_one = job @ VerificationError::WrongAddress, has_one = operator @ VerificationError::NotOperator)]
    pub seat: Box<Account<'info, Seat>>,
    pub proof_key: Box<Account<'info, ProofKey>>,
    /// CHECK: `Record::whose` checks owner and type, and says whose it is.
    #[account(mut)]
    pub record: UncheckedAccount<'info>,
    /// CHECK: a PDA of this program that only signs.
    #[account(address = VERIFIER @ VerificationError::WrongAddress)]
    pub authority: UncheckedAccount<'info>,
    pub escrow_program: Program<'info, AssayEscrow>,
    pub reputation_program: Program<'info, AssayReputation>,
}

pub(crate) fn handler(ctx: Context<SubmitProof>, root: [u8; 32], proof: [u8; PROOF]) -> Result<()> {
    let accounts = &ctx.accounts;
    let (job, key) = (&accounts.job, &accounts.proof_key);
    let Strategy::Proven { key: named } = job.strategy else { return err!(VerificationError::WrongStrategy) };
    require_keys_eq!(key.key(), named, VerificationError::WrongKey);
    let shown = Shown {
        job,
        seat: &accounts.seat,
        record: accounts.record.to_account_info(),
        authority: accounts.authority.to_account_info(),
    };
    shown.validate(&root)?;
    let binding = proof::binding(&shown.statement(&accounts.config.genesis, &root));
    require!(proof::verify(&key.key, &binding, &proof), VerificationError::BadProof);

    shown.accept(root)?;
    emit(
        &accounts.event_authority,
        &ResultProven {
            job: job.key(),
            seat: accounts.seat.key(),
            operator: accounts.operator.key(),
            key: key.key(),
            root,
        },
    )
}
