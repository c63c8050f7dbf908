//! Sampled jobs: the executor shows its root and the drawn leaves, the committee what it found in their place.

pub mod conclude_sample;
pub mod finalize_sample;
pub mod prove_sample;
pub mod reveal_root;
pub mod reveal_sample;

#[allow(ambiguous_glob_reexports)]
pub use self::{conclude_sample::*, finalize_sample::*, prove_sample::*, reveal_root::*, reveal_sample::*};

use anchor_lang::prelude::*;
use assay_escrow::{Seat, SeatState};

use crate::{VerificationError, seal, state::*};

/// Whether a seat may show what it sealed now, and whether it is this that it sealed.
pub(crate) fn opens(
    config: &Config,
    round: &Account<Round>,
    seat: &Seat,
    digest: &[u8; 32],
    salt: &[u8; 32],
) -> Result<()> {
    in_time(round, seat)?;
    let sealed = seal::seal(&config.genesis, &round.key(), &seat.operator, digest, salt);
    require!(sealed == seat.commitment, VerificationError::WrongPreimage);
    Ok(())
}

/// Whether a seat may show now what it sealed.
pub(crate) fn in_time(round: &Round, seat: &Seat) -> Result<()> {
    let now = Clock::get()?.unix_timestamp;
    require!(round.shown.is_some(), VerificationError::NotSampled);
    require!(!matches!(round.phase, Phase::Auditing | Phase::Final), VerificationError::WrongPhase);
    require!(round.revealing(now), VerificationError::RevealTooEarly);
    require!(now <= round.reveal_by, VerificationError::RevealTooLate);
    require!(seat.state == SeatState::Sealed, VerificationError::WrongSeatState);
    Ok(())
}
