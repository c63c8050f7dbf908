use assay_tests::assay_sdk::{addresses, token};

use super::super::{Next, View, admin, decree};
use crate::{
    dice::Dice,
    state::{Decree, ata},
};

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    let by = admin::authority(view, dice, &token::ID);
    decree(spending(view, dice), by)
}

/// Some of a treasury for somebody.
pub fn spending(view: &View, dice: &mut Dice) -> Decree {
    let mint = dice.one(&view.cast.payments);
    let to = ata(&view.anybody(dice), &mint);
    Decree::Spend(mint, to, dice.amount(view.model.money.held(&addresses::treasury(&mint))))
}
