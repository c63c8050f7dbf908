//! Events and closed accounts out of a transaction as the RPC tells it.

use assay_sdk::decode::EVENT_TAG;
use solana_sdk::{bs58, pubkey::Pubkey};
use solana_transaction_status_client_types::{
    EncodedConfirmedTransactionWithStatusMeta, EncodedTransaction, UiInnerInstructions, UiInstruction, UiMessage,
    option_serializer::OptionSerializer,
};

use super::{ChainEvent, ChainTransaction};

/// Reads a transaction in `json` encoding. `None` if it failed or is not in the shape asked for.
pub fn extract(
    signature: &str,
    transaction: EncodedConfirmedTransactionWithStatusMeta,
    programs: &[Pubkey],
) -> Option<ChainTransaction> {
    let meta = transaction.transaction.meta?;
    if meta.err.is_some() {
        return None;
    }
    let EncodedTransaction::Json(body) = transaction.transaction.transaction else { return None };
    let UiMessage::Raw(message) = body.message else { return None };
    let mut keys = message.account_keys;
    if let OptionSerializer::Some(loaded) = meta.loaded_addresses {
        keys.extend(loaded.writable);
        keys.extend(loaded.readonly);
    }
    let had = |i: usize| meta.pre_balances.get(i).is_some_and(|lamports| *lamports > 0);
    let closed = keys.iter().zip(&meta.post_balances).enumerate();
    let closed = closed.filter(|(i, (_, after))| **after == 0 && had(*i)).map(|(_, (key, _))| key.clone()).collect();
    let inner = match meta.inner_instructions {
        OptionSerializer::Some(inner) => inner,
        _ => vec![],
    };
    let events = inner.iter().flat_map(|inner| events(inner, &keys, programs)).collect();
    Some(ChainTransaction {
        signature: signature.into(),
        slot: transaction.slot,
        time: transaction.block_time,
        closed,
        events,
    })
}

/// An inner instruction with the event tag to one of our programs. Anchor's programs take it from their own event
/// authority alone, so that one that succeeded is their own word.
fn events(inner: &UiInnerInstructions, keys: &[String], programs: &[Pubkey]) -> Vec<ChainEvent> {
    let event = |(at, instruction): (usize, &UiInstruction)| {
        let UiInstruction::Compiled(instruction) = instruction else { return None };
        let program: Pubkey = keys.get(usize::from(instruction.program_id_index))?.parse().ok()?;
        if !programs.contains(&program) {
            return None;
        }
        let data = bs58::decode(&instruction.data).into_vec().ok()?;
        let data = data.strip_prefix(&EVENT_TAG)?.to_vec();
        Some(ChainEvent { ix: inner.index.into(), inner_ix: i32::try_from(at).ok()?, program, data })
    };
    inner.instructions.iter().enumerate().filter_map(event).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn events_and_closed_accounts_of_ours_are_found() {
        let program = Pubkey::new_from_array([7; 32]);
        let key = |n: u8| Pubkey::new_from_array([n; 32]).to_string();
        let event = bs58::encode([EVENT_TAG.as_slice(), b"eventbytes"].concat()).into_string();
        let other = bs58::encode(b"transfer").into_string();
        let transaction = json!({
            "slot": 12, "blockTime": 1_700_000_000,
            "transaction": {"signatures": ["s"], "message": {
                "header": {"numRequiredSignatures": 1, "numReadonlySignedAccounts": 0, "numReadonlyUnsignedAccounts": 1},
                "accountKeys": [key(1), key(2), key(7)], "recentBlockhash": "h", "instructions": []
            }},
            "meta": {
                "err": null, "status": {"Ok": null}, "fee": 5000,
                "preBalances": [10, 20, 1, 5, 0], "postBalances": [5, 0, 1, 0, 0],
                "loadedAddresses": {"writable": [key(3)], "readonly": [key(4)]},
                "innerInstructions": [{"index": 1, "instructions": [
                    {"programIdIndex": 2, "accounts": [], "data": other, "stackHeight": 2},
                    {"programIdIndex": 1, "accounts": [], "data": event, "stackHeight": 2},
                    {"programIdIndex": 2, "accounts": [], "data": event, "stackHeight": 2}
                ]}]
            }
        });
        let mut failed = transaction.clone();
        failed["meta"]["err"] = json!({"InstructionError": [0, {"Custom": 1}]});
        let read = |json| extract("s", serde_json::from_value(json).unwrap(), &[program]);
        let expected = ChainTransaction {
            signature: "s".into(),
            slot: 12,
            time: Some(1_700_000_000),
            closed: vec![key(2), key(3)],
            events: vec![ChainEvent { ix: 1, inner_ix: 2, program, data: b"eventbytes".to_vec() }],
        };
        assert_eq!(read(transaction), Some(expected));
        assert_eq!(read(failed), None);
    }
}
