use anchor_lang::{error::ErrorCode, prelude::Pubkey};
use assay_tests::assay_sdk::{
    addresses, governance,
    governance::{GovernanceError, ProposalState},
    ix,
};

use super::super::{Next, View, send, staking, token, verification};
use crate::{
    dice::Dice,
    state::{Decree, PROGRAMS, Program, need, require},
};

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    let (at, proposal) = view.proposal_in(dice, ProposalState::Draft)?;
    if proposal.actions.len() > 1 && !dice.once_in(4) {
        return None;
    }
    let decree = decree(view, dice);
    let call = decree.call(&governance::AUTHORITY);
    let terms = ix::governance::terms(&call);
    let (id, proposer) = (proposal.id, view.almost(dice, proposal.proposer));
    let index = proposal.actions.len() as u8;
    let action = addresses::action(&at, index);
    send(ix::governance::add_action(&proposer, id, index, &call), move |m| {
        let now = m.now;
        let it = need(m.governance.proposals.get_mut(&at))?;
        require(it.actions.len() == usize::from(index), ErrorCode::ConstraintSeeds)?;
        m.money.create(&proposer, &action, governance::Action::space(&terms))?;
        require(it.proposer == proposer, GovernanceError::NotProposer)?;
        it.require(ProposalState::Draft, now)?;
        require(index < 8, GovernanceError::TooLarge)?;
        it.actions_hash = terms.append_to(it.actions_hash).expect("memory to write to");
        it.actions.push(decree.clone());
        it.open_actions += 1;
        m.governance.actions.insert(action, (at, index));
        Ok(())
    })
}

/// Something that governance's authority might do.
fn decree(view: &View, dice: &mut Dice) -> Decree {
    let ruled = |program: &Program| view.model.admins[&program.id()].authority == governance::AUTHORITY;
    let ours: Vec<Program> = PROGRAMS.into_iter().filter(ruled).collect();
    let offered = |program: &Program| view.model.admins[&program.id()].pending == governance::AUTHORITY;
    let any = dice.one(&PROGRAMS);
    if let Some(program) = PROGRAMS.into_iter().find(offered).filter(|_| dice.once_in(2)) {
        return Decree::AcceptAuthority(program);
    }
    let program = dice.pick(&ours).copied().unwrap_or(any);
    let somebody = if dice.once_in(4) { Pubkey::default() } else { view.anybody(dice) };
    match dice.below(6) {
        0 => Decree::ProposeAuthority(program, somebody),
        1 => Decree::SetGuardian(program, somebody),
        2 => Decree::SetPaused(program, view.model.admins[&program.id()].paused ^ dice.once_in(8)),
        3 => Decree::SetGuardian(Program::Governance, somebody),
        _ => match program {
            Program::Token if dice.once_in(2) => token::spend_treasury::spending(view, dice),
            Program::Token => Decree::TokenParams(token::set_params::params(view, dice)),
            Program::Staking => Decree::StakingParams(staking::set_params::params(dice)),
            Program::Verification => Decree::VerificationParams(verification::set_params::params(view, dice)),
            _ => Decree::GovernanceParams(super::set_params::params(dice)),
        },
    }
}
