use anchor_lang::prelude::Pubkey;
use assay_tests::assay_sdk::{addresses, ix};

use super::{
    super::{Next, View, send},
    publish_model::sound,
};
use crate::{dice::Dice, state::need};

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    let (author, id) = view.published(dice)?;
    let address = addresses::model(&author, id);
    let payee = if dice.once_in(10) { Pubkey::default() } else { view.anybody(dice) };
    send(ix::escrow::set_payee(&author, id, payee), move |m| {
        let model = need(m.models.get_mut(&address))?;
        model.payee = payee;
        sound(model)
    })
}
