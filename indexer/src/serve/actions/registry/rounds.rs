//! Rounds, audits and proofs: from a seal to a verdict.

use assay_sdk::{
    addresses,
    anchor_lang::prelude::AccountMeta,
    escrow::{Job, Strategy},
    ix,
    sample::Piece,
    verification::{
        Attestor, AttestorKey, Config, Phase, Round, attest,
        proof::{self, PROOF},
    },
};
use solana_sdk::{instruction::Instruction, pubkey::Pubkey};

use super::{
    super::{
        call::{Action, Call, Plan},
        param::{Kind, need},
        refusal::{Refusal, Result},
    },
    JOB, build,
    post::round_payer,
    seats::exposure,
};

/// Hashes of a sampled job's proof at once: about as many as fit into a transaction, whose size decides.
const MOST_HASHES: usize = 32;

/// Of this file.
pub const ACTIONS: &[Action] = &[
    Action::new(
        "verification",
        "draw",
        ("Draw a job's seed", "Draw"),
        "Draws the seed that decides who may take a seat; of an adaptive job whose one operator has sealed, whether others check \
         it. Anyone may, and is paid the bounty.",
        &[JOB],
        build!(draw),
    ),
    Action::new(
        "verification",
        "finalize_round",
        ("Count a round", "Count"),
        "Counts what was revealed of a replicated job: the verdict, more operators, or time for a jury. Anyone may, and is paid the \
         bounty.",
        &[JOB],
        build!(finalize_round),
    ),
    Action::new(
        "verification",
        "finalize_sample",
        ("Count an audit", "Count"),
        "Counts the committee of a sampled job or, when no jury can be called any more, pronounces the verdict. Anyone may.",
        &[JOB],
        build!(finalize_sample),
    ),
    Action::new(
        "verification",
        "close_round",
        ("Close a round", "Close"),
        "Closes a finished round, or one whose job ended without it; its rent returns to who paid it. Anyone may.",
        &[JOB],
        build!(close_round),
    ),
    Action::new(
        "verification",
        "prove_sample",
        ("Show drawn leaves", "Show"),
        "Shows that the drawn leaves of a sampled job are those of the sealed root: a piece of their paths, as the executor's node \
         computes them.",
        &[
            JOB,
            need("leaf", "Number of the drawn leaf that the piece goes on with", Kind::Whole(0, 16)),
            need("height", "Where its path has come to", Kind::Whole(0, 64)),
            need("hashes", "Hashes in hex, with commas", Kind::Hashes(MOST_HASHES)),
        ],
        build!(prove_sample),
    ),
    Action::new(
        "verification",
        "submit_proof",
        ("Prove a result", "Prove"),
        "Shows by a Groth16 proof that a root is the job's result: your seat has won. Your seat's node makes the proof.",
        &[
            JOB,
            need("root", "Root of the results: 32 bytes in hex", Kind::Hex(32)),
            need("proof", "The proof: 256 bytes in hex", Kind::Hex(PROOF)),
        ],
        build!(submit_proof),
    ),
    Action::new(
        "verification",
        "submit_attestation",
        ("Show attestors' signatures", "Show"),
        "Shows by attestors' signatures that a root is the job's result: your seat has won. The signatures are public; the attestors \
         make them.",
        &[
            JOB,
            need("root", "Root of the results: 32 bytes in hex", Kind::Hex(32)),
            need(
                "signatures",
                "ATTESTOR:SIGNATURE, with commas: the account's address, 64 bytes in hex",
                Kind::Text(800),
            ),
        ],
        build!(submit_attestation),
    ),
];

async fn draw(call: Call<'_>) -> Result<Plan> {
    let (address, job) = call.job().await?;
    let me = call.account;
    let round: Option<Round> = match job.strategy.has_round() {
        true => call.maybe(&addresses::round(&address)).await?,
        false => None,
    };
    let work = match (round.map(|round| round.phase), job.strategy) {
        (Some(Phase::Checking), _) => {
            let operator = call.seat(&address).await?.operator;
            ix::verification::draw_recheck(Some(&me), &address, &operator, job.class)
        }
        (_, Strategy::Proven { key }) => {
            let mut draw = ix::verification::draw_roundless_by(Some(&me), &address);
            draw.accounts.push(AccountMeta::new_readonly(key, false));
            draw
        }
        (_, strategy) if strategy.has_round() => ix::verification::draw_by(&me, &address),
        _ => ix::verification::draw_roundless_by(Some(&me), &address),
    };
    Ok(Plan::new([work], format!("Draws the seed of {address}")))
}

