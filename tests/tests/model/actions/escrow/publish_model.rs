use anchor_lang::{Space, prelude::Pubkey};
use assay_tests::assay_sdk::{
    addresses,
    escrow::{self, EscrowError, MAX_URI, ModelTerms},
    ix,
};

use super::{
    super::{Next, View, send},
    running,
};
use crate::{
    dice::Dice,
    state::{Published, Verdict, require},
};

/// Numbers of models that each author uses.
pub const IDS: u64 = 2;

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    let (author, id) = (view.anybody(dice), dice.below(IDS) as u32);
    let address = addresses::model(&author, id);
    if view.model.models.contains_key(&address) && !dice.once_in(20) {
        return None;
    }
    let terms = ModelTerms {
        // Some payees have no token accounts.
        payee: if dice.once_in(4) { address } else { view.anybody(dice) },
        content_hash: [1 + dice.below(9) as u8; 32],
        royalty_bps: 1 + dice.below(1_500) as u16,
        uri: "u".repeat(1 + dice.below(40) as usize),
    };
    let terms = match dice.below(30) {
        0 => ModelTerms { payee: Pubkey::default(), ..terms },
        1 => ModelTerms { content_hash: [0; 32], ..terms },
        2 => ModelTerms { royalty_bps: 3_001, ..terms },
        3 => ModelTerms { uri: String::new(), ..terms },
        4 => ModelTerms { royalty_bps: 3_000, ..terms },
        _ => terms,
    };
    send(ix::escrow::publish_model(&author, id, terms.clone()), move |m| {
        m.money.create(&author, &address, 8 + escrow::Model::INIT_SPACE)?;
        running(m)?;
        let ModelTerms { payee, content_hash, royalty_bps, uri } = terms.clone();
        let published = Published { author, id, payee, content_hash, royalty_bps, revision: 1, uri };
        sound(&published)?;
        m.models.insert(address, published);
        Ok(())
    })
}

/// Whether a model may be as it is.
pub fn sound(model: &Published) -> Verdict {
    require(!model.uri.is_empty() && model.uri.len() <= MAX_URI, EscrowError::BadUri)?;
    require(model.royalty_bps <= 3_000, EscrowError::BadModel)?;
    require(model.content_hash != [0; 32] && model.payee != Pubkey::default(), EscrowError::BadModel)
}
