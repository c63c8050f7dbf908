//! Updates as they come, and how it is known that they still come.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use tokio::{
    sync::mpsc,
    time::{Instant, MissedTickBehavior, interval, sleep_until, timeout},
};
use yellowstone_grpc_proto::geyser::{SlotStatus as Status, SubscribeUpdateSlot, subscribe_update::UpdateOneof};

use super::{
    YellowstoneSource,
    connect::{self, Subscription},
    convert,
};
use crate::{
    Error, Result,
    ingest::{Notice, SlotStatus, Source},
};

/// Between two pings of ours: balancers cut who is silent for a minute or so.
const PING: Duration = Duration::from_secs(10);

/// Sends notices until the stream ends or goes silent, which is an error.
pub async fn follow(source: &YellowstoneSource, notices: mpsc::Sender<Notice>) -> Result<()> {
    let Subscription { mut sink, mut stream, resumed } = connect::subscribe(source).await?;
    let patience = source.rpc.patience;
    let send = async |notice| match timeout(patience.backlog, notices.send(notice)).await {
        Ok(sent) => sent.map_err(|_| ended("nobody listens any more")),
        Err(_) => Err(ended("the writer is too slow; what waits is dropped and asked for again")),
    };
    // Resumed, nothing was missed: no sweep is needed.
    if !resumed {
        send(Notice::Subscribed).await?;
    }
    let mut pings = interval(PING.min(patience.silence / 2));
    pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
    // The chain's slot when the stream began.
    let begun_at = source.rpc.slot().await?;
    let mut silent_at = Instant::now() + patience.silence;
    loop {
        let update = tokio::select! {
            update = stream.next() => update.ok_or_else(|| ended("the stream ended"))?,
            _ = pings.tick() => {
                sink.send(connect::ping()).await.map_err(|_| ended("the stream ended"))?;
                continue;
            }
            () = sleep_until(silent_at) => {
                // Slots pass all the time: is it the chain that stands still, or this stream?
                if source.rpc.slot().await? > source.heard(|heard| heard.confirmed()).max(begun_at) {
                    return Err(ended(&format!("nothing came for {:?} while the chain went on", patience.silence)));
                }
                silent_at = Instant::now() + patience.silence;
                continue;
            }
        };
        let update = update.map_err(|status| connect::refusal("listen", &status))?;
        match update.update_oneof {
            // Balancers between want to see that this end lives, too.
            Some(UpdateOneof::Ping(_)) => sink.send(connect::ping()).await.map_err(|_| ended("the stream ended"))?,
            Some(UpdateOneof::Pong(_)) | None => {}
            Some(update) => {
                silent_at = Instant::now() + patience.silence;
                if let Some(notice) = take(source, update)? {
                    send(notice).await?;
                }
            }
        }
    }
}

/// Notes an update down, or makes it a notice.
fn take(source: &YellowstoneSource, update: UpdateOneof) -> Result<Option<Notice>> {
    match update {
        UpdateOneof::Account(update) => convert::account(update, source.rpc.programs()),
        UpdateOneof::Transaction(update) => {
            let Some(transaction) = convert::transaction(update, source.rpc.programs())? else { return Ok(None) };
            let signature = transaction.signature.clone();
            source.heard(|heard| heard.add(transaction));
            Ok(Some(Notice::Transaction { signature }))
        }
        UpdateOneof::BlockMeta(meta) => {
            if let Some(time) = meta.block_time {
                source.heard(|heard| heard.time(meta.slot, time.timestamp));
            }
            Ok(None)
        }
        UpdateOneof::Slot(update) => Ok(slot(source, &update)),
        _ => Ok(None),
    }
}

fn slot(source: &YellowstoneSource, update: &SubscribeUpdateSlot) -> Option<Notice> {
    let slot = update.slot;
    let status = match update.status() {
        Status::SlotConfirmed => {
            source.heard(|heard| heard.confirm(slot));
            return None;
        }
        Status::SlotFinalized => SlotStatus::Finalized,
        Status::SlotDead => {
            source.heard(|heard| heard.dead(slot));
            SlotStatus::Dead
        }
        _ => return None,
    };
    Some(Notice::Slot { slot, status })
}

fn ended(why: &str) -> Error {
    Error::Yellowstone { what: "listen", why: why.into() }
}
