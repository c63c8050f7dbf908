//! Seats: taking one, telling of the work, and what happens to one that fails.

use assay_sdk::{addresses, escrow::Job, ix, token::ASY_MINT};
use solana_sdk::{instruction::Instruction, pubkey::Pubkey};

use super::{
    super::{
        amount::asy,
        call::{Action, Call, Plan},
        param::{Kind, Param, may, need},
        refusal::Result,
    },
    JOB, build,
};

const OPERATOR: Param = may("operator", "Address of the seat's operator (the only one)", Kind::Address);

/// Of this file.
pub const ACTIONS: &[Action] = &[
    Action::new(
        "escrow",
        "claim_seat",
        ("Take a seat of a job", "Claim"),
        "Takes a seat of an open job with one of your machines, if sortition chose your pool. Locks the job's exposure of your \
         stake until the seat is settled. Claim only what a node of yours computes: who seals nothing in time is slashed.",
        &[JOB, need("device", "Number of the machine", Kind::Whole(0, u16::MAX as u128))],
        build!(claim),
    )
    .entry(),
    Action::new(
        "escrow",
        "heartbeat",
        ("Tell how far a job is", "Report"),
        "Tells that your seat is at work and how many units are done; never fewer than before.",
        &[JOB, need("progress", "Units that are done", Kind::Whole(0, u64::MAX as u128))],
        build!(heartbeat),
    ),
    Action::new(
        "escrow",
        "deliver",
        ("Deliver a milestone", "Deliver"),
        "Delivers the milestone of a job that is reviewed: the root of its results. Your seat's bond is at stake if it is wrong.",
        &[JOB, need("digest", "Root of the results: 32 bytes in hex", Kind::Hex(32))],
        build!(deliver),
    ),
    Action::new(
        "escrow",
        "expire_seat",
        ("Expire a seat that came to nothing", "Expire"),
        "Slashes the bond of a seat that brought nothing in time, and opens the seat again. Anyone may, and is paid a part of it.",
        &[JOB, OPERATOR],
        build!(expire),
    ),
    Action::new(
        "escrow",
        "slash_seat",
        ("Slash a lost seat", "Slash"),
        "After the verdict: slashes a seat whose result was wrong or withheld. Anyone may, and is paid a part of it; where a case \
         found it out that part is who opened the case's.",
        &[JOB, OPERATOR],
        build!(slash),
    ),
];

async fn claim(call: Call<'_>) -> Result<Plan> {
    let (address, job) = call.job().await?;
    let work = ix::escrow::claim_seat(&call.account, &address, &job, call.args.whole("device")?);
    let seat = addresses::seat(&address, &call.account);
    Ok(Plan::new([work], format!("Takes a seat of {address}")).risk(exposure(&job)).makes("seat", &seat))
}

/// What a seat of a job puts at stake, in words.
pub fn exposure(job: &Job) -> String {
    let (all, bond) = (asy(job.exposure), asy(job.bond));
    format!(
        "{all} of your stake are locked, and lost if the result is wrong or withheld; {bond} of it if none comes in time"
    )
}

async fn heartbeat(call: Call<'_>) -> Result<Plan> {
    let (job, progress) = (call.args.address("job")?, call.args.whole("progress")?);
    let work = ix::escrow::heartbeat(&call.account, &job, progress);
    Ok(Plan::new([work], format!("Tells that {progress} units of {job} are done")))
}

async fn deliver(call: Call<'_>) -> Result<Plan> {
    let (address, job) = call.job().await?;
    let work = ix::escrow::deliver(&call.account, &address, call.args.bytes("digest")?);
    Ok(Plan::new([work], format!("Delivers a milestone of {address}")).risk(exposure(&job)))
}

async fn expire(call: Call<'_>) -> Result<Plan> {
    let (address, job) = call.job().await?;
    let seat = call.seat(&address).await?;
    let me = call.account;
    let mut work = slash_accounts(&call, &job.requester, &me).await?;
    let expire = ix::escrow::expire_seat(&address, &job.requester, &seat.operator, &me);
    work.push(ix::escrow::for_seat(expire, &seat));
    let bond = asy(job.bond);
    Ok(Plan::new(
        work,
        format!("Slashes {} by the bond of {bond} for a seat of {address} that came to nothing", seat.operator),
    ))
}

async fn slash(call: Call<'_>) -> Result<Plan> {
    let (address, job) = call.job().await?;
    let seat = call.seat(&address).await?;
    let caller = job.accuser().unwrap_or(call.account);
    let mut work = slash_accounts(&call, &job.requester, &caller).await?;
    let slash = ix::escrow::slash_seat(&address, &job.requester, &seat.operator, &caller);
    work.push(ix::escrow::for_seat(slash, &seat));
    let exposure = asy(job.exposure);
    Ok(Plan::new(work, format!("Slashes {} by {exposure} for its lost seat of {address}", seat.operator)))
}

/// Makes the accounts that the parts of a slash go to, where they are missing.
pub async fn slash_accounts(call: &Call<'_>, harmed: &Pubkey, caller: &Pubkey) -> Result<Vec<Instruction>> {
    let mut work = call.make_ata(harmed, &ASY_MINT, &ix::TOKEN_PROGRAM).await?;
    if harmed != caller {
        work.extend(call.make_ata(caller, &ASY_MINT, &ix::TOKEN_PROGRAM).await?);
    }
    Ok(work)
}