async fn finalize_round(call: Call<'_>) -> Result<Plan> {
    let (address, job) = call.job().await?;
    let operators = call.operators(&address).await?;
    let work = ix::verification::finalize_round_by(&call.account, &address, job.class, &operators);
    Ok(Plan::new([work], format!("Counts the round of {address} with {} seats", operators.len())))
}

async fn finalize_sample(call: Call<'_>) -> Result<Plan> {
    let (address, job) = call.job().await?;
    let operators = call.operators(&address).await?;
    let work = ix::verification::finalize_sample(Some(&call.account), &address, job.class, &operators);
    Ok(Plan::new([work], format!("Counts the audit of {address} with {} seats", operators.len())))
}

async fn close_round(call: Call<'_>) -> Result<Plan> {
    let job = call.args.address("job")?;
    let payer = round_payer(&call, &job).await?;
    let payer = payer.ok_or_else(|| Refusal::missing(format!("{job} has no round on this chain (any more)")))?;
    let work = ix::verification::close_round(&job, &payer);
    Ok(Plan::new([work], format!("Closes the round of {job}; its rent returns to {payer}")))
}

async fn prove_sample(call: Call<'_>) -> Result<Plan> {
    let args = call.args;
    let (job, leaf) = (args.address("job")?, args.whole("leaf")?);
    let piece = Piece { leaf, height: args.whole("height")?, hashes: args.hashes("hashes")? };
    let work = ix::verification::prove_sample(&call.account, &job, piece);
    Ok(Plan::new([work], format!("Shows a piece of the drawn leaves of {job}, from leaf {leaf} on")))
}

async fn submit_proof(call: Call<'_>) -> Result<Plan> {
    let (address, job) = call.job().await?;
    let Strategy::Proven { key } = job.strategy else { return Err(not_that(&address, &job, "proven")) };
    let (root, proof) = (call.args.bytes("root")?, call.args.bytes("proof")?);
    let work = ix::verification::submit_proof(&call.account, &address, job.class, &key, root, proof);
    Ok(Plan::new([work], format!("Proves the result of {address}")))
}

fn not_that(address: &Pubkey, job: &Job, what: &str) -> Refusal {
    Refusal::refused(format!("{address} is not {what}, it is settled by {}", assay_sdk::strategy::words(&job.strategy)))
}

async fn submit_attestation(call: Call<'_>) -> Result<Plan> {
    let (address, job) = call.job().await?;
    if !matches!(job.strategy, Strategy::Attested { .. }) {
        return Err(not_that(&address, &job, "attested"));
    }
    let root = call.args.bytes("root")?;
    let signed = signed(&call)?;
    let attestors: Vec<_> = signed.iter().map(|(attestor, _)| *attestor).collect();
    let keys = keys(&call, &attestors).await?;
    let signed: Vec<_> = keys.into_iter().zip(signed).map(|(key, (_, signature))| (key, signature)).collect();
    let config: Config = call.read("Config", &addresses::config(&assay_sdk::verification::ID)).await?;
    let message = attest::message(&proof::Statement {
        genesis: &config.genesis,
        job: &address,
        seed: &job.seed,
        operator: &call.account,
        spec_hash: &job.spec_hash,
        root: &root,
    });
    let mut work: Vec<Instruction> = ix::verification::signatures(&message, &signed);
    work.push(ix::verification::submit_attestation(&call.account, &address, job.class, root, &attestors));
    let says = format!("Shows {} signatures for the result of {address}", signed.len());
    Ok(Plan::new(work, says).risk(exposure(&job)))
}

fn signed(call: &Call<'_>) -> Result<Vec<(Pubkey, [u8; 64])>> {
    let bad = || Refusal::bad("signatures must be like ATTESTOR:SIGNATURE, with commas, signatures as 64 bytes in hex");
    let one = |text: &str| {
        let (attestor, signature) = text.split_once(':')?;
        Some((attestor.trim().parse().ok()?, hex::decode(signature.trim()).ok()?.try_into().ok()?))
    };
    call.args.list("signatures").map(|text| one(text).ok_or_else(bad)).collect()
}

async fn keys(call: &Call<'_>, attestors: &[Pubkey]) -> Result<Vec<AttestorKey>> {
    let mut keys = vec![];
    for attestor in attestors {
        keys.push(call.read::<Attestor>("attestor", attestor).await?.key);
    }
    Ok(keys)
}
