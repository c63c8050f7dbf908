//! The verification program's instructions.

pub mod accept_authority;
pub mod close_canary;
pub mod close_round;
pub mod commit_canary;
pub mod draw;
pub mod finalize_round;
pub mod open_round;
pub mod propose_authority;
pub mod reveal_canary;
pub mod reveal_result;
pub mod seal_result;
pub mod set_guardian;
pub mod set_params;
pub mod set_paused;

use anchor_lang::prelude::Pubkey;
use assay_tests::assay_sdk::{addresses, verification};

use super::{View, admin::Governed};
use crate::dice::Dice;

const GOVERNED: Governed =
    Governed { program: verification::ID, not_authority: 6418, not_pending: 6419, not_guardian: 6420 };

impl View<'_> {
    /// Who keeps canaries; one time in ten anybody.
    fn keeper(&self, dice: &mut Dice) -> Pubkey {
        let keeper = self.model.verification.canary_keeper;
        if !self.cast.people.contains(&keeper) || dice.once_in(10) { self.anybody(dice) } else { keeper }
    }

    /// Where somebody may post a job.
    pub fn posting(&self, dice: &mut Dice) -> Pubkey {
        let requester = dice.one(&self.cast.requesters);
        addresses::job(&requester, super::escrow::nonce(dice, &requester))
    }
}
