//! `market bids`: offers to take the seat of an auction.

use assay_sdk::{
    addresses,
    escrow::{Assignment, Bid, BidTerms, Device, Job, JobState},
    ix,
};
use serde_json::json;
use solana_sdk::{pubkey::Pubkey, signature::Signer};

use crate::{
    amount,
    args::{Bids, PlaceBid},
    commands::job::{accept::of_chain, number, text},
    context::Context,
    duration::words,
    error::{Error, Result},
    output::{facts, table},
};

pub(super) const COMPUTE_UNITS: u32 = 200_000;

/// Lists bids, the cheapest first.
pub async fn list(context: &Context, args: &Bids) -> Result<()> {
    let operator = match (args.operator, args.mine) {
        (None, true) => Some(context.wallet()?.pubkey()),
        (operator, _) => operator,
    };
    let query = [
        ("job", args.job.map(|job| job.to_string())),
        ("operator", operator.map(|operator| operator.to_string())),
        ("open", (!args.all).then(|| "true".to_owned())),
        ("sort", Some("price".to_owned())),
    ];
    let query: Vec<_> = query.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
    let (items, more) = context.api.list("/v1/bids", &query, args.limit.into()).await?;
    let unit = match args.job {
        Some(job) if !items.is_empty() => unit(context, &job).await?,
        _ => None,
    };
    let now = if items.is_empty() { 0 } else { context.now().await? };
    context.out.data(&json!({"items": items, "more": more}), || {
        if items.is_empty() {
            return "no bids".into();
        }
        let mut rows = table(&["job", "operator", "price", "expires in"]);
        for item in &items {
            let price = number(item, "price");
            let price = match &unit {
                Some((decimals, symbol)) => format!("{} {symbol}", amount::format(price, *decimals)),
                None => format!("{price} base units"),
            };
            let left = text(item, "expires_at").parse::<i64>().unwrap_or(0).saturating_sub(now);
            let left = u64::try_from(left).map_or("expired".to_owned(), words);
            rows.add_row([&*text(item, "job"), &*text(item, "operator"), &price, &left]);
        }
        let hint = if more { "\nthere are more: raise --limit" } else { "" };
        format!("{rows}{hint}")
    })
}

/// Decimals and symbol of what a job pays in, if it is still there.
async fn unit(context: &Context, job: &Pubkey) -> Result<Option<(u8, String)>> {
    let Some(state) = context.account::<Job>(job).await? else { return Ok(None) };
    Ok(context.decimals().await?.get(&state.mint).map(|decimals| (*decimals, context.symbol(&state.mint))))
}

/// Places a bid.
pub async fn place(context: &Context, args: &PlaceBid) -> Result<()> {
    let wallet = context.wallet()?;
    let (operator, job) = (wallet.pubkey(), args.job);
    let state = auction(context, &job).await?;
    let (decimals, symbol) = unit(context, &job).await?.ok_or_else(|| Error::BadAccount(job.to_string()))?;
    let price = amount::parse(&args.price, decimals).map_err(|why| Error::Usage(format!("--price: {why}")))?;
    let written = |base| format!("{} {symbol}", amount::format(base, decimals));
    if price == 0 || price > state.seat_price {
        return Err(Error::Usage(format!("--price: the seat pays up to {}: ask for less", written(state.seat_price))));
    }
    if state.requester == operator {
        return Err(Error::Refused(format!("{job} is your own: nobody bids for his own job")));
    }
    let device = addresses::device(&operator, args.device);
    if context.account::<Device>(&device).await?.is_none() {
        let why = format!("{operator} has no machine number {}: `assay operator run` registers one", args.device);
        return Err(Error::Refused(why));
    }
    if context.account::<Bid>(&addresses::bid(&job, &operator)).await?.is_some() {
        let why =
            format!("{operator} has a bid for {job}: take it back first, with `assay market bids withdraw {job}`");
        return Err(Error::Refused(why));
    }
    let expires_at = match args.expires {
        None => state.seal_by,
        Some(seconds) => context.now().await?.saturating_add(seconds.into()).min(state.seal_by),
    };
    let terms = BidTerms { price, expires_at, posted_at: state.posted_at, exposure: state.exposure };
    let work = [ix::escrow::place_bid(&operator, &job, state.class, args.device, terms)];
    let signature = context.send(&[&*wallet], COMPUTE_UNITS, &work).await?.to_string();
    let bid = addresses::bid(&job, &operator).to_string();
    let document = json!({
        "bid": bid, "job": job.to_string(), "operator": operator.to_string(), "price": price.to_string(),
        "exposure": state.exposure.to_string(), "expires_at": expires_at.to_string(), "signature": signature,
    });
    context.out.data(&document, || {
        facts(&[
            ("bid", bid.clone()),
            ("job", job.to_string()),
            ("price", written(price)),
            ("at stake", format!("{} ASY, once it is awarded", amount::format(state.exposure, amount::ASY_DECIMALS))),
            ("signature", signature.clone()),
        ])
    })
}

/// An auction that still takes bids.
pub(super) async fn auction(context: &Context, job: &Pubkey) -> Result<Job> {
    let state = of_chain(context, job).await?;
    if state.assignment() != Assignment::Auction {
        let why = format!("{job} takes no bids, its operators are drawn: see `assay job show {job}`");
        return Err(Error::Refused(why));
    }
    if state.state != JobState::Open {
        let why = format!("{job} is {:?}: its seat is given away; follow it with `assay job watch {job}`", state.state);
        return Err(Error::Refused(why));
    }
    Ok(state)
}

/// Takes a bid back.
pub async fn withdraw(context: &Context, job: Pubkey, operator: Option<Pubkey>) -> Result<()> {
    let wallet = context.wallet()?;
    let by = wallet.pubkey();
    let operator = operator.unwrap_or(by);
    if context.account::<Bid>(&addresses::bid(&job, &operator)).await?.is_none() {
        let why = format!("{operator} has no bid for {job}: see `assay market bids list {job}`");
        return Err(Error::Refused(why));
    }
    let work = [ix::escrow::withdraw_bid(&by, &job, &operator)];
    let signature = context.send(&[&*wallet], COMPUTE_UNITS, &work).await?.to_string();
    let document = json!({
        "job": job.to_string(), "operator": operator.to_string(), "status": "withdrawn", "signature": signature,
    });
    context.out.data(&document, || {
        facts(&[
            ("job", job.to_string()),
            ("operator", operator.to_string()),
            ("status", "withdrawn".into()),
            ("signature", signature.clone()),
        ])
    })
}
