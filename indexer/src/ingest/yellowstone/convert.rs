//! Accounts, events and closed accounts out of the protocol's messages.

use assay_sdk::decode::EVENT_TAG;
use solana_sdk::{bs58, pubkey::Pubkey};
use yellowstone_grpc_proto::{
    geyser::{SubscribeUpdateAccount, SubscribeUpdateTransaction},
    solana::storage::confirmed_block::InnerInstructions,
};

use crate::{
    Error, Result,
    ingest::{ChainAccount, ChainEvent, ChainTransaction, Notice},
};

fn key(bytes: &[u8]) -> Result<Pubkey> {
    let bad = |_| Error::Yellowstone { what: "an update", why: format!("an address of {} bytes", bytes.len()) };
    Pubkey::try_from(bytes).map_err(bad)
}

/// An account that one of the programs owns.
///
/// # Errors
/// [`Error::Yellowstone`] if the message is broken.
pub fn account(update: SubscribeUpdateAccount, programs: &[Pubkey]) -> Result<Option<Notice>> {
    let Some(told) = update.account else { return Ok(None) };
    let (address, program) = (key(&told.pubkey)?, key(&told.owner)?);
    if !programs.contains(&program) || told.lamports == 0 {
        return Ok(None);
    }
    let account = ChainAccount { address, program, data: told.data };
    Ok(Some(Notice::Account { slot: update.slot, write_version: Some(told.write_version), account }))
}

/// A transaction that succeeded, without its time.
///
/// # Errors
/// [`Error::Yellowstone`] if the message is broken.
pub fn transaction(update: SubscribeUpdateTransaction, programs: &[Pubkey]) -> Result<Option<ChainTransaction>> {
    let Some(told) = update.transaction else { return Ok(None) };
    let Some(message) = told.transaction.and_then(|transaction| transaction.message) else { return Ok(None) };
    let Some(meta) = told.meta.filter(|meta| meta.err.is_none()) else { return Ok(None) };
    let keys = message.account_keys.iter();
    let keys = keys.chain(&meta.loaded_writable_addresses).chain(&meta.loaded_readonly_addresses);
    let keys: Vec<Pubkey> = keys.map(|bytes| key(bytes)).collect::<Result<_>>()?;
    let balances = meta.pre_balances.iter().zip(&meta.post_balances);
    let closed = keys.iter().zip(balances).filter(|(_, (before, after))| **before > 0 && **after == 0);
    Ok(Some(ChainTransaction {
        signature: bs58::encode(&told.signature).into_string(),
        slot: update.slot,
        time: None,
        closed: closed.map(|(key, _)| key.to_string()).collect(),
        events: meta.inner_instructions.iter().flat_map(|inner| events(inner, &keys, programs)).collect(),
    }))
}

/// As in the RPC's form: inner instructions with the event tag to one of the programs.
fn events(inner: &InnerInstructions, keys: &[Pubkey], programs: &[Pubkey]) -> Vec<ChainEvent> {
    let ix = i32::try_from(inner.index).unwrap_or(i32::MAX);
    let told = inner.instructions.iter().enumerate().filter_map(|(at, instruction)| {
        let program = *keys.get(usize::try_from(instruction.program_id_index).ok()?)?;
        let data = instruction.data.strip_prefix(&EVENT_TAG)?.to_vec();
        let inner_ix = i32::try_from(at).ok()?;
        programs.contains(&program).then_some(ChainEvent { ix, inner_ix, program, data })
    });
    told.collect()
}
