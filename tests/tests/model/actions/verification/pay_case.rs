use assay_tests::assay_sdk::{addresses, ix, token::ASY_MINT, verification::VerificationError};

use super::super::{Next, View, send};
use crate::{
    dice::Dice,
    state::{ata, holding, need, require},
};

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    let (at, case) = view.case(dice, |case| case.dues.iter().any(|(_, amount)| *amount > 0))?;
    let due: Vec<_> = (0..case.dues.len()).filter(|at| case.dues[*at].1 > 0).collect();
    let index = if dice.once_in(10) { dice.below(5) as usize } else { dice.pick(&due).copied()? };
    let owed = case.dues.get(index).map_or(case.opener, |(to, _)| *to);
    let named = if dice.once_in(12) { view.anybody(dice) } else { owed };
    let (vault, to) = (addresses::case_vault(&at), ata(&named, &ASY_MINT));
    send(ix::verification::pay_case(&at, index as u8, &named), move |m| {
        let case = need(m.cases.get_mut(&at))?;
        let due = case.dues.get_mut(index).filter(|(_, amount)| *amount > 0);
        require(due.is_some(), VerificationError::NothingDue)?;
        let (whose, amount) = need(due)?;
        holding(m.money.tokens.get(&to))?;
        require(*whose == named, VerificationError::WrongAddress)?;
        m.money.transfer(&vault, &to, std::mem::take(amount))
    })
}
