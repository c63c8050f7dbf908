//! `job post`: check everything, store the files, then lock the payment and open the round in one transaction.

use assay_sdk::{
    addresses,
    anchor_lang::AccountDeserialize,
    escrow,
    escrow::{
        Assignment, EscrowParams, JobTerms, MAX_LEGS, MAX_URI, Model, PaymentMint, Requirements, Royalty, Strategy,
    },
    ix,
    token::ASY_MINT,
    verification,
};
use serde::Serialize;
use serde_json::Value;
use solana_sdk::{account::Account, pubkey::Pubkey, signature::Signer};

use super::{
    funds::{self, Cost},
    spec_file::Prepared,
    strategy, watch,
};
use crate::{
    amount,
    args::{Post, StrategyName, Until},
    client::store::Source,
    config::How,
    context::Context,
    duration::words,
    error::{Error, Result},
    output::facts,
};

/// Posting takes less than 110,000, most of it for the associated token account.
const COMPUTE_UNITS: u32 = 200_000;
/// The deadline when nothing is said, in seconds, as far as the class allows it.
const DEFAULT_DEADLINE: u32 = 30 * 60;

/// What was posted.
#[derive(Serialize)]
struct Posted {
    job: String,
    signature: String,
    spec_hash: String,
    uri: String,
    units: u64,
    /// As the API has it.
    strategy: Value,
    /// Seats that may ever be asked for, which the deposit covers.
    seats: u8,
    mint: String,
    /// Base units.
    deposit: String,
    /// Unix seconds.
    deadline_seconds: u32,
    /// Its status at the end of `--watch`.
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<String>,
}

/// Posts a job.
pub async fn run(context: &Context, args: &Post) -> Result<()> {
    if args.auction && matches!(args.strategy, StrategyName::Replicated | StrategyName::Sampled) {
        let why = "--auction needs a strategy in which one operator computes: optimistic, proven, attested or accepted";
        return Err(Error::Usage(why.into()));
    }
    let chosen = strategy::chosen(args.strategy, &args.terms, context.settings.localnet.as_ref())?;
    let wallet = context.wallet()?;
    let blobs = context.api.url("/v1/blobs");
    let prepared = Prepared::read(&args.spec, &blobs)?;
    let payment = payment_mint(context, args.mint).await?;
    let config: escrow::Config = context.config(&addresses::config(&escrow::ID)).await?;
    let price = amount::parse(&args.price_per_unit, payment.decimals);
    let price = price.map_err(|why| Error::Usage(format!("--price-per-unit: {why}")))?;
    if price == 0 {
        return Err(Error::Usage("--price-per-unit is 0: nobody computes for nothing".into()));
    }
    let chosen = strategy::allowed(chosen, args.terms.window.is_some(), &config.params)?;
    check_key(context, &chosen).await?;
    let Prepared { spec, blobs: files } = if args.private {
        prepared.hidden(&blobs, &context.readers(&wallet.pubkey(), &args.to, &chosen).await?)?
    } else {
        prepared
    };
    let terms = JobTerms {
        // One that fits a signed 64-bit column too.
        nonce: addresses::cheap_nonce(&wallet.pubkey(), rand::random::<u64>() >> 1),
        spec_hash: spec.hash(),
        uri: format!("{blobs}/{}", hex::encode(spec.hash())),
        units: spec.units,
        price_per_unit: price,
        strategy: chosen,
        assignment: if args.auction { Assignment::Auction } else { Assignment::Sortition },
        class: args.class,
        requirements: Requirements {
            engine: spec.engine.number(),
            cores: 1,
            memory_mib: spec.limits.memory_mib,
            ..Requirements::default()
        },
        deadline_seconds: deadline(args, &config.params)?,
        royalties: royalties(context, &args.models).await?,
        milestones: vec![],
    };
    if terms.uri.len() > MAX_URI {
        return Err(Error::Usage(format!("{} is longer than {MAX_URI} bytes: use a shorter --api", terms.uri)));
    }
    let too_much = || Error::Usage("units times price times seats is more than can ever exist: offer less".into());
    let cost = Cost::of(&terms).ok_or_else(too_much)?;
    funds::check(context, &wallet.pubkey(), &payment, &cost, config.params.bounty_lamports).await?;

    // What is only shown needs no files yet.
    let files = if context.settings.sending.how == How::Send { files } else { vec![] };
    for (name, bytes) in files {
        context.out.talk(format!("storing {} bytes as {name}", bytes.len()));
        context.store(&Source::Bytes(bytes)).await?;
    }
    let mut posted = post(context, &*wallet, &payment.mint, terms, &args.models).await?;
    posted.deposit = cost.deposit.to_string();
    let paid = format!("{} {}", amount::format(cost.deposit, payment.decimals), context.symbol(&payment.mint));
    if args.watch {
        context.out.talk(format!("posted {} for {paid}", posted.job));
        let job = posted.job.parse().map_err(|_| Error::BadAccount(posted.job.clone()))?;
        let last = watch::follow(context, &job, Until::Settled).await?;
        posted.status = Some(super::text(&last["job"], "status").into_owned());
    }
    context.out.data(&posted, || {
        facts(&[
            ("job", posted.job.clone()),
            ("signature", posted.signature.clone()),
            ("spec hash", posted.spec_hash.clone()),
            ("units", posted.units.to_string()),
            ("judged by", assay_sdk::strategy::words(&chosen)),
            ("locked", paid),
            ("deadline", words(posted.deadline_seconds.into())),
            ("status", posted.status.clone().unwrap_or_default()),
        ])
    })
}

