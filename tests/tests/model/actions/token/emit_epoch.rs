use assay_tests::assay_sdk::ix;

use super::super::{Next, View, send};
use crate::dice::Dice;

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    if view.model.now < view.model.token.next_at && !dice.once_in(20) {
        return None;
    }
    send(ix::token::emit_epoch(), |m| m.emit())
}
