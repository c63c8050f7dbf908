//! JSON-RPC over HTTP, in the shapes of Agave's.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Weak,
};

use assay_sdk::decode::EVENT_TAG;
use axum::{
    Json,
    body::Body,
    extract::State,
    http::{StatusCode, header::RETRY_AFTER},
    response::{IntoResponse, Response},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use solana_sdk::{bs58, pubkey::Pubkey};

use super::{
    Account, Fault, Shared,
    model::{Model, Tx, time},
};

pub const GENESIS: &str = "GH7ome3EiwEr7tu9JuTh2dpYWBJK3z69Xm1ZE3MEE6JC";

type Answer = Result<Value, (i64, String)>;

/// One call.
struct Call<'a> {
    model: &'a Model,
    params: &'a Value,
    /// What the node believes to be the tip.
    tip: u64,
    partial: bool,
}

pub async fn answer(State(shared): State<Weak<Shared>>, Json(request): Json<Value>) -> Response {
    let Some(shared) = shared.upgrade() else { return StatusCode::SERVICE_UNAVAILABLE.into_response() };
    let method = request["method"].as_str().unwrap_or_default();
    let fault = shared.faults.call(method);
    match &fault {
        Some(Fault::Status(status)) => return StatusCode::from_u16(*status).unwrap().into_response(),
        Some(Fault::TooMany(seconds)) => {
            return (StatusCode::TOO_MANY_REQUESTS, [(RETRY_AFTER, seconds.to_string())]).into_response();
        }
        Some(Fault::Late(late)) => tokio::time::sleep(*late).await,
        Some(Fault::Cut) => {
            let chunks = [Ok("{\"jsonrpc\":"), Err(std::io::Error::other("cut"))];
            return Body::from_stream(futures_util::stream::iter(chunks)).into_response();
        }
        _ => {}
    }
    let answer = match fault {
        Some(Fault::Rpc(code, message)) => Err((code, message.to_owned())),
        fault => {
            let model = shared.model.lock().unwrap();
            let behind = if let Some(Fault::Behind(slots)) = fault { slots } else { 0 };
            let tip = model.tip.saturating_sub(behind);
            let partial = matches!(fault, Some(Fault::Partial));
            Call { model: &model, params: &request["params"], tip, partial }.answer(method)
        }
    };
    Json(match answer {
        Ok(result) => json!({"jsonrpc": "2.0", "id": request["id"], "result": result}),
        Err((code, message)) => {
            json!({"jsonrpc": "2.0", "id": request["id"], "error": {"code": code, "message": message}})
        }
    })
    .into_response()
}

impl Call<'_> {
    fn answer(&self, method: &str) -> Answer {
        match method {
            "getGenesisHash" => Ok(json!(GENESIS)),
            "getHealth" => Ok(json!("ok")),
            "getVersion" => Ok(json!({"solana-core": "3.1.0", "feature-set": 0})),
            "getSlot" => Ok(json!(self.top(&self.params[0]))),
            "getFirstAvailableBlock" => Ok(json!(self.model.first)),
            "getBlockTime" => self.slot().and_then(|slot| self.block(slot)).map(|(slot, _)| json!(time(slot))),
            "getBlock" => self.slot().and_then(|slot| self.block(slot)).map(|(slot, parent)| self.whole(slot, parent)),
            "getSignaturesForAddress" => self.listing(),
            "getTransaction" => self.transaction(),
            "getProgramAccounts" => self.scan(),
            "getMultipleAccounts" => self.accounts(),
            _ => Err((-32601, "Method not found".into())),
        }
    }

    /// The latest slot of the commitment asked for.
    fn top(&self, config: &Value) -> u64 {
        let finalized = !matches!(config["commitment"].as_str(), Some("confirmed" | "processed"));
        if finalized { self.model.finalized.min(self.tip) } else { self.tip }
    }

    fn slot(&self) -> Result<u64, (i64, String)> {
        self.params[0].as_u64().ok_or((-32602, "Invalid params: a slot is wanted".into()))
    }

    /// A block's slot and its parent's, or what Agave says where there is none.
    fn block(&self, slot: u64) -> Result<(u64, u64), (i64, String)> {
        let first = self.model.first;
        match self.model.parent(slot) {
            _ if slot > self.tip => Err((-32004, format!("Block not available for slot {slot}"))),
            Some(parent) => Ok((slot, parent)),
            None if slot < first => Err((
                -32001,
                format!("Block {slot} cleaned up, does not exist on node. First available block: {first}"),
            )),
            None => Err((-32007, format!("Slot {slot} was skipped, or missing due to ledger jump to recent snapshot"))),
        }
    }

    fn whole(&self, slot: u64, parent: u64) -> Value {
        let of_slot = self.model.transactions.iter().filter(|tx| tx.slot == slot);
        let signatures: Vec<_> = of_slot.map(|tx| &tx.signature).collect();
        json!({
            "blockhash": GENESIS, "previousBlockhash": GENESIS, "parentSlot": parent, "blockTime": time(slot),
            "blockHeight": slot, "signatures": signatures,
        })
    }

    fn visible(&self, config: &Value) -> impl DoubleEndedIterator<Item = &Tx> {
        let top = self.top(config);
        self.model.transactions.iter().filter(move |tx| tx.slot <= top && tx.slot >= self.model.first)
    }

    fn listing(&self) -> Answer {
        let (address, config) = (pubkey(&self.params[0])?, &self.params[1]);
        if config["minContextSlot"].as_u64().is_some_and(|least| least > self.top(config)) {
            return Err((-32016, "Minimum context slot has not been reached".into()));
        }
        let all = self.visible(config).rev().filter(|tx| tx.programs().any(|program| *program == address));
        let before = config["before"].as_str();
        // Agave, too, gives nothing after a signature that it does not know.
        let rest = all.skip_while(|tx| before.is_some_and(|before| tx.signature != before));
        let rest = rest.skip(usize::from(before.is_some()));
        let until = config["until"].as_str();
        let rest = rest.take_while(|tx| until != Some(&tx.signature));
        let limit = usize::try_from(config["limit"].as_u64().unwrap_or(1_000)).unwrap();
        let status = |slot| if slot <= self.model.finalized { "finalized" } else { "confirmed" };
        let entry = |tx: &Tx| {
            json!({
                "signature": tx.signature, "slot": tx.slot, "err": error(tx), "memo": null, "blockTime": time(tx.slot),
                "confirmationStatus": status(tx.slot),
            })
        };
        Ok(rest.take(limit).map(entry).collect())
    }

    fn transaction(&self) -> Answer {
        let wanted = self.params[0].as_str();
        let found = self.visible(&self.params[1]).find(|tx| Some(tx.signature.as_str()) == wanted);
        Ok(found.map_or(Value::Null, transaction))
    }

    fn scan(&self) -> Answer {
        let (program, config) = (pubkey(&self.params[0])?, &self.params[1]);
        let slot = self.top(config);
        let found = self.model.scan(&program, slot).into_iter();
        let step = if self.partial { 2 } else { 1 };
        let accounts = found.step_by(step).map(|(address, found)| keyed(&address, &found));
        let accounts: Vec<Value> = accounts.collect();
        Ok(match config["withContext"].as_bool() {
            Some(true) => json!({"context": {"slot": slot}, "value": accounts}),
            _ => json!(accounts),
        })
    }

    fn accounts(&self) -> Answer {
        let slot = self.top(&self.params[1]);
        let wanted = self.params[0].as_array().cloned().unwrap_or_default();
        let found = |address: &Value| Ok(self.model.account(&pubkey(address)?, slot).map(|found| account(&found)));
        let found: Vec<Option<Value>> = wanted.iter().map(found).collect::<Result<_, _>>()?;
        Ok(json!({"context": {"slot": slot}, "value": found}))
    }
}

