//! Notices over WebSocket, and how it is known that they still come.

use std::time::Duration;

use futures_util::{
    StreamExt, TryStreamExt,
    stream::{BoxStream, SelectAll},
};
use solana_pubsub_client::nonblocking::pubsub_client::{PubsubClient, PubsubClientError};
use solana_rpc_client_api::{
    config::{RpcTransactionLogsConfig, RpcTransactionLogsFilter},
    response::{Response, RpcKeyedAccount},
};
use solana_sdk::pubkey::Pubkey;
use tokio::{sync::mpsc, time::timeout};

use super::{CONFIRMED, RpcSource, account, accounts_config};
use crate::{
    Error, Result,
    ingest::{Commitment, Notice, Source},
};

/// How long a node may take to connect, and to take a subscription.
const CONNECT: Duration = Duration::from_secs(10);

enum Heard {
    Notice(Notice),
    /// A slot passed.
    Slot(u64),
}

type Streams<'a> = SelectAll<BoxStream<'a, Result<Heard>>>;

/// Opens a socket and closes it again.
///
/// # Errors
/// [`Error::WebSocket`] when it cannot be opened.
pub async fn probe(url: &str) -> Result<()> {
    connect(url).await.map(drop)
}

async fn connect(url: &str) -> Result<PubsubClient> {
    timeout(CONNECT, PubsubClient::new(url)).await.map_err(|_| late("connect"))?.map_err(ws("connect"))
}

/// Sends notices until the socket ends or goes silent, which is an error.
pub async fn follow(source: &RpcSource, notices: mpsc::Sender<Notice>) -> Result<()> {
    let client = connect(&source.ws_url).await?;
    let subscribed = timeout(CONNECT, streams(&client, &source.programs)).await;
    let (mut streams, slots) = subscribed.map_err(|_| late("subscribe"))??;
    let patience = source.patience;
    let send = async |notice| match timeout(patience.backlog, notices.send(notice)).await {
        Ok(sent) => sent.map_err(|_| ended("nobody listens any more")),
        Err(_) => Err(ended("the writer is too slow; what waits is dropped and read again")),
    };
    send(Notice::Subscribed).await?;
    // The chain's slot when the socket was last heard of.
    let mut heard_at = source.slot().await?;
    loop {
        match timeout(patience.silence, streams.try_next()).await {
            Ok(next) => match next?.ok_or_else(|| ended("the connection ended"))? {
                Heard::Notice(notice) => send(notice).await?,
                Heard::Slot(slot) => heard_at = heard_at.max(slot),
            },
            // Silent: is it the chain, or only this socket? Without slots (some proxies) nobody can tell.
            Err(_) if slots => {
                if source.slot().await? > heard_at {
                    return Err(ended(&format!("nothing came for {:?} while the chain went on", patience.silence)));
                }
            }
            Err(_) => {}
        }
    }
}

async fn streams<'a>(client: &'a PubsubClient, programs: &[Pubkey]) -> Result<(Streams<'a>, bool)> {
    let mut streams: Streams<'a> = SelectAll::new();
    for program in programs.iter().copied() {
        let filter = RpcTransactionLogsFilter::Mentions(vec![program.to_string()]);
        let config = RpcTransactionLogsConfig { commitment: Some(CONFIRMED) };
        let (logs, _) = client.logs_subscribe(filter, config).await.map_err(ws("logsSubscribe"))?;
        let transactions = logs.filter(|log| std::future::ready(log.value.err.is_none()));
        let notice = |signature| Ok(Heard::Notice(Notice::Transaction { signature }));
        streams.push(transactions.map(move |log| notice(log.value.signature)).boxed());
        let config = Some(accounts_config(Commitment::Confirmed));
        let (accounts, _) = client.program_subscribe(&program, config).await.map_err(ws("programSubscribe"))?;
        let notice = move |update: Response<RpcKeyedAccount>| {
            let account = account(program, update.value)?;
            Ok(Heard::Notice(Notice::Account { slot: update.context.slot, write_version: None, account }))
        };
        streams.push(accounts.map(notice).boxed());
    }
    // Slots pass all the time: while they come, the socket lives, however quiet the programs are.
    match client.slot_subscribe().await {
        Ok((slots, _)) => streams.push(slots.map(|info| Ok(Heard::Slot(info.slot))).boxed()),
        Err(PubsubClientError::SubscribeFailed { .. }) => {
            tracing::warn!("the node tells no slots over its WebSocket; that it went silent is found by sweeps only");
            return Ok((streams, false));
        }
        Err(why) => return Err(ws("slotSubscribe")(why)),
    }
    Ok((streams, true))
}

fn ended(why: &str) -> Error {
    Error::WebSocket { what: "listen", why: why.into() }
}

fn late(what: &'static str) -> Error {
    Error::WebSocket { what, why: format!("no answer in {CONNECT:?}") }
}

fn ws(what: &'static str) -> impl Fn(PubsubClientError) -> Error {
    use PubsubClientError as Why;
    move |error| {
        let why = match error {
            Why::SubscribeFailed { reason, message } => format!("{reason}: {message}"),
            Why::UrlParseError(_) => "--ws-url is no url".into(),
            Why::ConnectionClosed(_) => "the connection was closed".into(),
            _ => "it cannot be reached".into(),
        };
        Error::WebSocket { what, why }
    }
}
