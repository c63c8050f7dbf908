use anchor_lang::{prelude::Pubkey, solana_program::instruction::Instruction};
use assay_tests::assay_sdk::{
    addresses,
    escrow::{EscrowError, JobState},
    ix,
    token::ASY_MINT,
};

use super::super::{Next, View, send};
use crate::{
    dice::Dice,
    state::{Job, Model, Seat, Verdict, need, part as part_of, require},
};

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    let judged = |state| matches!(state, JobState::Verified | JobState::Unresolved);
    let (address, seat, job) = view.seat(dice, |job, seat| judged(job.state) && job.losers.contains(&seat.index))?;
    // Who found it out, if a case did.
    let found_out = job.accuser.filter(|_| !dice.once_in(8));
    let caller = found_out.unwrap_or_else(|| view.anybody(dice));
    let call = ix::escrow::slash_seat(&seat.job, &job.requester, &seat.operator, &caller);
    send(as_it_is(view, call, &address)?, move |m| {
        let (job, seat) = both(m, &address, &seat)?;
        require(judged(job.state), EscrowError::WrongState)?;
        require(job.losers.contains(&seat.index), EscrowError::SeatNotLost)?;
        require(job.accuser.is_none_or(|accuser| accuser == caller), EscrowError::WrongAddress)?;
        end(m, &address, &caller, Part::Exposure)
    })
}

/// Name the seat's payer and machine as they are.
pub fn as_it_is(view: &View, call: Instruction, seat: &Pubkey) -> Option<Instruction> {
    Some(ix::escrow::for_seat(call, &view.world.chain.find(seat)?))
}

/// A seat and its job; `then` is the seat as the instruction names it.
pub fn both(m: &Model, seat: &Pubkey, then: &Seat) -> Verdict<(Job, Seat)> {
    let (job, seat) = (need(m.jobs.get(&then.job))?.clone(), need(m.seats.get(seat))?.clone());
    need(m.devices.get(&then.device))?;
    require((seat.payer, seat.device) == (then.payer, then.device), EscrowError::WrongAddress)?;
    Ok((job, seat))
}

/// What a seat loses.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// A ghost: its bond.
    Bond,
    /// A wrong or withheld result: all that it has at risk, and the pool goes to jail.
    Exposure,
}

/// Take a part of what a seat has at risk, release the rest, and give the seat up.
pub fn end(m: &mut Model, address: &Pubkey, caller: &Pubkey, part: Part) -> Verdict {
    let seat = need(m.seats.remove(address))?;
    let job = need(m.jobs.get_mut(&seat.job))?;
    job.leave_seat(seat.index)?;
    let (bond, exposure, requester) = (job.bond, job.exposure, job.requester);
    // A ghost's parts are less than its bond anyway. What was found wrong by a case is its opener's to share; after a round nobody
    // gets more than half a fee.
    let fee = u128::from(bond) * u128::from(part_of(job.seat_price, job.fee_bps)) / u128::from(job.seat_price);
    let half = (fee / 2) as u64;
    let most = match (part, job.accuser) {
        (Part::Bond, _) => (bond, bond),
        (Part::Exposure, Some(_)) => (bond, u64::MAX),
        (Part::Exposure, None) => (half, half),
    };
    need(m.devices.get_mut(&seat.device))?.busy -= 1;
    let pool = addresses::pool(&seat.operator);
    let amount = if part == Part::Bond { bond } else { exposure };
    let (harmed, caller) = (addresses::ata(&requester, &ASY_MINT), addresses::ata(caller, &ASY_MINT));
    m.punish(&pool, (amount, exposure), part == Part::Exposure, (&harmed, &caller), most)?;
    m.money.close(address, &seat.payer)
}