fn pubkey(value: &Value) -> Result<Pubkey, (i64, String)> {
    let parsed = value.as_str().and_then(|text| text.parse().ok());
    parsed.ok_or((-32602, format!("Invalid param: {value}")))
}

fn error(tx: &Tx) -> Value {
    if tx.failed { json!({"InstructionError": [0, {"Custom": 1}]}) } else { Value::Null }
}

fn account(account: &Account) -> Value {
    json!({
        "lamports": 1_000_000, "owner": account.program.to_string(), "data": [STANDARD.encode(&account.data), "base64"],
        "executable": false, "rentEpoch": u64::MAX, "space": account.data.len(),
    })
}

pub fn keyed(address: &Pubkey, found: &Account) -> Value {
    json!({"pubkey": address.to_string(), "account": account(found)})
}

/// In `json` encoding: keys are the payer, what is closed, the programs.
fn transaction(tx: &Tx) -> Value {
    let payer = Pubkey::new_from_array([200; 32]);
    let programs: BTreeSet<&Pubkey> = tx.programs().collect();
    let keys: Vec<&Pubkey> = std::iter::once(&payer).chain(&tx.closed).chain(programs).collect();
    let place = |program: &Pubkey| keys.iter().position(|key| *key == program).unwrap();
    let closes = |at: usize| !tx.failed && (1..=tx.closed.len()).contains(&at);
    let after: Vec<u64> = (0..keys.len()).map(|at| if closes(at) { 0 } else { 5_000 }).collect();
    let mut inner: BTreeMap<u8, Vec<Value>> = BTreeMap::new();
    let filler = json!({"programIdIndex": 0, "accounts": [], "data": "3Bxs", "stackHeight": 2});
    for event in tx.events.iter().filter(|_| !tx.failed) {
        let list = inner.entry(event.ix).or_default();
        list.resize(event.inner_ix, filler.clone());
        let data = bs58::encode([EVENT_TAG.as_slice(), &event.data].concat()).into_string();
        list.push(json!({"programIdIndex": place(&event.program), "accounts": [], "data": data, "stackHeight": 2}));
    }
    let inner: Vec<Value> = inner.into_iter().map(|(ix, list)| json!({"index": ix, "instructions": list})).collect();
    let status = if tx.failed { json!({"Err": error(tx)}) } else { json!({"Ok": null}) };
    json!({
        "slot": tx.slot, "blockTime": time(tx.slot), "version": "legacy",
        "transaction": {"signatures": [tx.signature], "message": {
            "header": {"numRequiredSignatures": 1, "numReadonlySignedAccounts": 0, "numReadonlyUnsignedAccounts": 0},
            "accountKeys": keys.iter().map(ToString::to_string).collect::<Vec<_>>(), "recentBlockhash": GENESIS,
            "instructions": [],
        }},
        "meta": {
            "err": error(tx), "status": status, "fee": 5_000, "preBalances": vec![6_000; keys.len()],
            "postBalances": after, "innerInstructions": inner, "loadedAddresses": {"writable": [], "readonly": []},
        },
    })
}
