//! Pools, epochs and records.

use assay_sdk::{addresses, ix, staking::Pool, token::ASY_MINT};
use solana_sdk::pubkey::Pubkey;

use super::{
    super::{
        amount::asy,
        call::{Action, Call, Plan},
        param::{Kind, Param, may, need},
        refusal::{Refusal, Result},
    },
    build,
};

const BPS: Kind = Kind::Whole(0, 10_000);
/// Whose pool it is about.
pub const OPERATOR: Param = may("operator", "Address of the pool's operator (you)", Kind::Address);

/// Of this file.
pub const ACTIONS: &[Action] = &[
    Action::new(
        "staking",
        "open_pool",
        ("Open a pool", "Open"),
        "Opens your pool, with which you compute and judge, and others may stake; with it your records of the classes you name.",
        &[
            may("commission_bps", "Commission in bps of the rewards of others (0)", BPS),
            may("classes", "Classes to open a record for, 0 to 4, with commas", Kind::Text(20)),
        ],
        build!(open),
    )
    .entry()
    .then("staking/stake"),
    Action::new(
        "staking",
        "close_pool",
        ("Close a pool", "Close"),
        "Closes your pool, in which nothing and nobody is left; its rent returns to you.",
        &[],
        build!(close),
    ),
    Action::new(
        "staking",
        "set_commission",
        ("Set a commission", "Set"),
        "Lowers your pool's commission, or raises it by one step a day.",
        &[need("commission_bps", "Commission in bps", BPS)],
        build!(set_commission),
    ),
    Action::new(
        "staking",
        "fund_rewards",
        ("Give to all who stake", "Give"),
        "Gives ASY to all who stake, by weight, when the epoch ends. It does not come back.",
        &[need("amount", "Amount in whole ASY", Kind::Asy)],
        build!(fund_rewards),
    ),
    Action::new(
        "staking",
        "advance_epoch",
        ("Begin an epoch", "Begin"),
        "Begins the epoch: distributes the rewards of the last. Anyone may.",
        &[],
        build!(advance_epoch),
    ),
    Action::new(
        "staking",
        "sync_weight",
        ("Bring a pool's weight up to date", "Sync"),
        "Brings a pool's share of the total weight up to date, after a slash or jail. Anyone may.",
        &[OPERATOR],
        build!(sync_weight),
    ),
    Action::new(
        "reputation",
        "open_record",
        ("Open a record", "Open"),
        "Opens your record for a class of jobs, without which you can take no seat of it.",
        &[need("class", "Class", Kind::Whole(0, 4))],
        build!(open_record),
    ),
    Action::new(
        "reputation",
        "upgrade_record",
        ("Bring a record up to date", "Upgrade"),
        "Brings a record of an older layout to this one; you pay the rent that it lacks. Anyone may.",
        &[OPERATOR, need("class", "Class", Kind::Whole(0, 4))],
        build!(upgrade_record),
    ),
];

/// An operator's pool.
pub async fn pool_of(call: &Call<'_>, operator: &Pubkey) -> Result<Pool> {
    call.read("pool (its operator opens it with staking/open_pool)", &addresses::pool(operator)).await
}

async fn open(call: Call<'_>) -> Result<Plan> {
    let me = call.account;
    let commission = call.args.or("commission_bps", 0)?;
    let bad = || Refusal::bad("classes must be numbers of 0 to 4, with commas");
    let class = |text: &str| text.parse::<u8>().ok().filter(|class| *class <= 4).ok_or_else(bad);
    let mut classes: Vec<u8> = call.args.list("classes").map(class).collect::<Result<_>>()?;
    classes.sort_unstable();
    classes.dedup();
    // Where stake comes from, and where it and bounties go.
    let mut work = call.make_ata(&me, &ASY_MINT, &ix::TOKEN_PROGRAM).await?;
    work.push(ix::staking::open_pool_with(&me, commission));
    for class in &classes {
        let there: Option<assay_sdk::reputation::Record> = call.maybe(&addresses::record(&me, *class)).await?;
        work.extend(there.is_none().then(|| ix::reputation::open_record(&me, *class)));
    }
    let says = format!("Opens your pool with a commission of {commission} bps and {} records", classes.len());
    Ok(Plan::new(work, says).makes("pool", &addresses::pool(&me)).makes("operator", &me))
}

async fn close(call: Call<'_>) -> Result<Plan> {
    let mut work = call.make_ata(&call.account, &ASY_MINT, &ix::TOKEN_PROGRAM).await?;
    work.push(ix::staking::close_pool(&call.account));
    Ok(Plan::new(work, "Closes your pool"))
}

async fn set_commission(call: Call<'_>) -> Result<Plan> {
    let commission = call.args.whole("commission_bps")?;
    let work = ix::staking::set_commission(&call.account, commission);
    Ok(Plan::new([work], format!("Sets your pool's commission to {commission} bps")))
}

async fn fund_rewards(call: Call<'_>) -> Result<Plan> {
    let amount = call.args.asy("amount")?;
    let work = ix::staking::fund_rewards(&call.account, amount);
    Ok(Plan::new([work], format!("Gives {} to all who stake", asy(amount))))
}

async fn advance_epoch(_: Call<'_>) -> Result<Plan> {
    Ok(Plan::new([ix::staking::advance_epoch()], "Begins the epoch and distributes the rewards of the last"))
}

async fn sync_weight(call: Call<'_>) -> Result<Plan> {
    let operator = call.args.address_or("operator", call.account)?;
    let work = ix::staking::sync_weight(&addresses::pool(&operator));
    Ok(Plan::new([work], format!("Brings the weight of the pool of {operator} up to date")))
}

async fn open_record(call: Call<'_>) -> Result<Plan> {
    let class = call.args.whole("class")?;
    let work = ix::reputation::open_record(&call.account, class);
    let record = addresses::record(&call.account, class);
    Ok(Plan::new([work], format!("Opens your record for class {class}")).makes("record", &record))
}

async fn upgrade_record(call: Call<'_>) -> Result<Plan> {
    let operator = call.args.address_or("operator", call.account)?;
    let record = addresses::record(&operator, call.args.whole("class")?);
    let work = ix::reputation::upgrade_record(&call.account, &record);
    Ok(Plan::new([work], format!("Brings the record {record} up to date")))
}
