//! The governance program's instructions.

pub mod accept_authority;
pub mod add_action;
pub mod cancel;
pub mod close_action;
pub mod close_proposal;
pub mod close_vote;
pub mod execute;
pub mod finish_vote;
pub mod propose;
pub mod propose_authority;
pub mod set_guardian;
pub mod set_params;
pub mod set_paused;
pub mod start_vote;
pub mod veto;
pub mod vote;

use anchor_lang::prelude::Pubkey;
use assay_tests::assay_sdk::{addresses, governance, governance::ProposalState};

use super::{View, admin::Governed};
use crate::{dice::Dice, state::Proposal};

/// Who governs it.
pub const GOVERNED: Governed =
    Governed { program: governance::ID, not_authority: 6501, not_pending: 6502, not_guardian: 6503 };

impl View<'_> {
    /// Who it should be; one time in twelve anybody.
    fn almost(&self, dice: &mut Dice, who: Pubkey) -> Pubkey {
        if dice.once_in(12) { self.anybody(dice) } else { who }
    }

    /// A proposal that `fits`; one time in ten any at all.
    fn proposal(&self, dice: &mut Dice, fits: impl Fn(&Proposal) -> bool) -> Option<(Pubkey, Proposal)> {
        let any = dice.once_in(10);
        let all: Vec<_> = self.model.governance.proposals.iter().filter(|(_, p)| any || fits(p)).collect();
        dice.pick(&all).map(|(address, proposal)| (**address, (*proposal).clone()))
    }

    /// One that has not expired.
    fn proposal_in(&self, dice: &mut Dice, state: ProposalState) -> Option<(Pubkey, Proposal)> {
        let now = self.model.now;
        self.proposal(dice, |proposal| proposal.state == state && now < proposal.expires_at)
    }

    /// A pool in which somebody has a position; mostly one that is worth enough to propose with.
    fn pool_of(&self, dice: &mut Dice, owner: &Pubkey) -> Option<Pubkey> {
        let (any, least) = (dice.once_in(10), self.model.governance.params.proposal_stake);
        let pools: Vec<_> = self.model.staking.pools.keys().collect();
        let rich = |pool: &&&Pubkey| {
            let worth = self.model.stake_of(&addresses::position(pool, owner));
            any || worth.is_ok_and(|(_, worth)| worth >= least)
        };
        let fit: Vec<Pubkey> = pools.iter().filter(rich).map(|pool| **pool).collect();
        dice.pick(&fit).copied()
    }
}
