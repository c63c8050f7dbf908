use assay_tests::assay_sdk::{addresses, ix, verification::VerificationError};

use super::super::{Next, View, send};
use crate::{
    dice::Dice,
    state::{need, require},
};

/// Seconds for which a canary is kept: longer than any job may take.
pub const KEPT: i64 = 90 * 86_400;

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    let any = dice.once_in(10);
    let old = |at: i64| view.model.now > at + KEPT;
    let all: Vec<_> = view.model.canaries.values().filter(|canary| any || old(canary.created_at)).collect();
    let (commitment, payer) = dice.pick(&all).map(|canary| (canary.commitment, canary.payer))?;
    let address = addresses::canary(&commitment);
    send(ix::verification::close_canary(&commitment, &payer), move |m| {
        let canary = need(m.canaries.get(&address))?;
        require(canary.payer == payer, VerificationError::WrongAddress)?;
        require(m.now > canary.created_at + KEPT, VerificationError::CanaryKept)?;
        m.canaries.remove(&address);
        m.money.close(&address, &payer)
    })
}
