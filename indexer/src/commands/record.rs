//! What a source says, saved.

use std::{
    collections::HashSet,
    fs::OpenOptions,
    io::{BufWriter, Write},
    path::Path,
    process::ExitCode,
    sync::Arc,
    time::Duration,
};

use tokio::{sync::mpsc, time::interval};

use crate::{
    Error, Result,
    config::Config,
    decode::Rows,
    ingest::{Commitment, Notice, Recorder, Selected, Source},
};

/// Between two looks for new transactions.
const LOOK: Duration = Duration::from_secs(2);

/// Saves until stopped, or for so many slots; the file is whole only after that.
pub async fn record(config: Config, out: &Path, from: u64, slots: Option<u64>) -> Result<ExitCode> {
    let rows = Rows::new()?;
    let source = super::source(&config, &rows)?;
    let wrong = |source| Error::File { path: out.display().to_string(), source };
    let file = OpenOptions::new().write(true).create_new(true).open(out).map_err(wrong)?;
    let mut recorder = Recorder::begin(BufWriter::new(file), &source.genesis().await?)?;
    let mut saved = HashSet::new();
    let first = source.slot().await?;
    transactions(&mut recorder, &source, from, &mut saved).await?;
    notices(&mut recorder, &source, slots.map(|slots| first.saturating_add(slots)), from, &mut saved).await?;

    // Asked before the last listing, which is complete up to there.
    let (slot, finalized) = (source.slot().await?, source.finalized().await?);
    transactions(&mut recorder, &source, from, &mut saved).await?;
    for (program, _) in rows.programs() {
        recorder.scan(program, &source.scan(program, Commitment::Confirmed).await?)?;
    }
    recorder.end(slot, finalized)?;
    println!("recorded up to slot {slot}: {} transactions", saved.len());
    Ok(ExitCode::SUCCESS)
}

async fn transactions<W: Write>(
    recorder: &mut Recorder<W>,
    source: &Selected,
    from: u64,
    saved: &mut HashSet<(String, u64)>,
) -> Result<()> {
    for listed in source.history(from, Commitment::Confirmed).await? {
        if saved.insert((listed.signature.clone(), listed.slot)) {
            recorder.transaction(&source.transaction(&listed).await?)?;
        }
    }
    Ok(())
}

/// Until stopped, or until slot `last`.
async fn notices<W: Write>(
    recorder: &mut Recorder<W>,
    source: &Arc<Selected>,
    last: Option<u64>,
    from: u64,
    saved: &mut HashSet<(String, u64)>,
) -> Result<()> {
    let (send, mut heard) = mpsc::channel(10_000);
    let subscribed = source.clone();
    let mut subscription = tokio::spawn(async move { subscribed.subscribe(send).await });
    let mut looks = interval(LOOK);
    let mut stopped = std::pin::pin!(super::stopped());
    loop {
        tokio::select! {
            () = &mut stopped => break,
            _ = looks.tick() => {
                transactions(recorder, source, from, saved).await?;
                let slot = source.slot().await?;
                if last.is_some_and(|last| slot >= last) {
                    break;
                }
            }
            notice = heard.recv() => match notice {
                Some(Notice::Account { slot, write_version, account }) => {
                    recorder.account(slot, write_version, &account)?;
                }
                Some(Notice::Slot { slot, status }) => recorder.slot(slot, status)?,
                Some(Notice::Transaction { .. } | Notice::Subscribed) => {}
                // A recording with a hole is none.
                None => return (&mut subscription).await.map_err(|why| Error::Start(why.to_string()))?,
            },
        }
    }
    subscription.abort();
    Ok(())
}
