//! What the chain's history says of jobs that are gone.

use anyhow::Result;
use assay_sdk::{
    addresses,
    anchor_lang::{AnchorDeserialize, Discriminator},
    decode::EVENT_TAG,
    escrow::{self, Job, events::JobClosed},
};
use solana_commitment_config::CommitmentConfig;
use solana_rpc_client::rpc_client::GetConfirmedSignaturesForAddress2Config;
use solana_rpc_client_api::config::RpcTransactionConfig;
use solana_sdk::{bs58, pubkey::Pubkey, signature::Signature};
use solana_transaction_status_client_types::{
    EncodedConfirmedTransactionWithStatusMeta, EncodedTransaction, UiInnerInstructions, UiInstruction, UiMessage,
    UiTransactionEncoding,
};

use super::Chain;

/// Transactions that are listed, the last ones first. Closing is the last that names a job's vault, but for what strangers
/// send to it, and for later postings.
const LISTED: usize = 1_000;
/// Of which so many are looked into.
const READ: usize = 64;

impl Chain {
    /// A job as it was when it was closed, of the posting at `address` that `is` the one; nothing if it was not, or the RPC
    /// does not know it.
    ///
    /// # Errors
    /// When the RPC fails.
    pub async fn closed(&self, address: &Pubkey, is: impl Fn(&Job) -> bool + Send) -> Result<Option<Job>> {
        let confirmed = Some(CommitmentConfig::confirmed());
        let config = GetConfirmedSignaturesForAddress2Config {
            limit: Some(LISTED),
            commitment: confirmed,
            ..GetConfirmedSignaturesForAddress2Config::default()
        };
        let vault = addresses::job_vault(address);
        let listed = self.rpc.get_signatures_for_address_with_config(&vault, config).await?;
        for one in listed.into_iter().filter(|one| one.err.is_none()).take(READ) {
            let signature: Signature = one.signature.parse()?;
            let config = RpcTransactionConfig {
                encoding: Some(UiTransactionEncoding::Json),
                commitment: confirmed,
                max_supported_transaction_version: Some(0),
            };
            let told = jobs_closed(self.rpc.get_transaction_with_config(&signature, config).await?);
            if let Some(closed) = told.into_iter().find(|closed| closed.job == *address && is(&closed.last)) {
                return Ok(Some(closed.last));
            }
        }
        Ok(None)
    }
}

/// What the escrow program tells itself: only it can, so it is its own word.
fn jobs_closed(transaction: EncodedConfirmedTransactionWithStatusMeta) -> Vec<JobClosed> {
    let read = || {
        let (meta, EncodedTransaction::Json(body)) =
            (transaction.transaction.meta?, transaction.transaction.transaction)
        else {
            return None;
        };
        let UiMessage::Raw(message) = body.message else { return None };
        let mut keys = message.account_keys;
        if let Some(loaded) =
            Option::<solana_transaction_status_client_types::UiLoadedAddresses>::from(meta.loaded_addresses)
        {
            keys.extend(loaded.writable.into_iter().chain(loaded.readonly));
        }
        let inner: Vec<UiInnerInstructions> = Option::from(meta.inner_instructions)?;
        let program = escrow::ID.to_string();
        let told = inner.into_iter().flat_map(|inner| inner.instructions).filter_map(|call| {
            let UiInstruction::Compiled(call) = call else { return None };
            let ours = keys.get(usize::from(call.program_id_index)) == Some(&program);
            ours.then(|| bs58::decode(&call.data).into_vec().ok()).flatten()
        });
        Some(told.filter_map(|data| closed(&data)).collect())
    };
    read().unwrap_or_default()
}

fn closed(data: &[u8]) -> Option<JobClosed> {
    let event = data.strip_prefix(EVENT_TAG.as_slice())?.strip_prefix(JobClosed::DISCRIMINATOR)?;
    JobClosed::try_from_slice(event).ok()
}

#[cfg(test)]
mod tests {
    use assay_sdk::anchor_lang::{AnchorSerialize, Space};
    use serde_json::json;

    use super::*;

    fn key(n: u8) -> Pubkey {
        Pubkey::new_from_array([n; 32])
    }

    fn event(job: u8, posted_at: i64) -> Vec<u8> {
        let blank = Job::deserialize(&mut vec![0; 2 * Job::INIT_SPACE].as_slice()).unwrap();
        let last = Job { posted_at, uri: "u".repeat(70), ..blank };
        let mut data = [EVENT_TAG.as_slice(), JobClosed::DISCRIMINATOR].concat();
        JobClosed { job: key(job), bounty: 5_000, last }.serialize(&mut data).unwrap();
        data
    }

    #[test]
    fn a_closed_job_is_read_from_the_escrow_programs_own_word() {
        let call = |program: u8, data: &[u8]| {
            let data = bs58::encode(data).into_string();
            json!({"programIdIndex": program, "accounts": [], "data": data, "stackHeight": 2})
        };
        let transaction = json!({
            "slot": 12, "blockTime": 1_700_000_000,
            "transaction": {"signatures": ["s"], "message": {
                "header": {"numRequiredSignatures": 1, "numReadonlySignedAccounts": 0, "numReadonlyUnsignedAccounts": 1},
                "accountKeys": [key(1).to_string(), key(2).to_string()], "recentBlockhash": "h", "instructions": []
            }},
            "meta": {
                "err": null, "status": {"Ok": null}, "fee": 5000, "preBalances": [], "postBalances": [],
                // By way of a lookup table.
                "loadedAddresses": {"writable": [escrow::ID.to_string()], "readonly": []},
                "innerInstructions": [{"index": 0, "instructions": [
                    call(1, &event(7, 1)), call(2, b"transfer"), call(2, &event(7, 2)), call(2, &event(8, 3)),
                    call(2, &event(9, 4)[..300])
                ]}]
            }
        });
        let told = jobs_closed(serde_json::from_value(transaction).unwrap());
        let told: Vec<_> = told.iter().map(|closed| (closed.job, closed.last.posted_at)).collect();
        assert_eq!(told, [(key(7), 2), (key(8), 3)], "not a stranger's word, nor half a word");
    }
}