async fn post(
    context: &Context,
    wallet: &dyn Signer,
    mint: &Pubkey,
    terms: JobTerms,
    models: &[Pubkey],
) -> Result<Posted> {
    let requester = wallet.pubkey();
    let job = addresses::job(&requester, terms.nonce);
    let mut posted = Posted {
        job: job.to_string(),
        signature: String::new(),
        spec_hash: hex::encode(terms.spec_hash),
        uri: terms.uri.clone(),
        units: terms.units,
        strategy: assay_sdk::strategy::json(&terms.strategy),
        seats: terms.strategy.most(),
        mint: mint.to_string(),
        deposit: String::new(),
        deadline_seconds: terms.deadline_seconds,
        status: None,
    };
    let has_round = terms.strategy.has_round();
    let mut work = vec![
        // Where the requester's part of a slash goes.
        ix::create_ata(&requester, &requester, &ASY_MINT),
        ix::escrow::post_job_with(&requester, mint, terms, models),
    ];
    work.extend(has_round.then(|| ix::verification::open_round(&requester, &job)));
    posted.signature = context.send(&[wallet], COMPUTE_UNITS, &work).await?.to_string();
    Ok(posted)
}

/// The mint to pay in, if it is allowed.
pub async fn payment_mint(context: &Context, named: Option<Pubkey>) -> Result<PaymentMint> {
    let of_localnet = context.settings.localnet.as_ref().and_then(|localnet| localnet.payment_mint);
    let allowed = context.payment_mints().await?;
    let list = || match allowed.iter().map(|allowed| allowed.mint.to_string()).collect::<Vec<_>>() {
        none if none.is_empty() => "none: no mint is allowed on this chain yet".to_owned(),
        some => some.join(", "),
    };
    let Some(mint) = named.or(of_localnet) else {
        return Err(Error::Usage(format!("say what to pay in with --mint: one of {}", list())));
    };
    let unknown = || Error::UnknownMint { mint: mint.to_string(), allowed: list() };
    allowed.iter().find(|allowed| allowed.mint == mint).cloned().ok_or_else(unknown)
}

