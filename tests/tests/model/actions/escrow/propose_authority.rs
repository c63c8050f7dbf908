use assay_tests::assay_sdk::ix;

use super::{
    super::{Next, View, admin},
    GOVERNED,
};
use crate::dice::Dice;

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    admin::propose_authority(GOVERNED, ix::escrow::propose_authority, view, dice)
}
