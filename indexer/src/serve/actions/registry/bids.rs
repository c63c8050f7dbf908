//! Auctions.

use assay_sdk::{
    addresses,
    escrow::{Bid, BidTerms},
    ix,
};

use super::{
    super::{
        call::{Action, Call, Plan},
        param::{Kind, may, need},
        refusal::Result,
    },
    JOB, build,
    seats::exposure,
};

/// Of this file.
pub const ACTIONS: &[Action] = &[
    Action::new(
        "escrow",
        "place_bid",
        ("Bid for a job", "Bid"),
        "Offers to take a seat of an auction with one of your machines. It locks nothing: an award does, without asking again, until \
         the bid expires or is withdrawn.",
        &[
            JOB,
            need("device", "Number of the machine", Kind::Whole(0, u16::MAX as u128)),
            need("price", "Price of the seat in whole tokens of the job's mint", Kind::Tokens),
            need("expires_at", "Until when it may be awarded: unix seconds", Kind::Whole(0, 1 << 40)),
        ],
        build!(place),
    )
    .entry(),
    Action::new(
        "escrow",
        "withdraw_bid",
        ("Take a bid back", "Withdraw"),
        "Takes a bid back: its operator at any time, anyone once it can be awarded no more. The rent is the operator's.",
        &[JOB, may("operator", "Address of the bidder (you)", Kind::Address)],
        build!(withdraw),
    ),
    Action::new(
        "escrow",
        "award_bid",
        ("Award a bid", "Award"),
        "Gives a seat of your auction for a bid, at its price, which is pinned. Locks the bidder's stake.",
        &[JOB, need("operator", "Address of the bidder", Kind::Address)],
        build!(award),
    )
    .entry(),
];

async fn place(call: Call<'_>) -> Result<Plan> {
    let (address, job) = call.job().await?;
    let payment = call.payment(&job.mint).await?;
    let price = call.args.amount("price", payment.decimals)?;
    let expires_at = call.args.whole("expires_at")?;
    let terms = BidTerms { price, expires_at, posted_at: job.posted_at, exposure: job.exposure };
    let work = ix::escrow::place_bid(&call.account, &address, job.class, call.args.whole("device")?, terms);
    let says = format!("Bids {} for a seat of {address}", call.tokens(price, &payment).await);
    let risk = format!("once it is awarded: {}", exposure(&job));
    Ok(Plan::new([work], says).risk(risk).makes("bid", &addresses::bid(&address, &call.account)))
}

async fn withdraw(call: Call<'_>) -> Result<Plan> {
    let job = call.args.address("job")?;
    let operator = call.args.address_or("operator", call.account)?;
    let work = ix::escrow::withdraw_bid(&call.account, &job, &operator);
    Ok(Plan::new([work], format!("Takes back the bid of {operator} for {job}")))
}

async fn award(call: Call<'_>) -> Result<Plan> {
    let (address, job) = call.job().await?;
    let operator = call.args.address("operator")?;
    let bid: Bid = call.read("bid", &addresses::bid(&address, &operator)).await?;
    let payment = call.payment(&job.mint).await?;
    let work = ix::escrow::award_bid(&call.account, &bid);
    let price = call.tokens(bid.price, &payment).await;
    Ok(Plan::new([work], format!("Gives a seat of {address} to {operator} for {price}")))
}
