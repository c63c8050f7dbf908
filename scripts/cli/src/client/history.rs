//! What the chain's history says about a job: its transactions with their events, oldest first.

use std::{
    collections::{HashMap, HashSet},
    str::FromStr,
};

use assay_sdk::{
    addresses,
    decode::{Decoder, EVENT_TAG},
    private::{MEMO, noted},
};
use futures_util::{StreamExt, TryStreamExt, stream};
use serde_json::Value;
use solana_commitment_config::CommitmentConfig;
use solana_rpc_client::rpc_client::GetConfirmedSignaturesForAddress2Config;
use solana_rpc_client_api::config::RpcTransactionConfig;
use solana_sdk::{bs58, pubkey::Pubkey, signature::Signature};
use solana_transaction_status_client_types::{
    EncodedConfirmedTransactionWithStatusMeta, EncodedTransaction, UiInnerInstructions, UiInstruction, UiMessage,
    UiTransactionEncoding, option_serializer::OptionSerializer,
};

use crate::{
    context::Context,
    error::{Error, Result},
};

/// Most signatures that an RPC lists at once.
const PAGE: usize = 1_000;
/// Transactions fetched at a time.
const PARALLEL: usize = 8;

/// An event, told by a program to itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Short name of the program, such as `escrow`.
    pub program: String,
    /// Such as `JobPosted`.
    pub kind: String,
    /// Its fields, in the conventions of [`assay_sdk::decode`].
    pub data: Value,
}

/// A transaction that succeeded.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Recorded {
    pub signature: String,
    pub slot: u64,
    pub compute_units: u64,
    /// Lamports after it of every account it names.
    pub balances: HashMap<Pubkey, u64>,
    pub events: Vec<Event>,
    /// Where somebody says that a private result is: sha256 of age files.
    pub notes: Vec<[u8; 32]>,
}

/// A signature as listed, with its slot and whether it succeeded.
struct Listed {
    signature: String,
    slot: u64,
    failed: bool,
}

impl Context {
    /// Every transaction of a job that succeeded, oldest first, and the number of those that failed.
    pub async fn history(&self, job: &Pubkey) -> Result<(Vec<Recorded>, usize)> {
        let decoder = Decoder::new()?;
        let mut known = HashSet::new();
        // Seals and reveals name the round and not the job, so that they need not load it.
        let (mut all, mut failed) = self.told_by(&[*job, addresses::round(job)], &mut known, &decoder).await?;
        // Votes name the case alone.
        let cases = cases(job, &all);
        if !cases.is_empty() {
            let (more, more_failed) = self.told_by(&cases, &mut known, &decoder).await?;
            all.extend(more);
            failed += more_failed;
        }
        // Stable: within a slot the job's own keep their order, and no other changes what the job holds.
        all.sort_by_key(|recorded| recorded.slot);
        Ok((all, failed))
    }

    /// The transactions that name any of these accounts and are not `known`, and the number of those that failed.
    async fn told_by(
        &self,
        accounts: &[Pubkey],
        known: &mut HashSet<String>,
        decoder: &Decoder,
    ) -> Result<(Vec<Recorded>, usize)> {
        let mut all = vec![];
        for account in accounts {
            let listed = self.list(account).await?;
            all.extend(listed.into_iter().filter(|listed| known.insert(listed.signature.clone())));
        }
        all.sort_by_key(|listed| listed.slot);
        let failed = all.iter().filter(|listed| listed.failed).count();
        let fetched = stream::iter(all.into_iter().filter(|listed| !listed.failed))
            .map(|listed| async move { self.transaction(listed.signature).await })
            .buffered(PARALLEL)
            .try_collect::<Vec<_>>();
        let read = |(signature, transaction)| Recorded::read(signature, transaction, decoder);
        let recorded = fetched.await?.into_iter().map(read).collect::<Result<Vec<_>>>()?;
        Ok((recorded, failed))
    }

