//! `model royalties`: what jobs owe somebody, and having it paid.

use std::collections::BTreeMap;

use assay_sdk::{
    addresses,
    escrow::{self, Job},
    ix,
};
use serde_json::json;
use solana_sdk::{pubkey::Pubkey, signature::Signer};

use crate::{
    amount,
    context::Context,
    error::{Error, Result},
    output::{facts, short, table},
};

const COMPUTE_UNITS: u32 = 300_000;
/// Royalties paid in one transaction.
const AT_ONCE: usize = 4;

/// A royalty that a job owes.
struct Owed {
    job: Pubkey,
    leg: u8,
    /// Base units.
    due: u64,
    state: Job,
}

/// Shows what jobs owe somebody, and has it paid if asked for. Anybody may: it can go nowhere else.
pub async fn run(context: &Context, payee: Option<Pubkey>, claim: bool) -> Result<()> {
    let payee = payee.map_or_else(|| context.wallet().map(|wallet| wallet.pubkey()), Ok)?;
    let mut owed = owed(context, &payee).await?;
    owed.sort_by_key(|owed| (owed.state.mint, owed.job, owed.leg));
    if owed.is_empty() {
        context.out.talk("no job owes anything: royalties become due as seats are paid");
    }
    let signatures = if claim { pay(context, &payee, &owed).await? } else { vec![] };
    let mut totals: BTreeMap<Pubkey, u64> = BTreeMap::new();
    for Owed { due, state, .. } in &owed {
        let total = totals.entry(state.mint).or_default();
        *total = total.saturating_add(*due);
    }
    let items = owed.iter().map(|Owed { job, leg, due, state }| {
        json!({"job": job.to_string(), "leg": leg, "mint": state.mint.to_string(), "due": due.to_string()})
    });
    let sums = totals.iter().map(|(mint, sum)| json!({"mint": mint.to_string(), "due": sum.to_string()}));
    let document = json!({
        "payee": payee.to_string(), "owed": items.collect::<Vec<_>>(), "totals": sums.collect::<Vec<_>>(),
        "claimed": claim, "signatures": signatures,
    });
    let decimals = decimals(context, &owed).await?;
    context.out.data(&document, || {
        let of = |mint: &Pubkey, base| {
            let decimals = decimals.get(mint).copied().unwrap_or(0);
            format!("{} {}", amount::format(base, decimals), context.symbol(mint))
        };
        let mut rows = table(&["job", "leg", "due"]);
        for Owed { job, leg, due, state } in &owed {
            rows.add_row([job.to_string(), leg.to_string(), of(&state.mint, *due)]);
        }
        let sum = totals.iter().map(|(mint, sum)| of(mint, *sum)).collect::<Vec<_>>().join(", ");
        let signatures: Vec<_> = signatures.iter().map(|signature| short(signature)).collect();
        let word = if claim { "paid" } else { "due" };
        let sum = if sum.is_empty() { "nothing".into() } else { sum };
        let head = facts(&[("payee", payee.to_string()), (word, sum), ("signatures", signatures.join(", "))]);
        if owed.is_empty() { head } else { format!("{head}\n{rows}") }
    })
}

async fn owed(context: &Context, payee: &Pubkey) -> Result<Vec<Owed>> {
    let jobs = context.accounts_of::<Job>(&escrow::ID, None).await?;
    Ok(jobs.into_iter().flat_map(|(job, state)| of_job(job, state, payee)).collect())
}

fn of_job(job: Pubkey, state: Job, payee: &Pubkey) -> Vec<Owed> {
    let legs = (0..).zip(&state.legs).filter(|(_, leg)| leg.to == *payee && leg.due > 0);
    let legs: Vec<(u8, u64)> = legs.map(|(index, leg)| (index, leg.due)).collect();
    legs.into_iter().map(|(leg, due)| Owed { job, leg, due, state: state.clone() }).collect()
}

async fn pay(context: &Context, payee: &Pubkey, owed: &[Owed]) -> Result<Vec<String>> {
    let wallet = context.wallet()?;
    let mut signatures = vec![];
    // In order of their mints: each transaction makes one account at most.
    for some in owed.chunk_by(|a, b| a.state.mint == b.state.mint).flat_map(|same| same.chunks(AT_ONCE)) {
        let Some(mint) = some.first().map(|first| first.state.mint) else { continue };
        let program = context.raw_accounts(&[mint]).await?.into_iter().next().flatten().map(|mint| mint.owner);
        let program = program.ok_or_else(|| Error::BadAccount(mint.to_string()))?;
        let to = addresses::ata_of(payee, &mint, &program);
        let mut work = vec![ix::create_ata_of(&program, &wallet.pubkey(), payee, &mint)];
        work.extend(some.iter().map(|Owed { job, leg, state, .. }| {
            let pay = ix::escrow::pay_royalty(job, state, *leg, &to);
            if program == ix::TOKEN_2022_PROGRAM { ix::escrow::in_token_2022(pay, &mint, &[]) } else { pay }
        }));
        signatures.push(context.send(&[&*wallet], COMPUTE_UNITS, &work).await?.to_string());
    }
    Ok(signatures)
}

/// Decimals of the mints that something is owed in.
async fn decimals(context: &Context, owed: &[Owed]) -> Result<BTreeMap<Pubkey, u8>> {
    if owed.is_empty() {
        return Ok(BTreeMap::new());
    }
    Ok(context.currencies().await?.into_iter().map(|currency| (currency.mint, currency.decimals)).collect())
}

#[cfg(test)]
mod tests {
    use assay_sdk::{
        anchor_lang::{AnchorDeserialize, Space},
        escrow::Leg,
    };

    use super::*;

    #[test]
    fn what_is_owed_is_what_is_due_to_the_payee() {
        let key = |n: u8| Pubkey::new_from_array([n; 32]);
        let leg = |to: u8, due| Leg { to: key(to), bps: 100, due };
        let blank = Job::deserialize(&mut vec![0; 2 * Job::INIT_SPACE].as_slice()).unwrap();
        let job = Job { legs: vec![leg(1, 0), leg(2, 5), leg(1, 7)], ..blank };
        let found = |payee| {
            let owed = of_job(key(9), job.clone(), &key(payee));
            owed.into_iter().map(|owed| (owed.leg, owed.due)).collect::<Vec<_>>()
        };
        assert_eq!((found(1), found(2), found(3)), (vec![(2, 7)], vec![(1, 5)], vec![]));
    }
}
