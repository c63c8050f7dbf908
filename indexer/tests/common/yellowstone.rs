//! A server of the Yellowstone gRPC protocol over a scripted chain: it replays from a slot, filters, pings, and fails
//! as such servers do.

use std::{
    collections::BTreeSet,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use assay_sdk::decode::EVENT_TAG;
use futures_util::{StreamExt, stream, stream::BoxStream};
use solana_sdk::{pubkey::Pubkey, signature::Signature};
use tokio::sync::{broadcast, mpsc, watch};
use tokio_util::sync::CancellationToken;
use tonic::{
    Request, Response, Status, Streaming,
    transport::{Server, server::TcpIncoming},
};
use yellowstone_grpc_proto::{
    geyser::{
        geyser_server::{Geyser, GeyserServer},
        subscribe_update::UpdateOneof,
        *,
    },
    solana::storage::confirmed_block::{
        InnerInstruction, InnerInstructions, Message, Transaction, TransactionError, TransactionStatusMeta,
        UnixTimestamp,
    },
};

use super::chain::{Chain, Tx, Update};

/// What tests script and what the server saw.
#[derive(Default)]
struct Script {
    /// Slots before it can no longer be replayed.
    first: u64,
    /// Whether it tells how far back it goes; else it only refuses.
    tells: bool,
    silent: bool,
    resumed_from: Vec<Option<u64>>,
    pings: usize,
}

struct Shared {
    chain: Chain,
    token: Option<String>,
    script: Mutex<Script>,
    /// Streams end when it changes.
    cut: watch::Sender<u64>,
    /// Streams send a ping when it changes.
    ping: watch::Sender<u64>,
    address: SocketAddr,
}

/// The server; it stops when it is dropped.
pub struct Yellowstone(Arc<Shared>, CancellationToken);

impl Drop for Yellowstone {
    fn drop(&mut self) {
        self.cut();
        self.1.cancel();
    }
}

impl Yellowstone {
    pub async fn start(chain: &Chain, token: Option<&str>) -> Yellowstone {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (cut, ping) = (watch::channel(0).0, watch::channel(0).0);
        let (chain, token) = (chain.clone(), token.map(Into::into));
        let shared = Arc::new(Shared { chain, token, script: Mutex::default(), cut, ping, address });
        let stop = CancellationToken::new();
        let server = Server::builder().add_service(GeyserServer::new(Service(shared.clone())));
        let ended = stop.clone().cancelled_owned();
        tokio::spawn(async move { server.serve_with_incoming_shutdown(TcpIncoming::from(listener), ended).await });
        Yellowstone(shared, stop)
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.0.address)
    }

    fn script<T>(&self, change: impl FnOnce(&mut Script) -> T) -> T {
        change(&mut self.0.script.lock().unwrap())
    }

    /// Forgets what was before a slot, and tells so when asked, or not.
    pub fn forget(&self, first: u64, tells: bool) {
        self.script(|script| (script.first, script.tells) = (first, tells));
    }

    /// Nothing but pings and their answers comes any more.
    pub fn silent(&self, silent: bool) {
        self.script(|script| script.silent = silent);
    }

    /// Ends every stream.
    pub fn cut(&self) {
        self.0.cut.send_modify(|count| *count += 1);
    }

    /// Pings every client.
    pub fn ping(&self) {
        self.0.ping.send_modify(|count| *count += 1);
    }

    /// Where subscriptions wanted to begin, in order.
    pub fn resumed_from(&self) -> Vec<Option<u64>> {
        self.script(|script| script.resumed_from.clone())
    }

    /// Pings from clients.
    pub fn pings(&self) -> usize {
        self.script(|script| script.pings)
    }
}

struct Service(Arc<Shared>);

type Out = mpsc::Sender<Result<SubscribeUpdate, Status>>;

impl Service {
    fn allowed<T>(&self, request: &Request<T>) -> Result<(), Status> {
        let given = request.metadata().get("x-token").and_then(|token| token.to_str().ok());
        if self.0.token.is_some() && given != self.0.token.as_deref() {
            return Err(Status::unauthenticated("No valid auth token"));
        }
        Ok(())
    }
}

fn never<T>() -> Result<T, Status> {
    Err(Status::unimplemented("not needed here"))
}

#[tonic::async_trait]
impl Geyser for Service {
    type SubscribeStream = BoxStream<'static, Result<SubscribeUpdate, Status>>;
    type SubscribeDeshredStream = BoxStream<'static, Result<SubscribeUpdateDeshred, Status>>;
    type SubscribeGossipStream = BoxStream<'static, Result<SubscribeUpdateGossip, Status>>;

