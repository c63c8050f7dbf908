//! `job post`: check everything, store the files, then lock the payment and open the round in one transaction.

use assay_sdk::{
    addresses, escrow,
    escrow::{
        Assignment, ENGINE_WASM, EscrowParams, Job, JobTerms, MAX_URI, PaymentMint, Requirements, Strategy,
        math::seat_price,
    },
    ix,
    token::ASY_MINT,
    verification::Round,
};
use serde::Serialize;
use solana_sdk::{
    pubkey::Pubkey,
    signature::{Keypair, Signer},
};

use super::{spec_file::Prepared, watch};
use crate::{
    amount::{self, SOL_DECIMALS},
    args::{Post, Until},
    client::{chain::TOKEN_ACCOUNT_BYTES, send::SIGNATURE_FEE},
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
    replicas: u8,
    quorum: u8,
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
    if args.quorum > args.replicas || u16::from(args.quorum) * 2 <= u16::from(args.replicas) {
        let (quorum, replicas) = (args.quorum, args.replicas);
        return Err(Error::Usage(format!("--quorum {quorum} of --replicas {replicas}: more than half must agree")));
    }
    let wallet = context.wallet()?;
    let blobs = context.api.url("/v1/blobs");
    let Prepared { spec, blobs: files } = Prepared::read(&args.spec, &blobs)?;
    let payment = payment_mint(context, args.mint).await?;
    let config: escrow::Config = context.config(&addresses::config(&escrow::ID)).await?;
    let price = amount::parse(&args.price_per_unit, payment.decimals);
    let price = price.map_err(|why| Error::Usage(format!("--price-per-unit: {why}")))?;
    if price == 0 {
        return Err(Error::Usage("--price-per-unit is 0: nobody computes for nothing".into()));
    }
    let deposit = seat_price(spec.units, price).and_then(|price| price.checked_mul(args.replicas.into()));
    let terms = JobTerms {
        // One that fits a signed 64-bit column too.
        nonce: addresses::cheap_nonce(&wallet.pubkey(), rand::random::<u64>() >> 1),
        spec_hash: spec.hash(),
        uri: format!("{blobs}/{}", hex::encode(spec.hash())),
        units: spec.units,
        price_per_unit: price,
        strategy: Strategy::plain(args.replicas, args.quorum),
        assignment: Assignment::Sortition,
        class: args.class,
        requirements: Requirements {
            engine: ENGINE_WASM,
            cores: 1,
            memory_mib: spec.limits.memory_mib,
            ..Requirements::default()
        },
        deadline_seconds: deadline(args, &config.params)?,
        royalties: vec![],
        milestones: vec![],
    };
    if terms.uri.len() > MAX_URI {
        return Err(Error::Usage(format!("{} is longer than {MAX_URI} bytes: use a shorter --api", terms.uri)));
    }
    let too_much = || Error::Usage("units times price times replicas is more than can ever exist: offer less".into());
    let deposit = deposit.ok_or_else(too_much)?;
    check_funds(context, &wallet.pubkey(), &payment, deposit, &terms, config.params.bounty_lamports).await?;

    for (name, bytes) in files {
        context.out.talk(format!("storing {} bytes as {name}", bytes.len()));
        context.api.upload(&format!("/v1/blobs/{name}"), bytes).await?;
    }
    let mut posted = post(context, &wallet, &payment.mint, terms).await?;
    posted.deposit = deposit.to_string();
    let paid = format!("{} {}", amount::format(deposit, payment.decimals), context.symbol(&payment.mint));
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
            ("agreement", format!("{} of {}", posted.quorum, posted.replicas)),
            ("locked", paid),
            ("deadline", words(posted.deadline_seconds.into())),
            ("status", posted.status.clone().unwrap_or_default()),
        ])
    })
}

async fn post(context: &Context, wallet: &Keypair, mint: &Pubkey, terms: JobTerms) -> Result<Posted> {
    let requester = wallet.pubkey();
    let job = addresses::job(&requester, terms.nonce);
    let mut posted = Posted {
        job: job.to_string(),
        signature: String::new(),
        spec_hash: hex::encode(terms.spec_hash),
        uri: terms.uri.clone(),
        units: terms.units,
        replicas: terms.strategy.most(),
        quorum: terms.strategy.quorum(),
        mint: mint.to_string(),
        deposit: String::new(),
        deadline_seconds: terms.deadline_seconds,
        status: None,
    };
    let work = [
        // Where the requester's part of a slash goes.
        ix::create_ata(&requester, &requester, &ASY_MINT),
        ix::escrow::post_job(&requester, mint, terms),
        ix::verification::open_round(&requester, &job),
    ];
    posted.signature = context.send(&[wallet], COMPUTE_UNITS, &work).await?.to_string();
    Ok(posted)
}

/// The mint to pay in, if it is allowed.
async fn payment_mint(context: &Context, named: Option<Pubkey>) -> Result<PaymentMint> {
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

/// Checks that the wallet can pay the rent, the bounties, the fee and the deposit.
async fn check_funds(
    context: &Context,
    requester: &Pubkey,
    payment: &PaymentMint,
    deposit: u64,
    terms: &JobTerms,
    bounty: u32,
) -> Result<()> {
    let held = context.holdings(requester, &[payment.mint, ASY_MINT]).await?;
    let (tokens, asy) = (held[0].unwrap_or(0), held[1]);
    let round = 8 + <Round as assay_sdk::anchor_lang::Space>::INIT_SPACE;
    let bounties = assay_sdk::escrow::math::bounties(bounty, &terms.strategy).unwrap_or(u64::MAX);
    let mut lamports = SIGNATURE_FEE.saturating_add(bounties);
    for bytes in [Job::space(&terms.strategy, terms.uri.len(), 0, 0, 0), TOKEN_ACCOUNT_BYTES, round] {
        lamports += context.rent(bytes).await?;
    }
    if asy.is_none() {
        lamports += context.rent(TOKEN_ACCOUNT_BYTES).await?;
    }
    let have = context.lamports(requester).await?;
    let address = requester.to_string();
    if have < lamports {
        let (have, need) = (amount::format(have, SOL_DECIMALS), amount::format(lamports, SOL_DECIMALS));
        return Err(Error::NoSol { address, have, need, hint: context.money_hint(requester) });
    }
    if tokens < deposit {
        let (have, need) = (amount::format(tokens, payment.decimals), amount::format(deposit, payment.decimals));
        let symbol = context.symbol(&payment.mint);
        return Err(Error::NoTokens { address, have, need, symbol, hint: context.money_hint(requester) });
    }
    Ok(())
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
