use assay_tests::assay_sdk::{addresses, escrow::EscrowError, ix};

use super::{
    super::{Next, View, send},
    GOVERNED, admin,
};
use crate::{
    actions::admin::authority,
    dice::Dice,
    state::{need, require},
};

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    let (mint, to) = (dice.one(&view.cast.payments), view.anybody(dice));
    let by = authority(view, dice, &GOVERNED.program);
    let address = addresses::payment(&mint);
    send(ix::escrow::unregister_mint(&by, &mint, &to), move |m| {
        need(m.payments.get(&address))?;
        require(by == admin(m).authority, EscrowError::NotAuthority)?;
        m.payments.remove(&address);
        m.money.close(&address, &to)
    })
}
