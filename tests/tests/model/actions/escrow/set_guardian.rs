use assay_tests::assay_sdk::ix;

use super::{
    super::{Next, View, admin},
    GOVERNED,
};
use crate::dice::Dice;

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    admin::set_guardian(GOVERNED, ix::escrow::set_guardian, view, dice)
}
