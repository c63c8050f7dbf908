use assay_tests::{
    assay_sdk::{
        escrow::{EscrowError, EscrowParams},
        ix,
    },
    world::escrow_params,
};

use super::{
    super::{Next, View, send},
    GOVERNED, admin,
};
use crate::{actions::admin::authority, dice::Dice, state::require};

/// Jobs that are posted keep their terms: what changes here must change nothing of theirs.
pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    let by = authority(view, dice, &GOVERNED.program);
    let (params, sound) = params(dice);
    send(ix::escrow::set_params(&by, params.clone()), move |m| {
        require(by == admin(m).authority, EscrowError::NotAuthority)?;
        require(sound, EscrowError::BadParams)?;
        m.escrow = params.clone();
        Ok(())
    })
}

/// Parameters, and whether they make sense.
fn params(dice: &mut Dice) -> (EscrowParams, bool) {
    let mut usual = EscrowParams {
        fee_bps: dice.below(1_000) as u16,
        bond_bps: dice.below(6_000) as u16,
        wrong_bps: dice.below(4_000) as u16,
        spread: 2 + dice.below(4) as u8,
        widen_seconds: 10 + dice.below(40) as u32,
        cancel_floor_bps: dice.below(3_000) as u16,
        bounty_lamports: dice.below(20_000) as u32,
        royalty_grace_seconds: 1 + dice.below(300) as u32,
        ..escrow_params()
    };
    for class in &mut usual.classes {
        class.seconds += dice.below(4) as u32;
        class.stake -= dice.below(1 << 38);
    }
    match dice.below(24) {
        0 => (EscrowParams { fee_bps: 2_001, ..usual }, false),
        1 => (EscrowParams { fee_bps: 2_000, worker_floor_bps: 8_001, ..usual }, false),
        2 => (EscrowParams { bond_bps: 10_001, ..usual }, false),
        3 => (EscrowParams { review_min_seconds: 2_000, ..usual }, false),
        4 => (EscrowParams { bounty_lamports: 10_000_001, ..usual }, false),
        5 => (EscrowParams { seal_factor: 0, ..usual }, false),
        6 => (EscrowParams { royalty_grace_seconds: 0, ..usual }, false),
        _ => (usual, true),
    }
}
