use assay_tests::assay_sdk::{
    addresses, escrow::SeatState, ix, merkle, sample::Piece, verification::VerificationError,
};

use super::super::{Next, View, send};
use crate::{
    dice::Dice,
    state::{Shown, need, require, sample, tree},
};

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    let (address, seat, job) = view.sampled_seat(dice, |job, seat| seat.index == 0 && job.root != [0; 32])?;
    let (at, operator) = (seat.job, seat.operator);
    let shown = view.model.rounds.get(&addresses::round(&at))?.shown?;
    let piece = piece(dice, &shown, &sample::drawn(&job, &at), &tree::units(job.units, seat.wrong))?;
    let Piece { leaf, height, hashes } = piece.clone();
    send(ix::verification::prove_sample(&operator, &at, piece), move |m| {
        let now = m.now;
        let job = need(m.jobs.get(&at))?;
        let round = need(m.rounds.get_mut(&addresses::round(&at)))?;
        let seat = need(m.seats.get_mut(&address))?;
        require(seat.index == 0, VerificationError::WrongSeat)?;
        round.shows(seat, now)?;
        require(job.root != [0; 32], VerificationError::RootHidden)?;
        let mut shown = round.shown.expect("a sampled job's");
        let whole = shown.take((leaf, height), &hashes, (job, &sample::drawn(job, &at)))?;
        round.shown = Some(shown);
        if whole {
            round.revealed += 1;
            (seat.state, seat.commitment) = (SeatState::Revealed, shown.root);
        }
        Ok(())
    })
}

/// More of the ways, from where they stand or from the leaf's beginning: as much as fits, or less.
fn piece(dice: &mut Dice, shown: &Shown, drawn: &[u64], units: &[[u8; 32]]) -> Option<Piece> {
    let anew = dice.once_in(6);
    let left = drawn.get(usize::from(shown.leaves)..)?;
    let ways = merkle::paths(units, left).ok()?;
    let unit = *left.first()?;
    // The leaf's digest, and the neighbours up to where its way has come.
    let begun = match shown.height {
        0 => 0,
        height => 1 + (0..height - 1).filter(|l| tree::beside(unit, units.len() as u64, *l)).count(),
    };
    let (from, height) = if anew { (0, 0) } else { (begun, shown.height) };
    let most = if dice.once_in(2) { 21 } else { 1 + dice.below(8) as usize };
    let mut hashes: Vec<_> = ways.into_iter().skip(from).take(most).collect();
    let leaf = shown.leaves + u8::from(dice.once_in(24));
    if dice.once_in(24) {
        *hashes.first_mut()? = [3; 32];
    }
    Some(Piece { leaf, height, hashes })
}
