//! Disputes: what their parties do.

use assay_sdk::{
    addresses,
    escrow::Job,
    ix,
    verification::{Case, CaseKind, Config},
};
use solana_sdk::pubkey::Pubkey;

use super::{
    super::{
        amount::asy,
        call::{Action, Call, Plan},
        param::{Kind, may, need},
        refusal::{Refusal, Result},
    },
    CASE, JOB, build,
    jobs::delivered,
};

const KINDS: &[(&str, &str)] =
    &[("challenge", "A unit is wrong"), ("sample", "The audit of a sampled job"), ("tie", "Which digest is right")];

/// Of this file.
pub const ACTIONS: &[Action] = &[
    Action::new(
        "verification",
        "open_case",
        ("Dispute a result", "Dispute"),
        "Opens a case about a job and puts a bond of ASY at stake, to a jury: a unit of what was delivered for review is wrong, or \
         what a round's or an audit's seats found. Who is wrong pays.",
        &[
            JOB,
            need("kind", "What is disputed", Kind::Choice(KINDS)),
            may("unit", "Number of the unit, from 0, that is wrong", Kind::Whole(0, u64::MAX as u128)),
            may("operator", "Address of the operator that delivered (the only one)", Kind::Address),
        ],
        build!(open),
    ),
    Action::new(
        "verification",
        "answer_case",
        ("Answer a challenge", "Answer"),
        "Opens the leaf of a challenged unit, in as many pieces as its path needs, and with the last stands surety. The executor only; \
         its node knows the path.",
        &[
            CASE,
            need("digest", "Digest of the unit, or where the last piece ended: 32 bytes in hex", Kind::Hex(32)),
            may("level", "Level where the last piece ended (0)", Kind::Whole(0, 64)),
            may("siblings", "Neighbours on the way up, in hex with commas", Kind::Hashes(ix::verification::PIECE)),
        ],
        build!(answer),
    ),
    Action::new(
        "verification",
        "appeal",
        ("Appeal a jury's decision", "Appeal"),
        "Puts twice as much at stake as before and has a jury of twice as many chairs judge anew; twice at most. Anybody may, in time.",
        &[CASE],
        build!(appeal),
    ),
    Action::new(
        "verification",
        "conclude_challenge",
        ("End a challenge", "End"),
        "Ends a challenge that was not answered, or whose decision stands. Anyone may.",
        &[CASE],
        build!(conclude_challenge),
    ),
    Action::new(
        "verification",
        "conclude_tie",
        ("End a tie", "End"),
        "Ends a tie whose jury's decision stands, and with it the round and the job. Anyone may.",
        &[JOB],
        build!(conclude_tie),
    ),
    Action::new(
        "verification",
        "conclude_sample",
        ("End a disputed audit", "End"),
        "Pronounces what a jury found in the audit of a sampled job, when nobody may appeal any more. Anyone may, and is paid the bounty.",
        &[JOB],
        build!(conclude_sample),
    ),
    Action::new(
        "verification",
        "moot_case",
        ("End a case without its job", "End"),
        "Ends a case whose job ended otherwise: every bond goes back. Anyone may.",
        &[CASE],
        build!(moot),
    ),
    Action::new(
        "verification",
        "close_case",
        ("Close a case", "Close"),
        "Closes a case that owes nothing; its rent returns to who opened it. Anyone may.",
        &[CASE],
        build!(close),
    ),
    Action::new(
        "verification",
        "return_surety",
        ("Return a surety", "Return"),
        "Returns what an executor put at stake in the cases about a job, when none can be lost any more. Anyone may.",
        &[JOB, may("operator", "Address of the executor (you)", Kind::Address)],
        build!(return_surety),
    ),
];

/// The case that the parameter `case` names.
pub async fn case_of(call: &Call<'_>) -> Result<(Pubkey, Case)> {
    let address = call.args.address("case")?;
    Ok((address, call.read("case", &address).await?))
}

