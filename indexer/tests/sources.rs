//! Sources against a scripted chain: what nodes do to those who rely on them.

#![allow(clippy::unwrap_used)]

mod common;

use assay_escrow::SeatState;
use assay_indexer::{
    decode::Rows,
    ingest::{ChainEvent, ChainTransaction, Commitment, RpcSource, Source},
};
use common::{
    chain::{Chain, EPOCH, Tx},
    seats,
};
use solana_sdk::pubkey::Pubkey;

fn programs() -> Vec<Pubkey> {
    Rows::new().unwrap().programs().into_iter().map(|(id, _)| id).collect()
}

fn rpc(chain: &Chain) -> RpcSource {
    RpcSource::new(&chain.rpc_url(), &chain.ws_url(), programs())
}

#[tokio::test]
async fn a_scripted_chain_is_read_whole() {
    let chain = Chain::start().await;
    let source = rpc(&chain);
    seats::write(&chain, 1, SeatState::Claimed);
    seats::write(&chain, 2, SeatState::Claimed);
    chain.finalize(12);
    chain.skip(3);
    chain.post(seats::settled(2));
    chain.post(Tx::new().mentions(assay_escrow::ID).failed());
    assert_eq!((source.slot().await.unwrap(), source.finalized().await.unwrap()), (17, 12));

    let listed = source.history(0, Commitment::Confirmed).await.unwrap();
    assert_eq!(listed.iter().map(|entry| entry.slot).collect::<Vec<_>>(), [16]);
    assert_eq!(source.history(0, Commitment::Finalized).await.unwrap(), []);
    let told = source.transaction(&listed[0]).await.unwrap();
    let data = seats::settled(2).events[0].data.clone();
    let expected = ChainTransaction {
        signature: listed[0].signature.clone(),
        slot: 16,
        time: Some(EPOCH + 16),
        closed: vec![seats::address(2).to_string()],
        events: vec![ChainEvent { ix: 0, inner_ix: 1, program: assay_escrow::ID, data }],
    };
    assert_eq!(told, expected);

    let addresses = async |commitment| {
        let scan = source.scan(assay_escrow::ID, commitment).await.unwrap();
        (scan.slot, scan.accounts.into_iter().map(|account| account.address).collect::<Vec<_>>())
    };
    assert_eq!(addresses(Commitment::Confirmed).await, (17, vec![seats::address(1)]));
    assert_eq!(addresses(Commitment::Finalized).await, (12, vec![seats::address(1), seats::address(2)]));
    let found = source.accounts(&[seats::address(2), seats::address(9)]).await.unwrap();
    assert_eq!((found.slot, found.accounts[0].is_some(), found.accounts[1].is_some()), (12, true, false));

    // Slot 16 was on a fork.
    chain.drop_slot(16);
    assert_eq!(source.history(0, Commitment::Confirmed).await.unwrap(), []);
    assert_eq!(addresses(Commitment::Confirmed).await.1.len(), 2);
}
