//! To the server: transport, token, filters.

use std::{collections::HashMap, time::Duration};

use futures_util::{SinkExt, StreamExt, stream::BoxStream};
use solana_sdk::pubkey::Pubkey;
use tonic::{Code, Status};
use yellowstone_grpc_client::{ClientTlsConfig, GeyserGrpcClient, GeyserGrpcClientError, SubscribeRequestSink};
use yellowstone_grpc_proto::geyser::{
    CommitmentLevel, SubscribeRequest, SubscribeRequestFilterAccounts, SubscribeRequestFilterBlocksMeta,
    SubscribeRequestFilterSlots, SubscribeRequestFilterTransactions, SubscribeRequestPing, SubscribeUpdate,
};

use super::YellowstoneSource;
use crate::{Error, Result, ingest::Source};

const CONNECT: Duration = Duration::from_secs(10);
/// The transport's own sign of life.
const KEEP_ALIVE: Duration = Duration::from_secs(10);
/// An account has at most 10 MiB; a transaction's update is far smaller.
const MOST_BYTES: usize = 64 << 20;

type Updates = BoxStream<'static, std::result::Result<SubscribeUpdate, Status>>;
type Open = (SubscribeRequestSink, Updates);

/// An open subscription, its filters in force.
pub struct Subscription {
    /// For pings.
    pub sink: SubscribeRequestSink,
    /// Updates.
    pub stream: Updates,
    /// Whether everything since the last one comes.
    pub resumed: bool,
}

/// A connected client.
///
/// # Errors
/// [`Error::Yellowstone`] when the server cannot be reached.
pub async fn client(source: &YellowstoneSource) -> Result<GeyserGrpcClient> {
    // Without the library's words: they may hold the url, and the url a key.
    let bad = |why: &str| Error::Yellowstone { what: "connect", why: why.into() };
    let mut builder = GeyserGrpcClient::build_from_shared(source.url.clone()).map_err(|_| bad("the url is none"))?;
    builder.x_token.clone_from(&source.token);
    let builder = builder.connect_timeout(CONNECT).max_decoding_message_size(MOST_BYTES);
    let builder = builder.http2_keep_alive_interval(KEEP_ALIVE).keep_alive_timeout(CONNECT).keep_alive_while_idle(true);
    let builder = if source.url.starts_with("https") {
        let tls = ClientTlsConfig::new().with_native_roots();
        builder.tls_config(tls).map_err(|_| bad("TLS cannot be set up"))?
    } else {
        builder
    };
    builder.connect().await.map_err(|_| bad("it cannot be reached"))
}

/// Subscribes, from where the last subscription ended if the server still has that.
///
/// # Errors
/// [`Error::Gap`] if neither the server nor the RPC has what is between; [`Error::Yellowstone`], [`Error::Rpc`].
pub async fn subscribe(source: &YellowstoneSource) -> Result<Subscription> {
    let mut client = client(source).await?;
    if let Some(from) = source.heard(|heard| heard.resume()) {
        match resume(&mut client, source, from).await {
            Ok((sink, stream)) => return Ok(Subscription { sink, stream, resumed: true }),
            Err(why) if !refused(&why) => return Err(failed("subscribe", &why)),
            Err(_) => {
                if let Some(first) = source.gap_after(from).await? {
                    return Err(Error::Gap { indexed: from, first });
                }
                tracing::info!(from, "the stream no longer has what was missed; history fills it");
                source.heard(super::heard::Heard::forget);
            }
        }
    }
    let request = request(source.rpc.programs(), None);
    let (sink, stream) = open(&mut client, source, request).await.map_err(|why| failed("subscribe", &why))?;
    Ok(Subscription { sink, stream, resumed: false })
}

async fn resume(
    client: &mut GeyserGrpcClient,
    source: &YellowstoneSource,
    from: u64,
) -> std::result::Result<Open, GeyserGrpcClientError> {
    // Servers that cannot say how far back they go say so by refusing.
    let first = client.subscribe_replay_info().await.ok().and_then(|info| info.first_available);
    if first.is_some_and(|first| first > from) {
        return Err(Status::out_of_range("too old").into());
    }
    open(client, source, request(source.rpc.programs(), Some(from))).await
}

/// Subscribes, and waits until the server answers: only then are the filters in force, or was the slot refused. A ping
/// after the filters makes it answer even while its chain stands still.
async fn open(
    client: &mut GeyserGrpcClient,
    source: &YellowstoneSource,
    request: SubscribeRequest,
) -> std::result::Result<Open, GeyserGrpcClientError> {
    let (mut sink, mut stream) = client.subscribe_with_request(Some(request)).await?;
    sink.send(ping()).await.map_err(|_| Status::unavailable("the stream ended"))?;
    let first = match tokio::time::timeout(CONNECT.max(source.rpc.patience.silence), stream.next()).await {
        Err(_) => return Err(Status::deadline_exceeded("nothing came").into()),
        Ok(None) => return Err(Status::unavailable("the stream ended").into()),
        Ok(Some(first)) => first?,
    };
    Ok((sink, futures_util::stream::once(std::future::ready(Ok(first))).chain(stream).boxed()))
}

/// What keeps the balancers between from cutting the stream.
pub fn ping() -> SubscribeRequest {
    SubscribeRequest { ping: Some(SubscribeRequestPing { id: 1 }), ..Default::default() }
}

/// Whether the server does not have the slot, or does not replay at all.
fn refused(error: &GeyserGrpcClientError) -> bool {
    let GeyserGrpcClientError::TonicStatus(status) = error else { return false };
    let told = matches!(
        status.code(),
        Code::OutOfRange | Code::InvalidArgument | Code::NotFound | Code::FailedPrecondition | Code::Unimplemented
    );
    told || status.message().contains("is not available") || status.message().contains("from_slot")
}

fn request(programs: &[Pubkey], from_slot: Option<u64>) -> SubscribeRequest {
    let programs: Vec<String> = programs.iter().map(ToString::to_string).collect();
    let one = |name: &str| name.to_owned();
    let accounts = SubscribeRequestFilterAccounts { owner: programs.clone(), ..Default::default() };
    let transactions = SubscribeRequestFilterTransactions {
        vote: Some(false),
        failed: Some(false),
        account_include: programs,
        ..Default::default()
    };
    // Every status: dead slots and finalized ones too.
    let slots = SubscribeRequestFilterSlots { filter_by_commitment: Some(false), interslot_updates: Some(true) };
    SubscribeRequest {
        accounts: HashMap::from([(one("accounts"), accounts)]),
        transactions: HashMap::from([(one("transactions"), transactions)]),
        slots: HashMap::from([(one("slots"), slots)]),
        blocks_meta: HashMap::from([(one("times"), SubscribeRequestFilterBlocksMeta {})]),
        commitment: Some(CommitmentLevel::Confirmed.into()),
        from_slot,
        ..Default::default()
    }
}

/// Only what kind of error it was: never the url or the token.
pub fn failed(what: &'static str, error: &GeyserGrpcClientError) -> Error {
    match error {
        GeyserGrpcClientError::TonicStatus(status) => refusal(what, status),
        GeyserGrpcClientError::TransportError(_) => Error::Yellowstone { what, why: "the connection failed".into() },
    }
}

/// What the server says.
pub fn refusal(what: &'static str, status: &Status) -> Error {
    let why = match status.code() {
        Code::Unauthenticated | Code::PermissionDenied => "the token is not taken".into(),
        Code::Unknown | Code::Unavailable => "the connection ended".into(),
        code => format!("{code:?}: {}", status.message()),
    };
    Error::Yellowstone { what, why }
}
