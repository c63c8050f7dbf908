//! Disputes: their juries, and what they are paid.

use assay_sdk::{addresses, escrow::Job, ix, token::ASY_MINT};

use super::{
    super::{
        amount::asy,
        call::{Action, Call, Plan},
        param::{Kind, may, need},
        refusal::{Refusal, Result},
    },
    CASE, build,
    cases::case_of,
    seats::slash_accounts,
};

/// Of this file.
pub const ACTIONS: &[Action] = &[
    Action::new(
        "verification",
        "draw_jury",
        ("Draw a jury", "Draw"),
        "Draws the seed of a jury that is called, or arms it again when it has aged out. Anyone may.",
        &[CASE],
        build!(draw),
    ),
    Action::new(
        "verification",
        "join_jury",
        ("Take a jury's chair", "Join"),
        "Takes a chair of a case, if sortition chose your pool. Locks the juror's bond of your stake. Join only with a node that computes \
         the disputed part: who votes wrong or not at all loses the bond.",
        &[CASE],
        build!(join),
    ),
    Action::new(
        "verification",
        "resolve_case",
        ("Count a jury's votes", "Count"),
        "Counts a jury's votes: what more than half of its chairs found is the decision. Anyone may.",
        &[CASE],
        build!(resolve),
    ),
    Action::new(
        "verification",
        "pay_case",
        ("Pay what a case owes", "Pay"),
        "Pays what a concluded case owes to one of its parties. Anyone may.",
        &[CASE, need("index", "Number of what is owed, from 0", Kind::Whole(0, 7))],
        build!(pay),
    ),
    Action::new(
        "verification",
        "settle_ballot",
        ("Settle a juror", "Settle"),
        "Releases a juror's bond after its case, and pays its part. Anyone may.",
        &[CASE, may("operator", "Address of the juror (you)", Kind::Address)],
        build!(settle),
    ),
    Action::new(
        "verification",
        "slash_ballot",
        ("Slash a juror", "Slash"),
        "Slashes a juror that voted otherwise than was decided, or did not vote. Anyone may, and is paid a part of it.",
        &[CASE, need("operator", "Address of the juror", Kind::Address)],
        build!(slash),
    ),
];

async fn draw(call: Call<'_>) -> Result<Plan> {
    let case = call.args.address("case")?;
    Ok(Plan::new([ix::verification::draw_jury(&case)], format!("Draws the seed of the jury of {case}")))
}

async fn join(call: Call<'_>) -> Result<Plan> {
    let (address, case) = case_of(&call).await?;
    let job: Job = call.read("job", &case.job).await?;
    let work = ix::verification::join_jury(&call.account, &case.job, job.class, &address);
    let bond = asy(case.juror_bond);
    let risk = format!("{bond} of your stake, if you vote otherwise than is decided, or not at all");
    let ballot = addresses::ballot(&address, &call.account);
    Ok(Plan::new([work], format!("Takes a chair in the jury of {address}")).risk(risk).makes("ballot", &ballot))
}

async fn resolve(call: Call<'_>) -> Result<Plan> {
    let case = call.args.address("case")?;
    Ok(Plan::new([ix::verification::resolve_case(&case)], format!("Counts the votes in {case}")))
}

async fn pay(call: Call<'_>) -> Result<Plan> {
    let (address, case) = case_of(&call).await?;
    let index: u8 = call.args.whole("index")?;
    let due = case.dues.get(usize::from(index));
    let due = due.ok_or_else(|| Refusal::bad(format!("{address} owes {} amounts", case.dues.len())))?;
    let mut work = call.make_ata(&due.to, &ASY_MINT, &ix::TOKEN_PROGRAM).await?;
    work.push(ix::verification::pay_case(&address, index, &due.to));
    Ok(Plan::new(work, format!("Pays {} of {address} to {}", asy(due.amount), due.to)))
}

async fn settle(call: Call<'_>) -> Result<Plan> {
    let case = call.args.address("case")?;
    let operator = call.args.address_or("operator", call.account)?;
    let mut work = call.make_ata(&operator, &ASY_MINT, &ix::TOKEN_PROGRAM).await?;
    work.push(ix::verification::settle_ballot(&case, &operator));
    Ok(Plan::new(work, format!("Releases the bond of {operator} in {case} and pays its part")))
}

async fn slash(call: Call<'_>) -> Result<Plan> {
    let (address, case) = case_of(&call).await?;
    let operator = call.args.address("operator")?;
    let mut work = slash_accounts(&call, &case.requester, &call.account).await?;
    work.push(ix::verification::slash_ballot(&address, &case.requester, &operator, &call.account));
    Ok(Plan::new(work, format!("Slashes {operator} by {} for its vote in {address}", asy(case.juror_bond))))
}
