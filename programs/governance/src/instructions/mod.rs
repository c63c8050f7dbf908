//! One file per instruction, or per few that share their accounts. State changes are methods of `Proposal`, which ends each
//! with its invariant.

pub mod add_action;
pub mod administration;
pub mod close;
pub mod end_proposal;
pub mod execute;
pub mod finish_vote;
pub mod initialize;
pub mod propose;
pub mod set_params;
pub mod start_vote;
pub mod vote;

#[allow(ambiguous_glob_reexports)]
pub use self::{
    add_action::*, administration::*, close::*, end_proposal::*, execute::*, finish_vote::*, initialize::*, propose::*,
    start_vote::*, vote::*,
};

use anchor_lang::prelude::*;
use assay_staking::cpi::accounts::LockPosition;

use crate::state::SIGNER;

/// Bind a position until `until`, so that what has voted cannot leave and vote again.
pub(crate) fn bind<'info>(governor: AccountInfo<'info>, position: AccountInfo<'info>, until: i64) -> Result<()> {
    let context = CpiContext::new_with_signer(assay_staking::ID, LockPosition { governor, position }, SIGNER);
    assay_staking::cpi::lock_position(context, until).map(drop)
}
