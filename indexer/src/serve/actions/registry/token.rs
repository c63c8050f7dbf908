//! ASY, fees and distributions.

use assay_sdk::{
    addresses,
    distribution::Claim,
    ix,
    token::{ASY_MINT, Distribution, FEE_SHARDS},
};
use solana_sdk::pubkey::Pubkey;

use super::{
    super::{
        amount::{self, asy},
        call::{Action, Call, Plan},
        param::{Kind, Param, may, need},
        refusal::{Refusal, Result},
    },
    build,
};

const DISTRIBUTION: Param = need("distribution", "Address of the distribution", Kind::Row("distributions"));
const MINT: Param = need("mint", "Address of the mint", Kind::Address);
const SHARD: Param = need("shard", "Number of the fee vault", Kind::Whole(0, FEE_SHARDS as u128 - 1));
/// Neighbours of a claim's leaf that fit into a transaction.
const MOST_PROOF: usize = 24;
/// Where a mint's decimals are.
const DECIMALS: usize = 44;

/// Of this file.
pub const ACTIONS: &[Action] = &[
    Action::new(
        "token",
        "burn",
        ("Burn ASY", "Burn"),
        "Destroys ASY of yours for good. It makes no room for new ones.",
        &[need("amount", "Amount in whole ASY", Kind::Asy)],
        build!(burn),
    ),
    Action::new(
        "token",
        "mint_to",
        ("Mint ASY", "Mint"),
        "Mints ASY against your allowance as a minter.",
        &[need("amount", "Amount in whole ASY", Kind::Asy), may("to", "Address of who gets it (you)", Kind::Address)],
        build!(mint_to),
    )
    .entry(),
    Action::new(
        "token",
        "open_distribution",
        ("Open a distribution", "Open"),
        "Locks tokens for many claimants at once; a Merkle root says who may claim what. The rest returns to you after the expiry.",
        &[
            MINT,
            need("total", "Total in whole tokens", Kind::Tokens),
            need("root", "Root of the claims: 32 bytes in hex", Kind::Hex(32)),
            need("max_claims", "Number of claims", Kind::Whole(1, u32::MAX as u128)),
            need("expires_at", "When it ends: unix seconds", Kind::Whole(0, 1 << 40)),
            need("id", "Number of the distribution among yours; its claims' tree is made for it", Kind::Whole(0, u64::MAX as u128)),
        ],
        build!(open_distribution),
    )
    .entry(),
    Action::new(
        "token",
        "claim",
        ("Claim from a distribution", "Claim"),
        "Pays a claim of a distribution to its claimant's associated token account. Anyone may send it.",
        &[
            DISTRIBUTION,
            need("index", "Number of the claim", Kind::Whole(0, u32::MAX as u128)),
            need("amount", "Amount in whole tokens", Kind::Tokens),
            may("proof", "Neighbours of the claim's leaf, in hex with commas", Kind::Hashes(MOST_PROOF)),
            may("claimant", "Address of the claimant (you)", Kind::Address),
        ],
        build!(claim),
    ),
    Action::new(
        "token",
        "sweep_distribution",
        ("End a distribution", "End"),
        "Ends a distribution that expired or was claimed in full: the rest goes back to its opener. Anyone may.",
        &[DISTRIBUTION],
        build!(sweep),
    ),
    Action::new(
        "token",
        "open_fee_vault",
        ("Open a fee vault", "Open"),
        "Creates one of a mint's fee vaults, and its treasury and reserve if they are missing. Anyone may, at their own expense.",
        &[MINT, SHARD],
        build!(open_fee_vault),
    ),
    Action::new(
        "token",
        "collect_fees",
        ("Collect fees", "Collect"),
        "Sweeps one of a mint's fee vaults: burned, to who stakes, to reserve and treasury. Anyone may.",
        &[MINT, SHARD],
        build!(collect_fees),
    ),
    Action::new(
        "token",
        "emit_epoch",
        ("Emit an epoch's ASY", "Emit"),
        "Mints the emission of the epoch that is due for who stakes; one epoch at a time. Anyone may.",
        &[],
        build!(emit_epoch),
    )
    .entry(),
];

async fn burn(call: Call<'_>) -> Result<Plan> {
    let amount = call.args.asy("amount")?;
    let work = ix::token::burn(&call.account, &addresses::ata(&call.account, &ASY_MINT), amount);
    Ok(Plan::new([work], format!("Destroys {} of yours", asy(amount))))
}

