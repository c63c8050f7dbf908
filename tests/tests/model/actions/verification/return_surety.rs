use assay_tests::assay_sdk::{ix, token::ASY_MINT, verification::VerificationError};

use super::super::{Next, View, send};
use crate::{
    dice::Dice,
    state::{ata, holding, require},
};

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    let (m, any) = (view.model, dice.once_in(8));
    let free = |job| m.jobs.get(job).is_none_or(|job| !job.live() || job.cases == 0);
    let all: Vec<_> = m.sureties.iter().filter(|(_, (job, _))| any || free(job)).collect();
    let (at, (job, operator)) = dice.pick(&all).map(|(at, it)| (**at, **it))?;
    send(ix::verification::return_surety(&job, &operator), move |m| {
        let needed = m.jobs.get(&job).is_some_and(|job| job.live() && job.cases > 0);
        require(!needed, VerificationError::SuretyNeeded)?;
        holding(m.money.tokens.get(&at))?;
        m.money.transfer(&at, &ata(&operator, &ASY_MINT), m.money.held(&at))?;
        m.sureties.remove(&at);
        m.money.close(&at, &operator)
    })
}