    async fn subscribe(
        &self,
        request: Request<Streaming<SubscribeRequest>>,
    ) -> Result<Response<Self::SubscribeStream>, Status> {
        self.allowed(&request)?;
        let (out, updates) = mpsc::channel(100_000);
        let shared = self.0.clone();
        tokio::spawn(async move {
            if let Err(why) = serve(&shared, request.into_inner(), &out).await {
                let _ = out.send(Err(why)).await;
            }
        });
        let updates = stream::unfold(updates, async |mut updates| Some((updates.recv().await?, updates)));
        Ok(Response::new(updates.boxed()))
    }

    async fn subscribe_replay_info(
        &self,
        _: Request<SubscribeReplayInfoRequest>,
    ) -> Result<Response<SubscribeReplayInfoResponse>, Status> {
        let script = self.0.script.lock().unwrap();
        if !script.tells {
            return never();
        }
        Ok(Response::new(SubscribeReplayInfoResponse { first_available: Some(script.first) }))
    }

    async fn get_version(&self, request: Request<GetVersionRequest>) -> Result<Response<GetVersionResponse>, Status> {
        self.allowed(&request)?;
        Ok(Response::new(GetVersionResponse { version: "scripted".into() }))
    }

    async fn subscribe_deshred(
        &self,
        _: Request<Streaming<SubscribeDeshredRequest>>,
    ) -> Result<Response<Self::SubscribeDeshredStream>, Status> {
        never()
    }

    async fn subscribe_gossip(
        &self,
        _: Request<SubscribeGossipRequest>,
    ) -> Result<Response<Self::SubscribeGossipStream>, Status> {
        never()
    }

    async fn ping(&self, _: Request<PingRequest>) -> Result<Response<PongResponse>, Status> {
        never()
    }

    async fn get_latest_blockhash(
        &self,
        _: Request<GetLatestBlockhashRequest>,
    ) -> Result<Response<GetLatestBlockhashResponse>, Status> {
        never()
    }

    async fn get_block_height(
        &self,
        _: Request<GetBlockHeightRequest>,
    ) -> Result<Response<GetBlockHeightResponse>, Status> {
        never()
    }

    async fn get_slot(&self, _: Request<GetSlotRequest>) -> Result<Response<GetSlotResponse>, Status> {
        never()
    }

    async fn is_blockhash_valid(
        &self,
        _: Request<IsBlockhashValidRequest>,
    ) -> Result<Response<IsBlockhashValidResponse>, Status> {
        never()
    }
}

async fn serve(shared: &Shared, mut requests: Streaming<SubscribeRequest>, out: &Out) -> Result<(), Status> {
    let Some(filter) = requests.message().await? else { return Ok(()) };
    let (mut cuts, mut pings) = (shared.cut.subscribe(), shared.ping.subscribe());
    let mut updates = shared.chain.updates();
    let first = {
        let mut script = shared.script.lock().unwrap();
        script.resumed_from.push(filter.from_slot);
        script.first
    };
    assert_eq!(filter.commitment, Some(CommitmentLevel::Confirmed.into()));
    let mut slot = Slot::new(filter.clone());
    if let Some(from) = filter.from_slot {
        if from < first {
            return Err(Status::internal(format!("broadcast from {from} is not available, last available: {first}")));
        }
        for update in shared.chain.replay(from) {
            slot.tell(&update, out).await;
        }
    }
    loop {
        tokio::select! {
            _ = cuts.changed() => return Err(Status::unavailable("cut")),
            _ = pings.changed() => drop(out.send(Ok(update(UpdateOneof::Ping(SubscribeUpdatePing {})))).await),
            request = requests.message() => match request? {
                None => return Ok(()),
                Some(request) => if let Some(ping) = request.ping {
                    shared.script.lock().unwrap().pings += 1;
                    let pong = UpdateOneof::Pong(SubscribeUpdatePong { id: ping.id });
                    let _ = out.send(Ok(update(pong))).await;
                },
            },
            update = updates.recv() => match update {
                Ok(_) if shared.script.lock().unwrap().silent => {}
                Ok(update) => slot.tell(&update, out).await,
                Err(broadcast::error::RecvError::Lagged(_)) => return Err(Status::internal("client lagged")),
                Err(broadcast::error::RecvError::Closed) => return Ok(()),
            },
        }
    }
}

fn update(update: UpdateOneof) -> SubscribeUpdate {
    SubscribeUpdate { filters: vec![], update_oneof: Some(update), created_at: None }
}

/// The slot under way. Its accounts are told last write first: the order within a slot is not promised.
struct Slot {
    filter: SubscribeRequest,
    accounts: Vec<UpdateOneof>,
    transactions: Vec<UpdateOneof>,
    finalized: u64,
}

