//! `bench`: how fast the network in use answers, as a client sees it.

use std::time::{Duration, Instant};

use assay_sdk::{addresses, escrow, token::ASY_MINT, verification};
use futures_util::{Future, StreamExt, stream};
use serde::Serialize;
use serde_json::json;
use solana_sdk::{instruction::Instruction, pubkey::Pubkey};

use crate::{
    args::Bench,
    config::How,
    context::Context,
    error::{Error, Result},
    output::{facts, table},
};

/// Transactions sent: each costs a fee.
const MOST_SENT: u16 = 10;
/// The memo program, which does nothing but say what it was told.
const MEMO: Pubkey = Pubkey::from_str_const("MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr");

/// One kind of call.
#[derive(Serialize)]
struct Measured {
    call: &'static str,
    samples: usize,
    failed: usize,
    p50_ms: f64,
    p95_ms: f64,
    max_ms: f64,
    /// Answers a second, with so many calls at a time as were asked for.
    per_second: f64,
    /// The last failure.
    error: Option<String>,
}

/// Measures, one kind of call after the other.
pub async fn run(context: &Context, args: &Bench) -> Result<()> {
    if args.send && context.settings.sending.how != How::Send {
        return Err(Error::Usage("--send sends: without --dry-run, --sign-only and --dump-transaction".into()));
    }
    let (samples, parallel) = (usize::from(args.samples), usize::from(args.parallel));
    let set = (samples, parallel);
    // It fails here if there is no chain at all.
    let before = context.now().await?;
    let job = context.api.list("/v1/jobs", &[], 1).await.ok().and_then(|(jobs, _)| {
        jobs.first().and_then(|job| job["address"].as_str().map(|job| format!("/v1/jobs/{job}")))
    });
    let config = addresses::config(&escrow::ID);
    let accounts = [config, addresses::config(&verification::ID), addresses::totals(), ASY_MINT];
    let mut all = vec![
        measure("rpc getSlot", set, || async {
            context.rpc.get_slot().await.map(drop).map_err(|why| context.chain_error(&why))
        })
        .await,
        measure("rpc getMultipleAccounts (4)", set, || async { context.raw_accounts(&accounts).await.map(drop) }).await,
        measure("rpc getLatestBlockhash", set, || async {
            context.rpc.get_latest_blockhash().await.map(drop).map_err(|why| context.chain_error(&why))
        })
        .await,
        measure("rpc getProgramAccounts (mints)", set, || async { context.payment_mints().await.map(drop) }).await,
        measure("api health", set, || async { context.api.get("/health", &[]).await.map(drop) }).await,
        measure("api list of jobs (20)", set, || async {
            context.api.get("/v1/jobs", &[("limit", "20".into())]).await.map(drop)
        })
        .await,
        measure("api stats", set, || async { context.api.get("/v1/stats", &[]).await.map(drop) }).await,
    ];
    if let Some(path) = &job {
        all.push(measure("api one job", set, || async { context.api.get(path, &[]).await.map(drop) }).await);
    }
    if args.send {
        all.push(sends(context, args.samples.min(MOST_SENT)).await?);
    }
    tell(context, args, &all, before).await
}

/// Transactions from signing to the commitment asked for, one after the other.
async fn sends(context: &Context, samples: u16) -> Result<Measured> {
    let wallet = context.wallet()?;
    let counter = std::cell::Cell::new(0_u32);
    Ok(measure("a transaction until it is confirmed", (samples.into(), 1), || async {
        // Two that are alike are one to the chain.
        counter.set(counter.get() + 1);
        let data = format!("assay bench {}", counter.get()).into_bytes();
        let memo = Instruction { program_id: MEMO, accounts: vec![], data };
        context.send(&[&*wallet], 50_000, &[memo]).await.map(drop)
    })
    .await)
}

