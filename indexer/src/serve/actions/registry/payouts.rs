//! What an ended job pays.

use assay_sdk::{addresses, ix};
use solana_sdk::pubkey::Pubkey;

use super::{
    super::{
        call::{Action, Call, Plan, fit},
        param::{Kind, may, need},
        refusal::{Refusal, Result},
    },
    JOB, build,
};

/// Of this file.
pub const ACTIONS: &[Action] = &[
    Action::new(
        "escrow",
        "settle",
        ("Settle a seat", "Settle"),
        "After a job's end: pays a winner's seat, or what a cancelled one has worked for, and releases its bond. Anyone may, and is \
         paid the bounty.",
        &[JOB, may("operator", "Address of the seat's operator (the only one)", Kind::Address)],
        build!(settle),
    ),
    Action::new(
        "escrow",
        "pay_royalty",
        ("Pay a royalty", "Pay"),
        "Pays what is due to a job's royalty to its payee; once the grace after the job's end is over, to the protocol if need be. \
         Anyone may.",
        &[
            JOB,
            need("leg", "Number of the royalty, from 0", Kind::Whole(0, 3)),
            may("to", "Token account of the payee (the associated one)", Kind::Address),
        ],
        build!(pay_royalty),
    ),
];

async fn settle(call: Call<'_>) -> Result<Plan> {
    let (address, job) = call.job().await?;
    let seat = call.seat(&address).await?;
    let program = call.token_program(&job.mint).await?;
    let mut work = call.make_ata(&seat.operator, &job.mint, &program).await?;
    let settle = ix::escrow::settle_seat(&address, &job, &seat, &call.account);
    work.push(fit(settle, &job.mint, &program, &[seat.operator]));
    Ok(Plan::new(work, format!("Settles the seat of {} in {address}", seat.operator)))
}

async fn pay_royalty(call: Call<'_>) -> Result<Plan> {
    let (address, job) = call.job().await?;
    let leg: u8 = call.args.whole("leg")?;
    let payee = job.legs.get(usize::from(leg)).map(|leg| leg.to);
    let payee = payee.ok_or_else(|| Refusal::bad(format!("{address} has {} royalties", job.legs.len())))?;
    let program = call.token_program(&job.mint).await?;
    let named: Option<Pubkey> = call.args.maybe("to")?;
    let mut work = match named {
        Some(_) => vec![],
        None => call.make_ata(&payee, &job.mint, &program).await?,
    };
    let to = named.unwrap_or_else(|| addresses::ata_of(&payee, &job.mint, &program));
    work.push(fit(ix::escrow::pay_royalty(&address, &job, leg, &to), &job.mint, &program, &[]));
    Ok(Plan::new(work, format!("Pays royalty {leg} of {address} to {payee}")))
}
