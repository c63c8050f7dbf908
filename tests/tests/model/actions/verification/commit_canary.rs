use anchor_lang::{Space, prelude::Pubkey};
use assay_tests::{
    assay_sdk::{
        addresses, ix,
        verification::{self, VerificationError},
    },
    chain::hash,
    market,
    world::{honest, lie},
};

use super::super::{Next, View, send};
use crate::{
    dice::Dice,
    state::{Canary, require},
};

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    let keeper = view.keeper(dice);
    // Of a job that is yet to be posted, if it is to be of any use.
    let job = view.posting(dice);
    if view.model.jobs.contains_key(&job) && !dice.once_in(4) {
        return None;
    }
    let root = if dice.once_in(4) { lie(&job) } else { honest() };
    let salt = hash(&[b"canary", &dice.below(2).to_le_bytes()]);
    let commitment = commitment(&job, &root, &salt);
    let address = addresses::canary(&commitment);
    send(ix::verification::commit_canary(&keeper, commitment), move |m| {
        m.money.create(&keeper, &address, 8 + verification::Canary::INIT_SPACE)?;
        let named = keeper == m.verification.canary_keeper && keeper != Pubkey::default();
        require(named, VerificationError::NotKeeper)?;
        let (created_at, payer) = (m.now, keeper);
        m.canaries.insert(address, Canary { commitment, created_at, payer, job, root, salt });
        Ok(())
    })
}

/// What says nothing of a job but to who knows its root and salt.
fn commitment(job: &Pubkey, root: &[u8; 32], salt: &[u8; 32]) -> [u8; 32] {
    hash(&[b"assay:canary", job.as_ref(), &market::terms(0).spec_hash, root, salt])
}
