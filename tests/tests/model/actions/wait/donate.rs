//! A stranger sends tokens or lamports to any account: no accounting may change.

use anchor_lang::{
    prelude::Pubkey,
    solana_program::instruction::{AccountMeta, Instruction},
};
use assay_tests::{
    assay_sdk::{addresses, ix},
    world::token_instruction,
};

use super::super::{Next, View, send};
use crate::{
    dice::Dice,
    state::{CHARGING, CHARGING_DECIMALS, ata, token_program},
};

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    let giver = view.anybody(dice);
    if dice.once_in(6) {
        // Ahead of the account: what the next posting or seat creates is there already.
        let to = ahead(view, dice);
        let lamports = 1_000_000 + dice.below(4_000_000);
        return send(transfer(&giver, &to, lamports), move |m| m.money.pay(&giver, &to, lamports));
    }
    if dice.once_in(2) {
        let there: Vec<Pubkey> = view.model.money.lamports.keys().copied().collect();
        let (to, lamports) = (dice.one(&there), dice.below(1_000_000));
        return send(transfer(&giver, &to, lamports), move |m| m.money.pay(&giver, &to, lamports));
    }
    let accounts: Vec<_> = view.model.money.tokens.iter().map(|(address, tokens)| (*address, tokens.mint)).collect();
    let (to, mint) = dice.one(&accounts);
    let from = ata(&giver, &mint);
    let amount = dice.amount(view.model.money.held(&from)) >> 8;
    let mut call = token_instruction(3, amount, &[(from, true, false), (to, true, false), (giver, false, true)]);
    if mint == *CHARGING {
        // TransferChecked: charging mints insist on it.
        call = token_instruction(
            12,
            amount,
            &[(from, true, false), (mint, false, false), (to, true, false), (giver, false, true)],
        );
        call.data.push(CHARGING_DECIMALS);
        call.program_id = token_program(&mint);
    }
    send(call, move |m| m.money.give(&from, &to, amount))
}

/// An address at which escrow will make an account by hand.
fn ahead(view: &View, dice: &mut Dice) -> Pubkey {
    let job = view.posting(dice);
    match dice.below(4) {
        0 => job,
        1 => addresses::job_vault(&job),
        2 => addresses::seat(&job, &view.operator(dice)),
        _ => addresses::bid(&job, &view.operator(dice)),
    }
}

fn transfer(from: &Pubkey, to: &Pubkey, lamports: u64) -> Instruction {
    let mut data = 2_u32.to_le_bytes().to_vec();
    data.extend(lamports.to_le_bytes());
    let accounts = vec![AccountMeta::new(*from, true), AccountMeta::new(*to, false)];
    Instruction { program_id: ix::SYSTEM_PROGRAM, accounts, data }
}