    /// Oldest first.
    async fn list(&self, address: &Pubkey) -> Result<Vec<Listed>> {
        let (mut all, mut before) = (vec![], None);
        loop {
            let config = GetConfirmedSignaturesForAddress2Config {
                before,
                until: None,
                limit: Some(PAGE),
                commitment: Some(self.history_commitment()),
            };
            let page = self.rpc.get_signatures_for_address_with_config(address, config).await;
            let page = page.map_err(|why| self.chain_error(&why))?;
            before = page.last().and_then(|last| Signature::from_str(&last.signature).ok());
            let whole = page.len() == PAGE;
            all.extend(page.into_iter().map(|listed| Listed {
                failed: listed.err.is_some(),
                signature: listed.signature,
                slot: listed.slot,
            }));
            if !whole || before.is_none() {
                all.reverse();
                return Ok(all);
            }
        }
    }

    /// A transaction as the chain has it, with its signature.
    pub async fn transaction(&self, signature: String) -> Result<(String, EncodedConfirmedTransactionWithStatusMeta)> {
        let config = RpcTransactionConfig {
            encoding: Some(UiTransactionEncoding::Json),
            commitment: Some(self.history_commitment()),
            max_supported_transaction_version: Some(0),
        };
        let parsed = Signature::from_str(&signature).map_err(|_| broken(&signature))?;
        let found = self.rpc.get_transaction_with_config(&parsed, config).await;
        Ok((signature, found.map_err(|why| self.chain_error(&why))?))
    }

    /// History is not kept of what is only processed.
    fn history_commitment(&self) -> CommitmentConfig {
        let commitment = self.settings.commitment;
        if commitment == CommitmentConfig::processed() { CommitmentConfig::confirmed() } else { commitment }
    }
}

/// The cases that were opened about a job.
fn cases(job: &Pubkey, history: &[Recorded]) -> Vec<Pubkey> {
    let events = history.iter().flat_map(|recorded| &recorded.events);
    let opened = events.filter(|event| event.kind == "CaseOpened" && event.data["job"] == job.to_string());
    opened.filter_map(|event| event.data["case"].as_str()?.parse().ok()).collect()
}

fn broken(signature: &str) -> Error {
    Error::Refused(format!("the transaction {signature} cannot be read: ask another RPC with --url"))
}

impl Recorded {
    /// Reads a transaction in `json` encoding.
    pub fn read(
        signature: String,
        transaction: EncodedConfirmedTransactionWithStatusMeta,
        decoder: &Decoder,
    ) -> Result<Self> {
        let slot = transaction.slot;
        let (Some(meta), EncodedTransaction::Json(body)) =
            (transaction.transaction.meta, transaction.transaction.transaction)
        else {
            return Err(broken(&signature));
        };
        let UiMessage::Raw(message) = body.message else { return Err(broken(&signature)) };
        let mut keys = message.account_keys;
        if let OptionSerializer::Some(loaded) = meta.loaded_addresses {
            keys.extend(loaded.writable);
            keys.extend(loaded.readonly);
        }
        let keys = keys.iter().map(|key| key.parse().map_err(|_| broken(&signature)));
        let keys = keys.collect::<Result<Vec<Pubkey>>>()?;
        let notes =
            message.instructions.iter().filter(|call| keys.get(usize::from(call.program_id_index)) == Some(&MEMO));
        let notes = notes.filter_map(|call| noted(&bs58::decode(&call.data).into_vec().ok()?)).collect();
        let inner: Vec<UiInnerInstructions> = Option::from(meta.inner_instructions).unwrap_or_default();
        let compute_units: Option<u64> = meta.compute_units_consumed.into();
        Ok(Self {
            slot,
            compute_units: compute_units.unwrap_or(0),
            events: events(&inner, &keys, decoder)?,
            notes,
            balances: keys.into_iter().zip(meta.post_balances).collect(),
            signature,
        })
    }
}

