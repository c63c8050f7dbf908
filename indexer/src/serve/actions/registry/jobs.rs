//! A job between its posting and its end.

use assay_sdk::{
    addresses,
    escrow::{Job, Seat, SeatState},
    ix,
};
use solana_sdk::{instruction::Instruction, pubkey::Pubkey};

use super::{
    super::{
        call::{Action, Call, Plan, fit},
        param::{Kind, may},
        refusal::{Refusal, Result},
    },
    JOB, build,
    post::round_payer,
};

/// Of this file.
pub const ACTIONS: &[Action] = &[
    Action::new(
        "escrow",
        "top_up",
        ("Offer more for a job", "Top up"),
        "Raises the price of a job's units, or gives it more time, while nobody has a seat of it. The requester only.",
        &[
            JOB,
            may("price_per_unit", "New price of a unit in whole tokens, not below the old one", Kind::Tokens),
            may("extra_seconds", "Seconds by which the deadline moves", Kind::Whole(0, u32::MAX as u128)),
        ],
        build!(top_up),
    )
    .entry(),
    Action::new(
        "escrow",
        "cancel_job",
        ("Cancel a job", "Cancel"),
        "Takes a job back. While nobody has a seat of it that is free, and payment and rent return in the same transaction; \
         else each seat is paid for its time. Not once a result was sealed or delivered. The requester only.",
        &[JOB],
        build!(cancel),
    ),
    Action::new(
        "escrow",
        "expire_job",
        ("End a job whose time is over", "Expire"),
        "Ends a job that nobody has a seat of when its time is over, and returns payment and rent to its requester. Anyone may, \
         and is paid the bounty.",
        &[JOB],
        build!(expire),
    ),
    Action::new(
        "escrow",
        "refund",
        ("Return what no winner is owed", "Refund"),
        "Returns to the requester of an ended job what no winner is owed. Anyone may, as often as they like.",
        &[JOB],
        build!(refund),
    ),
    Action::new(
        "escrow",
        "close_job",
        ("Close an ended job", "Close"),
        "Closes an ended job whose vault is empty, and its round; the rent returns to the requester. Anyone may, and is paid \
         the bounty.",
        &[JOB],
        build!(close),
    ),
    Action::new(
        "escrow",
        "release_milestone",
        ("Accept a result", "Accept"),
        "Accepts what was delivered: pays the milestone, and with the last one the whole rest. The requester at any time; anyone \
         once the review is over. Not while a case about it is open.",
        &[JOB, may("operator", "Address of the operator that delivered (the only one)", Kind::Address)],
        build!(release),
    ),
    Action::new(
        "verification",
        "open_round",
        ("Open a job's round", "Open"),
        "Opens the round that judges a posted job, where that was not done with its posting. Before it no seat can be claimed.",
        &[JOB],
        build!(open_round),
    )
    .entry(),
];

async fn top_up(call: Call<'_>) -> Result<Plan> {
    let (address, job) = call.job().await?;
    let payment = call.payment(&job.mint).await?;
    let old = job.seat_price.checked_div(job.units).unwrap_or(0);
    let price = match call.args.text("price_per_unit") {
        Some(_) => call.args.amount("price_per_unit", payment.decimals)?,
        None => old,
    };
    let extra = call.args.or("extra_seconds", 0)?;
    let program = call.token_program(&job.mint).await?;
    let work = ix::escrow::top_up(&call.account, &job.mint, &address, price, extra);
    let (old, new) = (call.tokens(old, &payment).await, call.tokens(price, &payment).await);
    let says = format!("Offers {new} instead of {old} for each unit of {address}, and {extra} seconds more");
    Ok(Plan::new([fit(work, &job.mint, &program, &[call.account])], says))
}

async fn cancel(call: Call<'_>) -> Result<Plan> {
    let (address, job) = call.job().await?;
    if job.seats != 0 {
        let operators = call.operators(&address).await?;
        let work = ix::escrow::cancel_job_under(&call.account, &address, &operators);
        let says = format!("Cancels {address} under {} operators, each of which is paid for its time", operators.len());
        return Ok(Plan::new([work], says));
    }
    let mut work = vec![ix::escrow::cancel_job(&call.account, &address)];
    work.extend(ending(&call, &address, &job).await?);
    Ok(Plan::new(work, format!("Cancels {address} and returns its payment and rent to {}", job.requester)))
}

