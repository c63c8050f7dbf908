//! What staking earned.

use assay_sdk::{ix, token::ASY_MINT};
use serde_json::json;
use solana_sdk::{pubkey::Pubkey, signature::Signer};

use super::{COMPUTE_UNITS, asy, pool_of, position_of};
use crate::{
    context::Context,
    error::{Error, Result},
    output::facts,
};

/// Pays the wallet what its stake in the pool of `operator`, by default its own, has earned; an operator its commission
/// too.
pub async fn claim(context: &Context, operator: Option<Pubkey>) -> Result<()> {
    let wallet = context.wallet()?;
    let owner = wallet.pubkey();
    let operator = operator.unwrap_or(owner);
    pool_of(context, &operator).await?;
    position_of(context, &operator, &owner).await?;
    let before = balance(context, &owner).await?;
    let work = [ix::create_ata(&owner, &owner, &ASY_MINT), ix::staking::claim_rewards(&operator, &owner)];
    let signature = match context.send(&[&*wallet], COMPUTE_UNITS, &work).await {
        Ok(signature) => Some(signature.to_string()),
        // No failure: scripts claim whenever they come by.
        Err(Error::Program { name, .. }) if name == "NothingToClaim" => {
            context.out.talk("there is nothing to claim yet");
            None
        }
        Err(why) => return Err(why),
    };
    let claimed = balance(context, &owner).await?.saturating_sub(before);
    let document = json!({
        "operator": operator.to_string(), "owner": owner.to_string(), "claimed": claimed.to_string(),
        "signature": signature,
    });
    context
        .out
        .data(&document, || facts(&[("claimed", asy(claimed)), ("signature", signature.clone().unwrap_or_default())]))
}

async fn balance(context: &Context, owner: &Pubkey) -> Result<u64> {
    Ok(context.holdings(owner, &[ASY_MINT]).await?.first().copied().flatten().unwrap_or(0))
}