/// The deadline in seconds, within what the class needs and the market allows.
fn deadline(args: &Post, params: &EscrowParams) -> Result<u32> {
    let class = params.classes.get(usize::from(args.class)).map_or(0, |class| class.seconds);
    let (least, most) = (class.saturating_mul(params.seal_factor.into()), params.max_job_seconds);
    match args.deadline {
        None => Ok(DEFAULT_DEADLINE.max(least).min(most)),
        Some(asked) if (least..=most).contains(&asked) => Ok(asked),
        Some(asked) => {
            let (asked, least, most) = (words(asked.into()), words(least.into()), words(most.into()));
            let class = args.class;
            Err(Error::Usage(format!("--deadline {asked}: a job of class {class} may have {least} to {most}")))
        }
    }
}

/// What models ask for now; should one ask for something else by the time the job lands, it is refused.
async fn royalties(context: &Context, models: &[Pubkey]) -> Result<Vec<Royalty>> {
    if models.len() > MAX_LEGS {
        return Err(Error::Usage(format!("{} models: a job names {MAX_LEGS} at most", models.len())));
    }
    let found = context.raw_accounts(models).await?;
    let read = |(address, found): (&Pubkey, Option<Account>)| {
        let model = found.and_then(|found| Model::try_deserialize(&mut found.data.as_slice()).ok());
        let unknown = || Error::Refused(format!("there is no model at {address}; see `assay model list`"));
        model.map(|model| Royalty { to: *address, bps: model.royalty_bps }).ok_or_else(unknown)
    };
    models.iter().zip(found).map(read).collect()
}

/// Refuses a key that nobody registered: no proof would ever fit it.
async fn check_key(context: &Context, strategy: &Strategy) -> Result<()> {
    let Strategy::Proven { key } = strategy else { return Ok(()) };
    let found = context.raw_accounts(&[*key]).await?.into_iter().next().flatten();
    match found {
        Some(account) if account.owner == verification::ID => Ok(()),
        _ => Err(Error::Refused(format!("there is no proof key at {key}: name a registered one with --key"))),
    }
}

#[cfg(test)]
mod tests {
    use assay_sdk::escrow::ClassParams;
    use clap::Parser;

    use super::*;
    use crate::args::{Cli, Command, JobCommand};

    fn args(line: &str) -> Post {
        let line = format!("assay job post job.json {line}");
        match Cli::try_parse_from(line.split_whitespace()).map(|cli| cli.command) {
            Ok(Command::Job(JobCommand::Post(post))) => post,
            _ => panic!("{line} does not parse"),
        }
    }

    #[test]
    fn deadlines_fit_the_class() {
        let class = |seconds| ClassParams { seconds, stake: 0 };
        let params = |most| EscrowParams {
            fee_bps: 0,
            bond_bps: 0,
            wrong_bps: 0,
            classes: [class(10), class(600), class(600), class(600), class(600)],
            seal_factor: 7,
            reveal_factor: 2,
            spread: 1,
            widen_seconds: 1,
            max_job_seconds: most,
            worker_floor_bps: 0,
            review_min_seconds: 1,
            review_max_seconds: 1,
            cancel_floor_bps: 0,
            bounty_lamports: 0,
            royalty_grace_seconds: 1,
        };
        assert_eq!(deadline(&args(""), &params(86_400)).unwrap(), 1_800);
        assert_eq!(deadline(&args(""), &params(600)).unwrap(), 600);
        assert_eq!(deadline(&args("--class 1"), &params(86_400)).unwrap(), 4_200);
        assert_eq!(deadline(&args("--deadline 70s"), &params(86_400)).unwrap(), 70);
        for (line, said) in [("--deadline 69s", "1 m 9 s"), ("--deadline 2d", "2 d")] {
            let error = deadline(&args(line), &params(86_400)).unwrap_err();
            assert!(matches!(&error, Error::Usage(_)));
            assert_eq!(error.to_string(), format!("--deadline {said}: a job of class 0 may have 1 m 10 s to 1 d"));
        }
    }
}