async fn mint_to(call: Call<'_>) -> Result<Plan> {
    let (amount, to) = (call.args.asy("amount")?, call.args.address_or("to", call.account)?);
    let mut work = call.make_ata(&to, &ASY_MINT, &ix::TOKEN_PROGRAM).await?;
    work.push(ix::token::mint_to(&call.account, &addresses::ata(&to, &ASY_MINT), amount));
    Ok(Plan::new(work, format!("Mints {} to {to}", asy(amount))))
}

/// A mint's token program and decimals.
async fn mint(call: &Call<'_>, mint: &Pubkey) -> Result<(Pubkey, u8)> {
    let found = call.chain.accounts(&[*mint]).await?.into_iter().next().flatten();
    let read = found.and_then(|account| Some((account.owner, *account.data.get(DECIMALS)?)));
    let read = read.filter(|(owner, _)| [ix::TOKEN_PROGRAM, ix::TOKEN_2022_PROGRAM].contains(owner));
    read.ok_or_else(|| Refusal::missing(format!("there is no mint at {mint} on this chain")))
}

async fn open_distribution(call: Call<'_>) -> Result<Plan> {
    let args = call.args;
    let address = args.address("mint")?;
    let (program, decimals) = mint(&call, &address).await?;
    let opening = ix::token::Opening {
        opener: call.account,
        payer: call.account,
        mint: (address, program),
        id: args.whole("id")?,
        root: args.bytes("root")?,
        total: args.amount("total", decimals)?,
        max_claims: args.whole("max_claims")?,
        expires_at: args.whole("expires_at")?,
    };
    let total = amount::format(opening.total.into(), decimals);
    let says = format!("Locks {total} {} for {} claims", call.symbol(&address).await, opening.max_claims);
    let distribution = addresses::distribution(&call.account, opening.id);
    Ok(Plan::new([ix::token::open_distribution(&opening)], says).makes("distribution", &distribution))
}

async fn claim(call: Call<'_>) -> Result<Plan> {
    let args = call.args;
    let address = args.address("distribution")?;
    let distribution: Distribution = call.read("distribution", &address).await?;
    let (program, decimals) = mint(&call, &distribution.mint).await?;
    let claim = Claim {
        index: args.whole("index")?,
        claimant: args.address_or("claimant", call.account)?,
        amount: args.amount("amount", decimals)?,
        proof: args.hashes("proof")?,
    };
    let mut work = call.make_ata(&claim.claimant, &distribution.mint, &program).await?;
    work.push(ix::token::claim(&address, (distribution.mint, program), &claim));
    let symbol = call.symbol(&distribution.mint).await;
    let amount = amount::format(claim.amount.into(), decimals);
    Ok(Plan::new(work, format!("Pays {amount} {symbol} of {address} to {}", claim.claimant)))
}

async fn sweep(call: Call<'_>) -> Result<Plan> {
    let address = call.args.address("distribution")?;
    let Distribution { mint, opener, payer, .. } = call.read("distribution", &address).await?;
    let program = call.token_program(&mint).await?;
    let mut work = call.make_ata(&opener, &mint, &program).await?;
    work.push(ix::token::sweep_distribution(&address, (mint, program), &opener, &payer));
    Ok(Plan::new(work, format!("Ends {address}; what is left goes back to {opener}")))
}

async fn open_fee_vault(call: Call<'_>) -> Result<Plan> {
    let (mint, shard) = (call.args.address("mint")?, call.args.whole("shard")?);
    let program = call.token_program(&mint).await?;
    let work = ix::token::open_fee_vault_of(&program, &call.account, &mint, shard);
    Ok(Plan::new([work], format!("Opens fee vault {shard} of {mint}")))
}

async fn collect_fees(call: Call<'_>) -> Result<Plan> {
    let (mint, shard) = (call.args.address("mint")?, call.args.whole("shard")?);
    let program = call.token_program(&mint).await?;
    let work = ix::token::collect_fees_of(&program, &mint, &addresses::fee_vault(&mint, shard));
    Ok(Plan::new([work], format!("Sweeps fee vault {shard} of {mint}")))
}

async fn emit_epoch(_: Call<'_>) -> Result<Plan> {
    Ok(Plan::new([ix::token::emit_epoch()], "Mints the emission of the epoch that is due"))
}
