//! Posting a job.

use assay_sdk::{
    addresses,
    anchor_lang::Discriminator,
    escrow::{
        self, Assignment, ENGINE_WASM, JobTerms, MAX_LEGS, MAX_MILESTONES, MAX_UNITS, MAX_URI, Model, Requirements,
        Royalty, Strategy,
    },
    ix, strategy,
    token::ASY_MINT,
    verification,
};
use solana_sdk::pubkey::Pubkey;

use super::{
    super::{
        amount,
        call::{Action, Call, Plan, fit},
        param::{Kind, Param, may, need},
        refusal::{Refusal, Result},
    },
    build,
};

const STRATEGIES: &[(&str, &str)] = &[
    ("replicated", "Several operators compute the same"),
    ("sampled", "One computes, a committee checks samples"),
    ("optimistic", "One computes, anybody may challenge"),
    ("proven", "One computes and proves it"),
    ("attested", "One computes, attestors sign"),
    ("accepted", "One computes, you review"),
];
const ASSIGNMENTS: &[(&str, &str)] = &[("sortition", "Operators are drawn"), ("auction", "Operators bid, you choose")];
const U8: Kind = Kind::Whole(0, u8::MAX as u128);
const U32: Kind = Kind::Whole(0, u32::MAX as u128);

const PARAMS: &[Param] = &[
    need("mint", "Mint to pay in: address", Kind::Address),
    need("units", "Number of units", Kind::Whole(1, MAX_UNITS as u128)),
    need("price_per_unit", "Price of a unit for each seat, in whole tokens of the mint", Kind::Tokens),
    need("spec_hash", "Hash of the spec: 32 bytes in hex", Kind::Hex(32)),
    need("uri", "Where the spec is: url", Kind::Url(MAX_URI)),
    need("strategy", "What settles it", Kind::Choice(STRATEGIES)),
    need("deadline_seconds", "Seconds until the last result must be sealed", U32),
    may("replicas", "Replicated: operators at first (3)", Kind::Whole(1, 7)),
    may("quorum", "Replicated: how many must agree (2)", Kind::Whole(1, 7)),
    may("most", "Replicated: operators at most (as many as at first)", Kind::Whole(1, 7)),
    may("adaptive", "Replicated: ask one first, others by chance", Kind::Flag),
    may("samples", "Sampled: units that are checked (4)", Kind::Whole(1, 16)),
    may("committee", "Sampled: verifiers (3)", Kind::Whole(1, 6)),
    may("window", "Optimistic, accepted: seconds to object (86400)", U32),
    may("key", "Proven: address of the verifying key", Kind::Row("proof_keys")),
    may("registrar", "Attested: address of who vouches for attestors", Kind::Address),
    may("threshold", "Attested: signatures that are needed (1)", Kind::Whole(1, 4)),
    may("assignment", "How operators come to seats", Kind::Choice(ASSIGNMENTS)),
    may("class", "Class of the job's size (0)", Kind::Whole(0, 4)),
    may("engine", "Engine: 0 is WebAssembly, 1 containers, 2 encrypted jobs", U8),
    may("cores", "Cores (1)", Kind::Whole(0, u16::MAX as u128)),
    may("memory_mib", "Memory in MiB (0)", U32),
    may("disk_gib", "Disk in GiB (0)", U32),
    may("gpus", "GPUs (0)", U8),
    may("gpu_memory_mib", "Memory of each GPU in MiB (0)", U32),
    may("gpu_model", "GPU model, such as H100", Kind::Text(4)),
    may("region", "Country: two letters", Kind::Text(2)),
    may("verified", "Verified machines only", Kind::Flag),
    may("royalties", "Royalties: address:bps, with commas; of a model its address", Kind::Text(400)),
    may("milestones", "Milestones of an accepted job: bps, with commas", Kind::Text(64)),
    may("nonce", "Number of the job among yours (any)", Kind::Whole(0, u64::MAX as u128)),
];

/// Of this file.
pub const ACTIONS: &[Action] = &[Action::new(
    "escrow",
    "post_job",
    ("Post a job", "Post"),
    "Posts a job and locks its whole payment: units times price for each seat that may ever be asked for. What no winner earns \
     comes back. Opens its round where the strategy has one.",
    PARAMS,
    build!(post),
)
.entry()];

