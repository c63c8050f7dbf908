use anchor_lang::prelude::Pubkey;
use assay_tests::assay_sdk::{
    addresses,
    escrow::EscrowError,
    ix,
    token::{FEE_AUTHORITY, FEE_SHARDS},
};

use super::super::{Next, View, send};
use crate::{
    dice::Dice,
    state::{ata, holding, need, paid_in, require},
};

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    let (address, job) = view.job(dice, |_, job| job.legs.iter().any(|leg| leg.due > 0))?;
    let due: Vec<_> = (0..job.legs.len()).filter(|leg| job.legs[*leg].due > 0).collect();
    let leg = match dice.below(12) {
        0 => dice.below(5) as usize,
        _ => dice.pick(&due).copied().unwrap_or(0),
    };
    let payee = job.legs.get(leg).map_or(job.requester, |leg| leg.to);
    let late = !job.live() && view.model.now > job.ended_at + i64::from(view.model.escrow.royalty_grace_seconds);
    let shard = dice.below(u64::from(FEE_SHARDS)) as u8;
    let (mint, usual) = (job.mint, ata(&payee, &job.mint));
    let to: Pubkey = match dice.below(8) {
        0 => ata(&view.anybody(dice), &mint),
        1 => addresses::fee_vault(&mint, shard),
        _ if late && !view.model.money.tokens.contains_key(&usual) => addresses::fee_vault(&mint, shard),
        _ => usual,
    };
    let posted = view.world.chain.find(&address)?;
    let call = paid_in(&mint, ix::escrow::pay_royalty(&address, &posted, leg as u8, &to), &[]);
    send(call, move |m| {
        let now = m.now;
        let job = need(m.jobs.get_mut(&address))?;
        require(job.mint == mint, EscrowError::WrongAddress)?;
        let owner = holding(m.money.tokens.get(&to))?.owner;
        let over = job.ended_at + i64::from(m.escrow.royalty_grace_seconds);
        let forfeit = !job.live() && now > over && owner == FEE_AUTHORITY;
        let found = job.legs.get_mut(leg);
        require(found.is_some(), EscrowError::NothingDue)?;
        let leg = need(found)?;
        require(owner == leg.to || forfeit, EscrowError::WrongAddress)?;
        require(leg.due > 0, EscrowError::NothingDue)?;
        let due = std::mem::take(&mut leg.due);
        let vault = job.vault;
        m.money.transfer(&vault, &to, due)
    })
}
