use assay_tests::assay_sdk::{
    addresses, governance,
    governance::{GovernanceError, ProposalState},
    ix,
};

use super::super::{Next, View, send};
use crate::{
    dice::Dice,
    state::{Proposal, need, refuse},
};

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    let now = view.model.now;
    let patience = if dice.once_in(3) { i64::MAX } else { now };
    let due = |p: &Proposal| p.state == ProposalState::Queued && p.eta <= patience && now < p.expires_at;
    let (at, proposal) = view.proposal(dice, due)?;
    let index = if dice.once_in(10) { dice.below(3) as u8 } else { proposal.executed };
    let decree = proposal.actions.get(usize::from(index))?.clone();
    let mut call = decree.call(&governance::AUTHORITY);
    let spoilt = dice.once_in(16);
    if spoilt {
        call.accounts.pop();
    }
    let action = addresses::action(&at, index);
    send(ix::governance::execute(proposal.id, index, &call), move |m| {
        need(m.governance.proposals.get(&at))?;
        need(m.governance.actions.get(&action))?;
        match m.execute(&at, index, &decree) {
            // Found before the action runs, after all else.
            result if spoilt => match may_run(&result) {
                true => refuse(GovernanceError::WrongAccounts),
                false => result,
            },
            result => result,
        }
    })
}

/// Whether nothing of governance's own was against it.
fn may_run(result: &crate::state::Verdict) -> bool {
    use GovernanceError::{Expired, OutOfOrder, TooEarly, WrongState};
    let own = [WrongState, Expired, TooEarly, OutOfOrder].map(u32::from);
    !matches!(result, Err(crate::state::Refusal::Code(code)) if own.contains(code))
}
