use assay_tests::assay_sdk::{ix, token::TokenError};

use super::super::{Next, View, send};
use crate::{
    dice::Dice,
    state::{ata, need, require, token_program},
};

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    let (any, now) = (dice.once_in(6), view.model.now);
    let all = view.model.token.distributions.iter();
    let over: Vec<_> = all.filter(|(_, it)| any || it.expires_at < now || it.claimed == it.total).collect();
    let (at, it) = dice.pick(&over).map(|(at, it)| (**at, (*it).clone()))?;
    let (mint, opener, payer, vault) = (it.mint, it.opener, it.payer, it.vault);
    let to = ata(&opener, &mint);
    send(ix::token::sweep_distribution(&at, (mint, token_program(&mint)), &opener, &payer), move |m| {
        let it = need(m.token.distributions.get(&at))?;
        require((it.mint, it.payer) == (mint, payer), TokenError::WrongAddress)?;
        require(m.now > it.expires_at || it.claimed == it.total, TokenError::NotExpired)?;
        m.token.distributions.remove(&at);
        // Gifts, too.
        m.money.transfer(&vault, &to, m.money.held(&vault))?;
        m.money.close(&vault, &payer)?;
        m.money.close(&at, &payer)
    })
}