/// The events of all programs of ours, in order.
fn events(inner: &[UiInnerInstructions], keys: &[Pubkey], decoder: &Decoder) -> Result<Vec<Event>> {
    let ours: Vec<_> = decoder.programs().into_iter().map(|(id, _)| id).collect();
    let mut events = vec![];
    for instruction in inner.iter().flat_map(|inner| &inner.instructions) {
        let UiInstruction::Compiled(instruction) = instruction else { continue };
        let Some(program) = keys.get(usize::from(instruction.program_id_index)) else { continue };
        // Anchor's programs take events from their own event authority alone: this is the program's own word.
        let data = bs58::decode(&instruction.data).into_vec().unwrap_or_default();
        if let (true, Some(data)) = (ours.contains(program), data.strip_prefix(EVENT_TAG.as_slice())) {
            let decoded = decoder.event(program, data)?;
            events.push(Event { program: decoded.program.into(), kind: decoded.kind, data: decoded.json });
        }
    }
    Ok(events)
}

#[cfg(test)]
mod tests {
    use assay_sdk::{
        anchor_lang::{AnchorSerialize, Discriminator},
        escrow::{self, events::JobRefunded},
    };
    use serde_json::json;

    use super::*;

    #[test]
    fn cases_are_found_in_the_jobs_history() {
        let key = |n: u8| Pubkey::new_from_array([n; 32]);
        let event = |kind: &str, job: u8, case: u8| Event {
            program: "verification".into(),
            kind: kind.into(),
            data: json!({"job": key(job).to_string(), "case": key(case).to_string()}),
        };
        let events = vec![event("CaseOpened", 1, 5), event("CaseClosed", 1, 5), event("CaseOpened", 2, 6)];
        let recorded = Recorded { events, ..Recorded::default() };
        assert_eq!(cases(&key(1), &[recorded]), [key(5)]);
    }

    #[test]
    fn a_transaction_is_read_with_its_events_and_balances() {
        let key = |n: u8| Pubkey::new_from_array([n; 32]);
        let mut event = [EVENT_TAG.as_slice(), JobRefunded::DISCRIMINATOR].concat();
        JobRefunded { job: key(1), amount: 320_000 }.serialize(&mut event).unwrap();
        let instruction = |program: u8, data: &[u8]| {
            let data = bs58::encode(data).into_string();
            json!({"programIdIndex": program, "accounts": [], "data": data, "stackHeight": 2})
        };
        // Another program's words are no note.
        let memo = |program: u8, file: u8| {
            let data = bs58::encode(assay_sdk::private::note(&[file; 32]).data).into_string();
            json!({"programIdIndex": program, "accounts": [], "data": data, "stackHeight": null})
        };
        let transaction = json!({
            "slot": 12, "blockTime": 1_700_000_000,
            "transaction": {"signatures": ["s"], "message": {
                "header": {"numRequiredSignatures": 1, "numReadonlySignedAccounts": 0, "numReadonlyUnsignedAccounts": 1},
                "accountKeys": [key(1).to_string(), escrow::ID.to_string(), MEMO.to_string()], "recentBlockhash": "h",
                "instructions": [memo(2, 0xab), memo(1, 0xcd)]
            }},
            "meta": {
                "err": null, "status": {"Ok": null}, "fee": 5000, "computeUnitsConsumed": 4321,
                "preBalances": [10, 1, 1, 0], "postBalances": [7, 1, 1, 3],
                "loadedAddresses": {"writable": [key(3).to_string()], "readonly": []},
                // A stranger's words (account 0) and another call of ours are no events.
                "innerInstructions": [{"index": 0, "instructions": [
                    instruction(0, &event), instruction(1, b"transfer"), instruction(1, &event)
                ]}]
            }
        });
        let transaction = serde_json::from_value(transaction).unwrap();
        let read = Recorded::read("s".into(), transaction, &Decoder::new().unwrap()).unwrap();
        let data = json!({"job": key(1).to_string(), "amount": "320000"});
        let expected = Recorded {
            signature: "s".into(),
            slot: 12,
            compute_units: 4_321,
            balances: HashMap::from([(key(1), 7), (escrow::ID, 1), (MEMO, 1), (key(3), 3)]),
            notes: vec![[0xab; 32]],
            events: vec![Event { program: "escrow".into(), kind: "JobRefunded".into(), data }],
        };
        assert_eq!(read, expected);
    }
}
