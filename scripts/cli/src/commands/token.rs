//! `token`: the ASY token.

use std::{fs, path::Path};

use anchor_spl::token::spl_token;
use assay_sdk::{
    addresses,
    distribution::Claim,
    ix,
    token::{self, ASY_MINT, Distribution},
};
use serde::Deserialize;
use serde_json::json;
use solana_sdk::{pubkey::Pubkey, signature::Signer};

use crate::{
    amount::{self, ASY_DECIMALS},
    client::chain,
    context::Context,
    error::{Error, Result},
    output::facts,
};

const COMPUTE_UNITS: u32 = 200_000;

fn asy(base: u64) -> String {
    format!("{} ASY", amount::format(base, ASY_DECIMALS))
}

/// Shows how much ASY there is. The chain's mint says what is; the token's Config what was minted and may be.
pub async fn supply(context: &Context) -> Result<()> {
    let config: token::Config = context.config(&addresses::config(&token::ID)).await?;
    let mint = context.raw_accounts(&[ASY_MINT]).await?.into_iter().next().flatten();
    let mint = mint.ok_or_else(|| Error::BadAccount(ASY_MINT.to_string()))?;
    let current = chain::supply(&ASY_MINT, &mint.data)?;
    let (minted, most) = (config.minted, config.max_supply);
    let burned = minted.saturating_sub(current);
    let document = json!({
        "mint": ASY_MINT.to_string(), "current": current.to_string(), "minted": minted.to_string(),
        "burned": burned.to_string(), "max_supply": most.to_string(),
    });
    context.out.data(&document, || {
        facts(&[
            ("mint", ASY_MINT.to_string()),
            ("in existence", asy(current)),
            ("minted", asy(minted)),
            ("burned", asy(burned)),
            ("most ever", asy(most)),
        ])
    })
}

/// Destroys `amount` base units of the wallet's ASY.
pub async fn burn(context: &Context, amount: u64) -> Result<()> {
    let wallet = context.wallet()?;
    let owner = wallet.pubkey();
    let work = [ix::token::burn(&owner, &addresses::ata(&owner, &ASY_MINT), amount)];
    let signature = context.send(&[&*wallet], COMPUTE_UNITS, &work).await?.to_string();
    let document = json!({"owner": owner.to_string(), "burned": amount.to_string(), "signature": signature});
    context.out.data(&document, || facts(&[("burned", asy(amount)), ("signature", signature.clone())]))
}

/// Sends `amount` base units of ASY; opens the receiver's account if it has none.
pub async fn send(context: &Context, amount: u64, to: &Pubkey) -> Result<()> {
    let wallet = context.wallet()?;
    let owner = wallet.pubkey();
    let [from, into] = [owner, *to].map(|whose| addresses::ata(&whose, &ASY_MINT));
    let transfer = spl_token::instruction::transfer_checked(
        &spl_token::ID,
        &from,
        &ASY_MINT,
        &into,
        &owner,
        &[],
        amount,
        ASY_DECIMALS,
    );
    let transfer = transfer.map_err(|why| Error::Refused(why.to_string()))?;
    let work = [ix::create_ata(&owner, to, &ASY_MINT), transfer];
    let signature = context.send(&[&*wallet], COMPUTE_UNITS, &work).await?.to_string();
    let (text, to) = (amount.to_string(), to.to_string());
    let document = json!({"from": owner.to_string(), "to": to, "amount": text, "signature": signature});
    context
        .out
        .data(&document, || facts(&[("sent", asy(amount)), ("to", to.clone()), ("signature", signature.clone())]))
}

/// A claim as whoever opened the distribution hands it out.
#[derive(Deserialize)]
struct ClaimFile {
    distribution: String,
    index: u32,
    /// Base units.
    #[serde(with = "text")]
    amount: u64,
    /// From the leaf up, 64 hex digits each.
    siblings: Vec<String>,
}

mod text {
    use serde::{Deserialize, Deserializer, de::Error};

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
        String::deserialize(from)?.parse().map_err(|_| D::Error::custom("amount must be digits in quotes"))
    }
}

/// Takes the wallet's share of a distribution.
pub async fn claim(context: &Context, path: &Path) -> Result<()> {
    let wallet = context.wallet()?;
    let claimant = wallet.pubkey();
    let bad = |why: &str| Error::Usage(format!("{} is no claim: {why}", path.display()));
    let bytes = fs::read(path).map_err(Error::file("read", path))?;
    let file: ClaimFile = serde_json::from_slice(&bytes).map_err(|why| bad(&why.to_string()))?;
    let address: Pubkey = file.distribution.parse().map_err(|_| bad("distribution is no address"))?;
    let proof = file.siblings.iter().map(|sibling| {
        let mut bytes = [0; 32];
        hex::decode_to_slice(sibling, &mut bytes).map_err(|_| bad("a sibling is not 64 hex digits"))?;
        Ok(bytes)
    });
    let proof = proof.collect::<Result<Vec<_>>>()?;
    let missing = || Error::Refused(format!("there is no distribution at {address}: it has ended, or check --url"));
    let Distribution { mint, .. } = context.account(&address).await?.ok_or_else(missing)?;
    let program = context.raw_accounts(&[mint]).await?.into_iter().next().flatten().map(|account| account.owner);
    let program = program.ok_or_else(|| Error::BadAccount(mint.to_string()))?;
    let claim = Claim { index: file.index, claimant, amount: file.amount, proof };
    let work =
        [ix::create_ata_of(&program, &claimant, &claimant, &mint), ix::token::claim(&address, (mint, program), &claim)];
    let signature = context.send(&[&*wallet], COMPUTE_UNITS, &work).await?.to_string();
    let amount = file.amount.to_string();
    let document = json!({
        "distribution": address.to_string(), "mint": mint.to_string(), "claimed": amount, "signature": signature,
    });
    context.out.data(&document, || {
        facts(&[
            ("claimed", format!("{amount} base units of {}", context.symbol(&mint))),
            ("signature", signature.clone()),
        ])
    })
}