async fn post(call: Call<'_>) -> Result<Plan> {
    let (args, me) = (call.args, call.account);
    let mint = args.address("mint")?;
    let payment = call.payment(&mint).await?;
    let chosen = strategy_of(&call)?;
    let nonce = args.maybe("nonce")?.unwrap_or_else(|| addresses::cheap_nonce(&me, rand::random::<u64>() >> 1));
    let terms = JobTerms {
        nonce,
        spec_hash: args.bytes("spec_hash")?,
        uri: args.must("uri")?.into(),
        units: args.whole("units")?,
        price_per_unit: args.amount("price_per_unit", payment.decimals)?,
        strategy: chosen,
        assignment: match args.text("assignment") {
            Some("auction") => Assignment::Auction,
            _ => Assignment::Sortition,
        },
        class: args.or("class", 0)?,
        requirements: requirements(&call)?,
        deadline_seconds: args.whole("deadline_seconds")?,
        royalties: royalties(&call)?,
        milestones: milestones(&call)?,
    };
    let price = args.must("price_per_unit")?;
    let says = format!(
        "Posts a job of {} units at {price} {} each, settled by {}",
        terms.units,
        call.symbol(&mint).await,
        strategy::words(&chosen)
    );
    let job = addresses::job(&me, nonce);
    let program = call.token_program(&mint).await?;
    let models = models(&call, &terms.royalties).await?;
    // Where the requester's part of a slash goes.
    let mut work = call.make_ata(&me, &ASY_MINT, &ix::TOKEN_PROGRAM).await?;
    work.push(fit(ix::escrow::post_job_with(&me, &mint, terms, &models), &mint, &program, &[me]));
    work.extend(chosen.has_round().then(|| ix::verification::open_round(&me, &job)));
    let config: escrow::Config = call.read("Config", &addresses::config(&escrow::ID)).await?;
    let bounty = amount::sol(config.params.bounty_lamports.into());
    let risk = format!("each step that somebody takes for the job pays {bounty} of what is locked with it");
    Ok(Plan::new(work, says).risk(risk).makes("job", &job))
}

fn strategy_of(call: &Call<'_>) -> Result<Strategy> {
    let args = call.args;
    Ok(match args.must("strategy")? {
        "replicated" => {
            let replicas = args.or("replicas", 3)?;
            let adaptive = args.flag("adaptive");
            Strategy::Replicated { replicas, quorum: args.or("quorum", 2)?, most: args.or("most", replicas)?, adaptive }
        }
        "sampled" => Strategy::Sampled { samples: args.or("samples", 4)?, committee: args.or("committee", 3)? },
        "optimistic" => Strategy::Optimistic { window: args.or("window", 86_400)? },
        "proven" => Strategy::Proven { key: args.address("key")? },
        "attested" => Strategy::Attested { registrar: args.address("registrar")?, threshold: args.or("threshold", 1)? },
        _ => Strategy::Accepted { window: args.or("window", 86_400)? },
    })
}

fn requirements(call: &Call<'_>) -> Result<Requirements> {
    let args = call.args;
    Ok(Requirements {
        engine: args.or("engine", ENGINE_WASM)?,
        cores: args.or("cores", 1)?,
        memory_mib: args.or("memory_mib", 0)?,
        disk_gib: args.or("disk_gib", 0)?,
        gpus: args.or("gpus", 0)?,
        gpu_memory_mib: args.or("gpu_memory_mib", 0)?,
        gpu_model: code(call, "gpu_model")?,
        region: code(call, "region")?,
        verified: args.flag("verified"),
    })
}

/// A short name, with zeros behind.
pub fn code<const N: usize>(call: &Call<'_>, name: &str) -> Result<[u8; N]> {
    let text = call.args.text(name).unwrap_or_default().as_bytes();
    let mut code = [0; N];
    let room = code.get_mut(..text.len()).ok_or_else(|| Refusal::bad(format!("{name} has more than {N} letters")))?;
    room.copy_from_slice(text);
    Ok(code)
}

fn royalties(call: &Call<'_>) -> Result<Vec<Royalty>> {
    let bad = || Refusal::bad("royalties must be like ADDRESS:BPS, with commas between them");
    let one = |text: &str| {
        let (to, bps) = text.split_once(':')?;
        Some(Royalty { to: to.trim().parse().ok()?, bps: bps.trim().parse().ok()? })
    };
    let all: Vec<_> = call.args.list("royalties").map(|text| one(text).ok_or_else(bad)).collect::<Result<_>>()?;
    if all.len() > MAX_LEGS { Err(Refusal::bad(format!("there may be {MAX_LEGS} royalties"))) } else { Ok(all) }
}

fn milestones(call: &Call<'_>) -> Result<Vec<u16>> {
    let bad = || Refusal::bad("milestones must be numbers of bps, with commas between them");
    let all: Vec<_> =
        call.args.list("milestones").map(|text| text.parse().map_err(|_| bad())).collect::<Result<_>>()?;
    if all.len() > MAX_MILESTONES {
        Err(Refusal::bad(format!("there may be {MAX_MILESTONES} milestones")))
    } else {
        Ok(all)
    }
}

/// Which royalties are models: their payees get these.
async fn models(call: &Call<'_>, royalties: &[Royalty]) -> Result<Vec<Pubkey>> {
    if royalties.is_empty() {
        return Ok(vec![]);
    }
    let legs: Vec<_> = royalties.iter().map(|royalty| royalty.to).collect();
    let found = call.chain.accounts(&legs).await?;
    let is_model = |account: &solana_sdk::account::Account| {
        account.owner == escrow::ID && account.data.starts_with(Model::DISCRIMINATOR)
    };
    let models = legs.iter().zip(found).filter(|(_, account)| account.as_ref().is_some_and(is_model));
    Ok(models.map(|(leg, _)| *leg).collect())
}

/// Whether a job's round is there, and who paid for it.
pub async fn round_payer(call: &Call<'_>, job: &Pubkey) -> Result<Option<Pubkey>> {
    let round: Option<verification::Round> = call.maybe(&addresses::round(job)).await?;
    Ok(round.map(|round| round.payer))
}
