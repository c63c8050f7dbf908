use anchor_lang::prelude::*;

use crate::{GovernanceError, emit, events::ActionAdded, state::*};

/// Accounts of `add_action`, in order:
/// 0. `proposer` (signer, writable): the proposal's; pays
/// 1. `proposal` (writable): a draft
/// 2. `action` (writable, created): `["action", proposal, proposal.actions]`
/// 3. `system_program`, then the event accounts
#[event_cpi]
#[derive(Accounts)]
#[instruction(terms: ActionTerms)]
pub struct AddAction<'info> {
    #[account(mut)]
    pub proposer: Signer<'info>,
    #[account(mut, has_one = proposer @ GovernanceError::NotProposer)]
    pub proposal: Account<'info, Proposal>,
    #[account(
        init, payer = proposer, space = Action::space(&terms),
        seeds = [ACTION_SEED, proposal.key().as_ref(), &[proposal.actions]], bump
    )]
    pub action: Account<'info, Action>,
    pub system_program: Program<'info, System>,
}

pub(crate) fn handler(ctx: Context<AddAction>, terms: ActionTerms) -> Result<()> {
    let proposal = &mut ctx.accounts.proposal;
    proposal.require(ProposalState::Draft, Clock::get()?.unix_timestamp)?;
    require!(proposal.actions < MAX_ACTIONS, GovernanceError::TooLarge);
    terms.validate()?;

    let (index, address) = (proposal.actions, proposal.key());
    proposal.actions_hash = terms.append_to(proposal.actions_hash)?;
    proposal.rescue = proposal.rescue && terms.is_rescue();
    proposal.actions = index.checked_add(1).ok_or(GovernanceError::Overflow)?;
    proposal.open_actions = proposal.actions;
    proposal.invariant()?;
    let actions_hash = proposal.actions_hash;
    ctx.accounts.action.set_inner(Action {
        version: VERSION,
        bump: ctx.bumps.action,
        proposal: address,
        index,
        terms: terms.clone(),
    });

    emit(&ctx.accounts.event_authority, &ActionAdded { proposal: address, index, terms, actions_hash })?;
    Ok(())
}
