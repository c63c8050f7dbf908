//! Who governs a program: five instructions that are the same in each.

use anchor_lang::{prelude::Pubkey, solana_program::instruction::Instruction};
use assay_tests::assay_sdk::governance;

use super::{Next, View, send};
use crate::{dice::Dice, state::require};

/// A program with an authority: its id, the error numbers for who is not the authority, not the pending one, and neither
/// authority nor guardian.
#[derive(Clone, Copy)]
pub struct Governed {
    pub program: Pubkey,
    pub not_authority: u32,
    pub not_pending: u32,
    pub not_guardian: u32,
}

/// Who signs as authority: mostly who is.
pub fn authority(view: &View, dice: &mut Dice, program: &Pubkey) -> Pubkey {
    if dice.once_in(4) { view.anybody(dice) } else { view.model.admins[program].authority }
}

/// Somebody who might guard, or nobody.
fn somebody(view: &View, dice: &mut Dice) -> Pubkey {
    if dice.once_in(3) { Pubkey::default() } else { view.anybody(dice) }
}

/// Somebody who might govern: mostly those who vote, or none of their proposals could do anything.
fn heir(view: &View, dice: &mut Dice) -> Pubkey {
    if dice.once_in(3) { somebody(view, dice) } else { governance::AUTHORITY }
}

pub fn propose_authority(
    it: Governed,
    call: fn(&Pubkey, &Pubkey) -> Instruction,
    view: &View,
    dice: &mut Dice,
) -> Option<Next> {
    let (by, new) = (authority(view, dice, &it.program), heir(view, dice));
    send(call(&by, &new), move |m| {
        let admin = m.admins.get_mut(&it.program).expect("governed");
        require(by == admin.authority, it.not_authority)?;
        admin.pending = new;
        Ok(())
    })
}

pub fn accept_authority(it: Governed, call: fn(&Pubkey) -> Instruction, view: &View, dice: &mut Dice) -> Option<Next> {
    let pending = view.model.admins[&it.program].pending;
    let by = if pending == Pubkey::default() || dice.once_in(4) { view.anybody(dice) } else { pending };
    send(call(&by), move |m| {
        let admin = m.admins.get_mut(&it.program).expect("governed");
        require(by == admin.pending, it.not_pending)?;
        (admin.authority, admin.pending) = (by, Pubkey::default());
        Ok(())
    })
}

pub fn set_guardian(
    it: Governed,
    call: fn(&Pubkey, &Pubkey) -> Instruction,
    view: &View,
    dice: &mut Dice,
) -> Option<Next> {
    let (by, guardian) = (authority(view, dice, &it.program), somebody(view, dice));
    send(call(&by, &guardian), move |m| {
        let admin = m.admins.get_mut(&it.program).expect("governed");
        require(by == admin.authority, it.not_authority)?;
        admin.guardian = guardian;
        Ok(())
    })
}

/// A pause is short: what is paused is mostly resumed.
pub fn set_paused(it: Governed, call: fn(&Pubkey, bool) -> Instruction, view: &View, dice: &mut Dice) -> Option<Next> {
    let admin = view.model.admins[&it.program];
    let paused = !admin.paused && dice.once_in(12);
    let by = match dice.below(4) {
        0 => view.anybody(dice),
        1 if admin.guardian != Pubkey::default() => admin.guardian,
        _ => admin.authority,
    };
    send(call(&by, paused), move |m| {
        let admin = m.admins.get_mut(&it.program).expect("governed");
        require(admin.guards(&by), it.not_guardian)?;
        admin.paused = paused;
        Ok(())
    })
}