impl Slot {
    fn new(filter: SubscribeRequest) -> Self {
        Self { filter, accounts: vec![], transactions: vec![], finalized: 0 }
    }

    async fn tell(&mut self, told: &Update, out: &Out) {
        let updates = match told {
            Update::Account { slot, write_version, address, account } => {
                let mut owners = self.filter.accounts.values().flat_map(|filter| &filter.owner);
                if owners.any(|owner| *owner == account.program.to_string()) {
                    let info = SubscribeUpdateAccountInfo {
                        pubkey: address.to_bytes().to_vec(),
                        lamports: 1_000_000,
                        owner: account.program.to_bytes().to_vec(),
                        data: account.data.clone(),
                        write_version: *write_version,
                        ..Default::default()
                    };
                    let account = SubscribeUpdateAccount { account: Some(info), slot: *slot, is_startup: false };
                    self.accounts.push(UpdateOneof::Account(account));
                }
                return;
            }
            Update::Transaction(tx) => {
                let wanted = self.filter.transactions.values().any(|filter| {
                    let mut used = tx.programs();
                    let included = used.any(|program| filter.account_include.contains(&program.to_string()));
                    included && filter.failed.is_none_or(|failed| failed == tx.failed) && filter.vote != Some(true)
                });
                if wanted {
                    self.transactions.push(UpdateOneof::Transaction(transaction(tx)));
                }
                return;
            }
            Update::Block { slot, parent, time } => {
                let meta = SubscribeUpdateBlockMeta {
                    slot: *slot,
                    parent_slot: *parent,
                    block_time: Some(UnixTimestamp { timestamp: *time }),
                    ..Default::default()
                };
                let mut updates = vec![status(*slot, SlotStatus::SlotProcessed)];
                updates.extend(self.accounts.drain(..).rev());
                updates.append(&mut self.transactions);
                updates.extend([UpdateOneof::BlockMeta(meta), status(*slot, SlotStatus::SlotConfirmed)]);
                updates
            }
            Update::Finalized(slot) => {
                let from = std::mem::replace(&mut self.finalized, *slot);
                let from = if from == 0 { slot - 1 } else { from };
                (from + 1..=*slot).map(|slot| status(slot, SlotStatus::SlotFinalized)).collect()
            }
            Update::Dead(slot) => vec![status(*slot, SlotStatus::SlotDead)],
        };
        for told in updates {
            let _ = out.send(Ok(update(told))).await;
        }
    }
}

fn status(slot: u64, status: SlotStatus) -> UpdateOneof {
    UpdateOneof::Slot(SubscribeUpdateSlot { slot, parent: None, status: status.into(), dead_error: None })
}

/// Keys are the payer, what is closed, the programs.
fn transaction(tx: &Tx) -> SubscribeUpdateTransaction {
    let payer = Pubkey::new_from_array([200; 32]);
    let programs: BTreeSet<&Pubkey> = tx.programs().collect();
    let keys: Vec<&Pubkey> = std::iter::once(&payer).chain(&tx.closed).chain(programs).collect();
    let closes = |at: usize| !tx.failed && (1..=tx.closed.len()).contains(&at);
    let mut inner: Vec<InnerInstructions> = vec![];
    for event in tx.events.iter().filter(|_| !tx.failed) {
        if inner.last().is_none_or(|last| last.index != u32::from(event.ix)) {
            inner.push(InnerInstructions { index: event.ix.into(), instructions: vec![] });
        }
        let list = &mut inner.last_mut().unwrap().instructions;
        list.resize(event.inner_ix, InnerInstruction { data: vec![1], ..Default::default() });
        let program_id_index = keys.iter().position(|key| **key == event.program).unwrap().try_into().unwrap();
        let data = [EVENT_TAG.as_slice(), &event.data].concat();
        list.push(InnerInstruction { program_id_index, data, accounts: vec![], stack_height: Some(2) });
    }
    let signature = tx.signature.parse::<Signature>().unwrap().as_ref().to_vec();
    let message =
        Message { account_keys: keys.iter().map(|key| key.to_bytes().to_vec()).collect(), ..Default::default() };
    let meta = TransactionStatusMeta {
        err: tx.failed.then(|| TransactionError { err: vec![8] }),
        pre_balances: vec![6_000; keys.len()],
        post_balances: (0..keys.len()).map(|at| if closes(at) { 0 } else { 5_000 }).collect(),
        inner_instructions: inner,
        ..Default::default()
    };
    let info = SubscribeUpdateTransactionInfo {
        transaction: Some(Transaction { signatures: vec![signature.clone()], message: Some(message) }),
        signature,
        meta: Some(meta),
        ..Default::default()
    };
    SubscribeUpdateTransaction { transaction: Some(info), slot: tx.slot }
}
