use anchor_lang::prelude::*;
use assay_escrow::{Job, Seat, Strategy, VERIFIER, program::AssayEscrow};
use assay_reputation::program::AssayReputation;
use solana_instructions_sysvar::{ID as INSTRUCTIONS, load_instruction_at_checked};

use crate::{
    VerificationError,
    attest::{self, AttestorKey},
    emit,
    events::ResultAttested,
    instructions::shown::Shown,
    state::*,
};

/// Accounts of `submit_attestation`, in order:
/// 0. `operator` (signer): the seat's
/// 1. `config`
/// 2. `job` (writable)
/// 3. `seat`: the job's
/// 4. `instructions`: the sysvar
/// 5. `record` (writable): the operator's, of the job's class
/// 6. `authority`: `["authority"]` of this program
/// 7. `escrow_program`, 8. `reputation_program`, then the event accounts
/// 9. the Attestors that sign, each once, in any order: at least as many as the job's threshold
///
/// The same transaction has the instructions of the runtime's precompiles that verify their signatures of
/// [`attest::message`], before or after this one; and no other signatures.
#[event_cpi]
#[derive(Accounts)]
pub struct SubmitAttestation<'info> {
    pub operator: Signer<'info>,
    // A singleton: its type and owner name it.
    pub config: Box<Account<'info, Config>>,
    #[account(mut)]
    pub job: Box<Account<'info, Job>>,
    #[account(has_one = job @ VerificationError::WrongAddress, has_one = operator @ VerificationError::NotOperator)]
    pub seat: Box<Account<'info, Seat>>,
    /// CHECK: the sysvar, by its address.
    #[account(address = INSTRUCTIONS @ VerificationError::WrongAddress)]
    pub instructions: UncheckedAccount<'info>,
    /// CHECK: `Record::whose` checks owner and type, and says whose it is.
    #[account(mut)]
    pub record: UncheckedAccount<'info>,
    /// CHECK: a PDA of this program that only signs.
    #[account(address = VERIFIER @ VerificationError::WrongAddress)]
    pub authority: UncheckedAccount<'info>,
    pub escrow_program: Program<'info, AssayEscrow>,
    pub reputation_program: Program<'info, AssayReputation>,
}

pub(crate) fn handler<'info>(ctx: Context<'info, SubmitAttestation<'info>>, root: [u8; 32]) -> Result<()> {
    let accounts = &ctx.accounts;
    let job = &accounts.job;
    let Strategy::Attested { registrar, threshold } = job.strategy else {
        return err!(VerificationError::WrongStrategy);
    };
    let shown = Shown {
        job,
        seat: &accounts.seat,
        record: accounts.record.to_account_info(),
        authority: accounts.authority.to_account_info(),
    };
    shown.validate(&root)?;
    let message = attest::message(&shown.statement(&accounts.config.genesis, &root));
    let signers = signers(&accounts.instructions, &message)?;
    let attestors = attestors(ctx.remaining_accounts, &registrar, &signers)?;
    require!(attestors.len() >= threshold.into(), VerificationError::TooFewAttestors);

    shown.accept(root)?;
    emit(
        &accounts.event_authority,
        &ResultAttested {
            job: job.key(),
            seat: accounts.seat.key(),
            operator: accounts.operator.key(),
            root,
            attestors,
        },
    )
}

/// Whose signatures of `message` this transaction has the runtime verify.
#[inline(never)]
fn signers(sysvar: &AccountInfo, message: &[u8; 32]) -> Result<Vec<AttestorKey>> {
    let count = {
        let data = sysvar.try_borrow_data()?;
        u16::from_le_bytes(*data.first_chunk().ok_or(VerificationError::BadSignature)?)
    };
    let mut signers = Vec::new();
    for own in 0..count {
        let instruction = load_instruction_at_checked(own.into(), sysvar)?;
        signers.extend(attest::signers(&instruction.program_id, &instruction.data, own, message)?);
    }
    Ok(signers)
}

/// The attestors among `accounts`, which must all count for `registrar`'s jobs, have signed, and be different ones.
#[inline(never)]
fn attestors<'info>(
    accounts: &'info [AccountInfo<'info>],
    registrar: &Pubkey,
    signers: &[AttestorKey],
) -> Result<Vec<Pubkey>> {
    let now = Clock::get()?.unix_timestamp;
    let mut attestors = Vec::with_capacity(accounts.len());
    for info in accounts {
        let attestor = Account::<Attestor>::try_from(info)?;
        attestor.check(registrar, now)?;
        // A registrar has one account for each key: another account is another key.
        require!(!attestors.contains(info.key), VerificationError::AttestorTwice);
        require!(signers.contains(&attestor.key), VerificationError::NotSigned);
        attestors.push(*info.key);
    }
    Ok(attestors)
}
