use assay_tests::assay_sdk::{addresses, escrow::MAX_URI, ix};

use super::{
    super::{Next, View, send},
    publish_model::sound,
};
use crate::{dice::Dice, state::need};

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    let (author, id) = view.published(dice)?;
    let address = addresses::model(&author, id);
    let (hash, uri) = ([dice.below(20) as u8; 32], "v".repeat(dice.below(MAX_URI as u64 + 2) as usize));
    send(ix::escrow::new_version(&author, id, hash, uri.clone()), move |m| {
        let model = need(m.models.get_mut(&address))?;
        (model.content_hash, model.uri) = (hash, uri.clone());
        model.revision += 1;
        sound(model)
    })
}
