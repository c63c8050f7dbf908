use anchor_lang::{
    prelude::*,
    solana_program::{instruction::Instruction, program::invoke_signed},
};

use crate::{GovernanceError, emit, events::ActionExecuted, state::*};

/// Accounts of `execute`, in order:
/// 0. `proposal` (writable)
/// 1. `action`: `["action", proposal, index]`
/// 2. `target`: the action's program
/// 3. the event accounts
/// 4. the action's accounts, in its order and no others
///
/// Nobody signs but for the action's cosigners: what runs follows from the vote alone.
#[event_cpi]
#[derive(Accounts)]
#[instruction(index: u8)]
pub struct Execute<'info> {
    #[account(mut)]
    pub proposal: Account<'info, Proposal>,
    #[account(
        has_one = proposal @ GovernanceError::WrongAddress,
        constraint = action.index == index @ GovernanceError::OutOfOrder
    )]
    pub action: Box<Account<'info, Action>>,
    /// CHECK: the one that was voted on; the runtime refuses what is no program.
    #[account(address = action.terms.program @ GovernanceError::WrongAccounts)]
    pub target: UncheckedAccount<'info>,
}

pub(crate) fn handler<'info>(ctx: Context<'info, Execute<'info>>, index: u8, cosigners: u8) -> Result<()> {
    let now = Clock::get()?.unix_timestamp;
    let proposal = &ctx.accounts.proposal;
    proposal.require(ProposalState::Queued, now)?;
    require!(now >= proposal.eta, GovernanceError::TooEarly);
    require!(index == proposal.executed, GovernanceError::OutOfOrder);
    let terms = &ctx.accounts.action.terms;
    require!(usize::from(cosigners) == terms.cosigners(), GovernanceError::Cosigners);
    same_accounts(&terms.accounts, ctx.remaining_accounts)?;

    // Written down before the call, so that whatever it leads to finds the action done.
    ctx.accounts.proposal.advance()?;
    ctx.accounts.proposal.exit(&crate::ID)?;
    let terms = &ctx.accounts.action.terms;
    let call = Instruction { program_id: terms.program, accounts: terms.metas(), data: terms.data.clone() };
    let mut accounts = ctx.remaining_accounts.to_vec();
    accounts.push(ctx.accounts.target.to_account_info());
    invoke_signed(&call, &accounts, SIGNER)?;
    // No action may reach this program's proposals; if one could, what it wrote would stand.
    ctx.accounts.proposal.reload()?;

    let (program, state) = (terms.program, ctx.accounts.proposal.state);
    emit(
        &ctx.accounts.event_authority,
        &ActionExecuted { proposal: ctx.accounts.proposal.key(), index, program, state },
    )?;
    Ok(())
}

/// The accounts given are those voted on: as many, in the same order, and writable where it says so. More rights than were
/// voted for do no harm, for the call passes on only those that were. The runtime checks the signatures.
fn same_accounts(voted: &[ActionAccount], given: &[AccountInfo]) -> Result<()> {
    require!(voted.len() == given.len(), GovernanceError::WrongAccounts);
    for (voted, given) in voted.iter().zip(given) {
        let same = voted.address == *given.key && (given.is_writable || !voted.writable);
        require!(same, GovernanceError::WrongAccounts);
    }
    Ok(())
}
