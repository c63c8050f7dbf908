use assay_tests::assay_sdk::{addresses, ix};

use super::super::{Next, View, send};
use crate::{dice::Dice, state::need};

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    let (author, id) = view.published(dice)?;
    let address = addresses::model(&author, id);
    send(ix::escrow::retire_model(&author, id), move |m| {
        need(m.models.remove(&address))?;
        m.money.close(&address, &author)
    })
}