async fn measure<F: Future<Output = Result<()>>>(
    call: &'static str,
    (samples, parallel): (usize, usize),
    ask: impl Fn() -> F,
) -> Measured {
    let one = || async {
        let start = Instant::now();
        let answer = ask().await;
        (start.elapsed(), answer)
    };
    // The first call opens the connection.
    let _ = ask().await;
    let start = Instant::now();
    let answers: Vec<_> = stream::iter(0..samples).map(|_| one()).buffer_unordered(parallel).collect().await;
    let took = start.elapsed();
    let error = answers.iter().filter_map(|(_, answer)| answer.as_ref().err()).next_back().map(Error::to_string);
    let mut times: Vec<_> = answers.iter().filter(|(_, answer)| answer.is_ok()).map(|(time, _)| *time).collect();
    times.sort_unstable();
    let seconds = took.as_secs_f64();
    Measured {
        call,
        samples,
        failed: samples - times.len(),
        p50_ms: percentile(&times, 50),
        p95_ms: percentile(&times, 95),
        max_ms: percentile(&times, 100),
        per_second: if seconds > 0.0 { rounded(times.len() as f64 / seconds) } else { 0.0 },
        error,
    }
}

/// The least time, in milliseconds, that `percent` of the sorted times do not exceed; 0 of none.
fn percentile(sorted: &[Duration], percent: usize) -> f64 {
    let rank = (sorted.len() * percent).div_ceil(100).saturating_sub(1);
    sorted.get(rank).map_or(0.0, |time| rounded(time.as_secs_f64() * 1e3))
}

fn rounded(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

async fn tell(context: &Context, args: &Bench, all: &[Measured], before: i64) -> Result<()> {
    let slot = context.rpc.get_slot().await.map_err(|why| context.chain_error(&why))?;
    let stats = context.api.get("/v1/stats", &[]).await.ok();
    let indexed = stats.as_ref().and_then(|stats| super::job::text(stats, "slot").parse::<u64>().ok());
    let behind = indexed.map(|indexed| slot.saturating_sub(indexed));
    let lasted = context.now().await? - before;
    let document = json!({
        "rpc": context.settings.url, "api": context.settings.api, "parallel": args.parallel, "slot": slot.to_string(),
        "indexer_slots_behind": behind, "chain_seconds": lasted, "calls": all,
    });
    context.out.data(&document, || {
        let behind = behind.map(|slots| format!("{slots} slots")).unwrap_or_default();
        let page = facts(&[
            ("rpc", context.settings.url.clone()),
            ("api", context.settings.api.clone()),
            ("calls at a time", args.parallel.to_string()),
            ("indexer is behind", behind),
        ]);
        let mut rows = table(&["call", "p50 ms", "p95 ms", "max ms", "a second", "failed"]);
        for one in all {
            let times = [one.p50_ms, one.p95_ms, one.max_ms, one.per_second].map(|value| format!("{value:.2}"));
            let failed = format!("{}/{}", one.failed, one.samples);
            rows.add_row([&[one.call.to_owned()], times.as_slice(), &[failed]].concat());
        }
        let errors = all.iter().filter_map(|one| Some(format!("\n{}: {}", one.call, one.error.as_ref()?)));
        format!("{page}\n{rows}{}", errors.collect::<String>())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_of_what_was_measured() {
        let times: Vec<_> = (1..=20).map(Duration::from_millis).collect();
        assert_eq!([50, 95, 100].map(|percent| percentile(&times, percent)), [10.0, 19.0, 20.0]);
        assert_eq!((percentile(&times[..1], 95), percentile(&[], 50)), (1.0, 0.0));
    }

    #[tokio::test]
    async fn failures_are_counted_and_not_timed() {
        let counter = std::cell::Cell::new(0);
        let found = measure("x", (4, 2), || async {
            counter.set(counter.get() + 1);
            if counter.get() % 2 == 0 { Ok(()) } else { Err(Error::Refused("odd".into())) }
        })
        .await;
        assert_eq!((found.samples, found.failed, found.error.as_deref(), counter.get()), (4, 2, Some("odd"), 5));
    }
}
