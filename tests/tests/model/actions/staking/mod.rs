//! The staking program's instructions.

pub mod accept_authority;
pub mod advance_epoch;
pub mod claim_rewards;
pub mod close_case;
pub mod close_pool;
pub mod close_position;
pub mod fund_rewards;
pub mod open_case;
pub mod open_pool;
pub mod open_position;
pub mod propose_authority;
pub mod redelegate;
pub mod request_unstake;
pub mod set_commission;
pub mod set_guardian;
pub mod set_params;
pub mod set_paused;
pub mod slash;
pub mod stake;
pub mod sync_weight;
pub mod withdraw;

use anchor_lang::prelude::Pubkey;
use assay_tests::assay_sdk::staking;

use super::{View, admin::Governed};
use crate::{dice::Dice, state::Position};

/// Who governs it.
pub const GOVERNED: Governed =
    Governed { program: staking::ID, not_authority: 6116, not_pending: 6117, not_guardian: 6118 };

impl View<'_> {
    /// A position that `fits`, with its pool's operator; one time in ten any at all.
    fn position(&self, dice: &mut Dice, fits: impl Fn(&Position) -> bool) -> Option<(Pubkey, Position, Pubkey)> {
        let any = dice.once_in(10);
        let all: Vec<_> = self.model.staking.positions.iter().filter(|(_, p)| any || fits(p)).collect();
        let (address, position) = dice.pick(&all)?;
        let operator = self.model.staking.pools[&position.pool].operator;
        Some((**address, (*position).clone(), operator))
    }

    /// Whether a position's shares may move: no vote binds them and they are not fresh.
    fn free(&self, position: &Position) -> bool {
        let ripe = self.model.epoch() >= position.staked_epoch + 2;
        position.shares > 0 && ripe && self.model.now >= position.locked_until
    }
}

/// A number of shares of these: often some, at times none, all, or more.
fn some_of(shares: u128, dice: &mut Dice) -> u128 {
    match dice.below(10) {
        0 => 0,
        1..=3 => shares,
        4 => shares + 1,
        5 => u128::from(dice.below(1_000)),
        _ => shares / u128::from(dice.below(50) + 2),
    }
}
