use anchor_lang::Space;
use assay_tests::assay_sdk::{
    addresses, ix, reputation,
    reputation::{CLASSES, ReputationError},
};

use super::super::{Next, View, send};
use crate::{
    dice::Dice,
    state::{Record, require},
};

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    let operator = view.operator(dice);
    let class = if dice.once_in(4) { dice.below(6) as u8 } else { dice.below(2) as u8 };
    let address = addresses::record(&operator, class);
    send(ix::reputation::open_record(&operator, class), move |m| {
        m.money.create(&operator, &address, 8 + reputation::Record::INIT_SPACE)?;
        require(class < CLASSES, ReputationError::NoSuchClass)?;
        m.records.insert(address, Record::new(operator, class, m.now));
        Ok(())
    })
}
