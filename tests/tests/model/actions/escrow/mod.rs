//! The escrow program's instructions.

pub mod accept_authority;
pub mod award_bid;
pub mod cancel_job;
pub mod claim_seat;
pub mod close_job;
pub mod deliver;
pub mod expire_job;
pub mod expire_seat;
pub mod heartbeat;
pub mod new_version;
pub mod pay_royalty;
pub mod place_bid;
pub mod post_job;
pub mod propose_authority;
pub mod publish_model;
pub mod refund;
pub mod register_device;
pub mod register_mint;
pub mod release_milestone;
pub mod retire_device;
pub mod retire_model;
pub mod set_available;
pub mod set_guardian;
pub mod set_params;
pub mod set_paused;
pub mod set_payee;
pub mod settle;
pub mod slash_seat;
mod terms;
pub mod top_up;
pub mod unregister_mint;
pub mod update_device;
pub mod verify_device;
pub mod withdraw_bid;

use anchor_lang::{Space, prelude::Pubkey};
use assay_tests::assay_sdk::escrow::{self, EscrowError, SeatState};

pub use self::terms::nonce;
use super::admin::Governed;
use crate::state::{Admin, Model, Seat, Verdict};

const GOVERNED: Governed = Governed { program: escrow::ID, not_authority: 6301, not_pending: 6350, not_guardian: 6351 };

/// The program's Config, as far as it says who governs.
fn admin(m: &Model) -> Admin {
    m.admins[&escrow::ID]
}

/// What begins something new is refused while the program is paused.
fn running(m: &Model) -> Verdict {
    admin(m).running(EscrowError::Paused)
}

/// Create a seat's account and make it a claimed one.
fn seat_down(m: &mut Model, address: Pubkey, seat: Seat) -> Verdict {
    let rent = m.money.rent(8 + escrow::Seat::INIT_SPACE);
    m.money.create_by_hand(&seat.payer, &address, rent, m.seats.contains_key(&address))?;
    m.seats.insert(address, seat);
    Ok(())
}

/// A seat that was just taken.
fn fresh(index: u8, (job, operator, payer, device): (Pubkey, Pubkey, Pubkey, Pubkey), now: i64, seal_by: i64) -> Seat {
    let (state, commitment, digest) = (SeatState::Claimed, [0; 32], [0; 32]);
    Seat {
        index,
        state,
        job,
        operator,
        payer,
        device,
        seal_by,
        commitment,
        progress: 0,
        heartbeat_at: now,
        digest,
        wrong: None,
    }
}

/// Pay a job's bounty to `caller`, of what its account has above its rent.
pub fn pay_bounty(m: &mut Model, job: &Pubkey, caller: &Pubkey) -> Verdict {
    let (space, bounty) = (m.jobs[job].space, u64::from(m.jobs[job].bounty));
    let spare = m.money.lamports(job).saturating_sub(m.money.rent(space));
    m.money.pay(job, caller, bounty.min(spare))
}