async fn expire(call: Call<'_>) -> Result<Plan> {
    let (address, job) = call.job().await?;
    let mut work = vec![ix::escrow::expire_job(&address, &call.account)];
    work.extend(ending(&call, &address, &job).await?);
    Ok(Plan::new(work, format!("Ends {address} and returns its payment and rent to {}", job.requester)))
}

/// What follows the end of a job that nobody has a seat of: everything returns.
async fn ending(call: &Call<'_>, address: &Pubkey, job: &Job) -> Result<Vec<Instruction>> {
    let program = call.token_program(&job.mint).await?;
    // The refund's account may have been closed since.
    let mut work = call.make_ata(&job.requester, &job.mint, &program).await?;
    work.push(fit(ix::escrow::refund(address, job), &job.mint, &program, &[job.requester]));
    work.extend(closing(call, address, job, &program).await?);
    Ok(work)
}

async fn closing(call: &Call<'_>, address: &Pubkey, job: &Job, program: &Pubkey) -> Result<Vec<Instruction>> {
    let round = round_payer(call, address).await?.map(|payer| ix::verification::close_round(address, &payer));
    let close = fit(ix::escrow::close_job(address, &job.requester, &call.account), &job.mint, program, &[]);
    Ok(round.into_iter().chain([close]).collect())
}

async fn refund(call: Call<'_>) -> Result<Plan> {
    let (address, job) = call.job().await?;
    let program = call.token_program(&job.mint).await?;
    let mut work = call.make_ata(&job.requester, &job.mint, &program).await?;
    work.push(fit(ix::escrow::refund(&address, &job), &job.mint, &program, &[job.requester]));
    Ok(Plan::new(work, format!("Returns to {} what no winner of {address} is owed", job.requester)))
}

async fn close(call: Call<'_>) -> Result<Plan> {
    let (address, job) = call.job().await?;
    let program = call.token_program(&job.mint).await?;
    let work = closing(&call, &address, &job, &program).await?;
    Ok(Plan::new(work, format!("Closes {address}; its rent returns to {}", job.requester)))
}

async fn release(call: Call<'_>) -> Result<Plan> {
    let (address, job) = call.job().await?;
    let seat = delivered(&call, &address).await?;
    let program = call.token_program(&job.mint).await?;
    let operator = seat.operator;
    let owners = [operator];
    let mut work = call.make_ata(&operator, &job.mint, &program).await?;
    let release = ix::escrow::release_milestone(&call.account, &address, &job, &operator);
    work.push(fit(release, &job.mint, &program, &owners));
    let last = job.at_last_milestone();
    let settle = || ix::escrow::settle_seat(&address, &job, &seat, &call.account);
    work.extend(last.then(|| fit(settle(), &job.mint, &program, &owners)));
    let number = u32::from(job.released) + 1;
    let count = job.milestones.len().max(1);
    let ends = if last { ", which ends the job and pays its operator" } else { "" };
    let says = format!("Accepts milestone {number} of {count} of {address} by {operator}{ends}");
    Ok(Plan::new(work, says).risk("what was accepted cannot be disputed any more"))
}

/// The seat that was delivered and is under review.
pub async fn delivered(call: &Call<'_>, job: &Pubkey) -> Result<Seat> {
    let none = || Refusal::refused(format!("{job} has nothing to review: wait until it is delivered"));
    if call.args.text("operator").is_some() {
        return call.seat(job).await;
    }
    let seats = call.seats(job).await?.into_iter();
    seats.into_iter().find(|seat| seat.state == SeatState::Delivered).ok_or_else(none)
}

async fn open_round(call: Call<'_>) -> Result<Plan> {
    let job = call.args.address("job")?;
    let work = ix::verification::open_round(&call.account, &job);
    Ok(Plan::new([work], format!("Opens the round of {job}")).makes("round", &addresses::round(&job)))
}
