//! The verification program's instructions.

pub mod accept_authority;
pub mod close_round;
pub mod draw;
pub mod finalize_round;
pub mod open_round;
pub mod propose_authority;
pub mod reveal_result;
pub mod seal_result;
pub mod set_guardian;
pub mod set_params;
pub mod set_paused;

use assay_tests::assay_sdk::verification;

use super::admin::Governed;

const GOVERNED: Governed =
    Governed { program: verification::ID, not_authority: 6418, not_pending: 6419, not_guardian: 6420 };
