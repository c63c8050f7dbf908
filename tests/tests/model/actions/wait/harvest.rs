//! Anybody takes home what a charging mint withheld in accounts: a job's vault closes only then.

use anchor_lang::{
    prelude::Pubkey,
    solana_program::instruction::{AccountMeta, Instruction},
};

use super::super::{Next, View, send};
use crate::{
    dice::Dice,
    state::{CHARGING, need, token_program},
};

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    let held = |vault: &Pubkey| view.model.money.tokens.get(vault).is_some_and(|tokens| tokens.withheld > 0);
    let waiting = view.model.jobs.values().filter(|job| job.ended() && held(&job.vault)).map(|job| job.vault);
    let waiting: Vec<_> = waiting.collect();
    let vault = dice.pick(&waiting).copied()?;
    // TransferFeeExtension::HarvestWithheldTokensToMint.
    let accounts = vec![AccountMeta::new(*CHARGING, false), AccountMeta::new(vault, false)];
    let call = Instruction { program_id: token_program(&CHARGING), accounts, data: vec![26, 4] };
    send(call, move |m| {
        need(m.money.tokens.get(&vault))?;
        m.money.harvest(&vault)
    })
}