async fn open(call: Call<'_>) -> Result<Plan> {
    let (address, job) = call.job().await?;
    let (kind, executor) = match call.args.must("kind")? {
        "challenge" => {
            let unit =
                call.args.maybe("unit")?.ok_or_else(|| Refusal::bad("unit is missing: say which one is wrong"))?;
            if unit >= job.units {
                return Err(Refusal::bad(format!("unit must be below {}: they are counted from 0", job.units)));
            }
            (CaseKind::Challenge { unit }, Some(delivered(&call, &address).await?.operator))
        }
        "sample" => (CaseKind::Sample, None),
        _ => (CaseKind::Tie, None),
    };
    let config: Config = call.read("Config", &addresses::config(&assay_sdk::verification::ID)).await?;
    let bond = asy(config.params.challenge_bond);
    let work = ix::verification::open_case(&call.account, &address, kind, executor.as_ref());
    let says = format!("Opens a case about {address} with {bond} at stake");
    let risk = format!("{bond}, if the jury decides against you; who is right gets half of what the other side loses");
    Ok(Plan::new([work], says).risk(risk).makes("case", &addresses::case(&address, &kind)))
}

async fn answer(call: Call<'_>) -> Result<Plan> {
    let (address, case) = case_of(&call).await?;
    let args = call.args;
    let (level, digest, siblings) = (args.or("level", 0)?, args.bytes("digest")?, args.hashes("siblings")?);
    let work = ix::verification::answer_case(&call.account, &case.job, &address, level, digest, &siblings);
    let bond = asy(case.bond);
    let says = format!("Answers the case {address} with a proof from level {level} on");
    Ok(Plan::new([work], says).risk(format!("{bond} of surety with the last piece, if the jury decides against you")))
}

async fn appeal(call: Call<'_>) -> Result<Plan> {
    let (address, case) = case_of(&call).await?;
    let work = ix::verification::appeal(&call.account, &case.job, &address);
    let chairs = u16::from(case.chairs) * 2;
    let says = format!("Appeals the decision in {address}: a jury of {chairs} judges anew");
    Ok(Plan::new([work], says).risk("the bond of the appeal, if the new jury decides as the old one did"))
}

async fn conclude_challenge(call: Call<'_>) -> Result<Plan> {
    let (address, case) = case_of(&call).await?;
    let job: Job = call.read("job", &case.job).await?;
    let work = ix::verification::conclude_challenge(&case.job, job.class, &address, &case.executor);
    Ok(Plan::new([work], format!("Ends the challenge {address}")))
}

async fn conclude_tie(call: Call<'_>) -> Result<Plan> {
    let (address, job) = call.job().await?;
    let operators = call.operators(&address).await?;
    let work = ix::verification::conclude_tie(&address, job.class, &operators);
    Ok(Plan::new([work], format!("Ends the tie of {address}")))
}

async fn conclude_sample(call: Call<'_>) -> Result<Plan> {
    let (address, job) = call.job().await?;
    let operators = call.operators(&address).await?;
    let work = ix::verification::conclude_sample(Some(&call.account), &address, job.class, &operators);
    Ok(Plan::new([work], format!("Ends the disputed audit of {address}")))
}

async fn moot(call: Call<'_>) -> Result<Plan> {
    let (address, case) = case_of(&call).await?;
    Ok(Plan::new([ix::verification::moot_case(&case.job, &address)], format!("Ends the case {address}: bonds go back")))
}

async fn close(call: Call<'_>) -> Result<Plan> {
    let (address, case) = case_of(&call).await?;
    let work = ix::verification::close_case(&address, &case);
    Ok(Plan::new([work], format!("Closes the case {address}; its rent returns to {}", case.opener)))
}

async fn return_surety(call: Call<'_>) -> Result<Plan> {
    let job = call.args.address("job")?;
    let operator = call.args.address_or("operator", call.account)?;
    let mint = assay_sdk::token::ASY_MINT;
    let mut work = call.make_ata(&operator, &mint, &ix::TOKEN_PROGRAM).await?;
    work.push(ix::verification::return_surety(&job, &operator));
    Ok(Plan::new(work, format!("Returns to {operator} what it had at stake in the cases about {job}")))
}
