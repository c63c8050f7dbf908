//! `airdrop`: play money on a localnet.

use anchor_spl::token::spl_token::instruction::mint_to;
use assay_sdk::{
    addresses::ata,
    ix::{self, TOKEN_PROGRAM},
    token::ASY_MINT,
};
use serde_json::json;
use solana_sdk::{instruction::Instruction, pubkey::Pubkey, signature::Signer};

use crate::{
    amount::{self, ASY_DECIMALS, SOL_DECIMALS, USD_DECIMALS},
    args::Airdrop,
    client::signers::keypair,
    context::Context,
    error::{Error, Result},
    output::facts,
};

const COMPUTE_UNITS: u32 = 200_000;

/// Gives the wallet SOL, ASY and test dollars.
pub async fn run(context: &Context, args: &Airdrop) -> Result<()> {
    let settings = &context.settings;
    if !settings.is_loopback() {
        let why =
            format!("airdrop is for a localnet only, and {} is not on this machine: use --url localhost", settings.url);
        return Err(Error::Usage(why));
    }
    let wallet = context.wallet()?;
    let missing = |what: &str| {
        let folder = settings.folder.display();
        Error::Refused(format!(
            "no localnet with {what} for {} is known in {folder}: start `assay localnet`, or name its folder with --localnet",
            settings.url
        ))
    };
    let localnet = settings.localnet.as_ref().ok_or_else(|| missing("a faucet"))?;
    let faucet = localnet.faucet.as_ref().ok_or_else(|| missing("a faucet"))?;
    let faucet = keypair(&settings.folder.join(faucet))?;
    let mint = localnet.payment_mint.ok_or_else(|| missing("a test dollar"))?;

    let to = wallet.pubkey();
    if args.sol > 0 {
        let dropped = context.rpc.request_airdrop(&to, args.sol).await.map_err(|why| context.chain_error(&why))?;
        context.confirm(&dropped, None).await?;
    }
    let mut work = vec![ix::create_ata(&to, &to, &ASY_MINT), ix::create_ata(&to, &to, &mint)];
    if args.asy > 0 {
        work.push(ix::token::mint_to(&faucet.pubkey(), &ata(&to, &ASY_MINT), args.asy));
    }
    if args.usd > 0 {
        work.push(mint_dollars(&mint, &ata(&to, &mint), &faucet.pubkey(), args.usd)?);
    }
    let mut signers = vec![&*wallet];
    if args.asy > 0 || args.usd > 0 {
        signers.push(&faucet);
    }
    let signature = context.send(&signers, COMPUTE_UNITS, &work).await?.to_string();

    let (sol, asy) = (amount::format(args.sol, SOL_DECIMALS), amount::format(args.asy, ASY_DECIMALS));
    let usd = amount::format(args.usd, USD_DECIMALS);
    let document = json!({
        "address": to.to_string(), "lamports": args.sol.to_string(), "asy": args.asy.to_string(),
        "payment_mint": mint.to_string(), "payment": args.usd.to_string(), "signature": signature,
    });
    context.out.data(&document, || {
        let given = format!("{sol} SOL, {asy} ASY, {usd} tUSD");
        facts(&[("address", to.to_string()), ("given", given), ("signature", signature)])
    })
}

fn mint_dollars(mint: &Pubkey, to: &Pubkey, authority: &Pubkey, amount: u64) -> Result<Instruction> {
    mint_to(&TOKEN_PROGRAM, mint, to, authority, &[], amount).map_err(|why| Error::Refused(why.to_string()))
}
