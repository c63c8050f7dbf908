//! Solana's PubSub over WebSocket.

use std::{collections::HashMap, sync::Weak};

use axum::{
    extract::{
        State, WebSocketUpgrade,
        ws::{Message, WebSocket},
    },
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};
use solana_sdk::pubkey::Pubkey;
use tokio::sync::broadcast;

use super::{Fault, Shared, Update, http::keyed};

enum Subscription {
    Logs(Pubkey),
    Program(Pubkey),
    Slot,
}

pub async fn upgrade(State(shared): State<Weak<Shared>>, socket: WebSocketUpgrade) -> Response {
    let Some(alive) = shared.upgrade() else { return StatusCode::SERVICE_UNAVAILABLE.into_response() };
    match alive.faults.call("subscribe") {
        Some(Fault::Status(status)) => StatusCode::from_u16(status).unwrap().into_response(),
        _ => socket.on_upgrade(async |socket| {
            serve(shared, socket).await;
        }),
    }
}

/// Until either side ends it. A client that is too slow is cut, as nodes do.
async fn serve(shared: Weak<Shared>, mut socket: WebSocket) -> Option<()> {
    let (mut updates, mut cuts, stop) = {
        let shared = shared.upgrade()?;
        (shared.updates.subscribe(), shared.faults.cuts(), shared.stop.clone())
    };
    let mut subscriptions = HashMap::new();
    loop {
        let answers = tokio::select! {
            () = stop.cancelled() => return None,
            _ = cuts.changed() => return None,
            message = socket.recv() => match message?.ok()? {
                Message::Text(text) => vec![subscribe(&mut subscriptions, &serde_json::from_str(&text).ok()?)],
                _ => vec![],
            },
            update = updates.recv() => match update {
                Ok(update) => notifications(&subscriptions, &update),
                Err(broadcast::error::RecvError::Lagged(_) | broadcast::error::RecvError::Closed) => return None,
            },
        };
        // A silent node loses what it does not say.
        if shared.upgrade()?.faults.is_silent() {
            continue;
        }
        for answer in answers {
            socket.send(Message::text(answer.to_string())).await.ok()?;
        }
    }
}

fn subscribe(subscriptions: &mut HashMap<u64, Subscription>, request: &Value) -> Value {
    let id = u64::try_from(subscriptions.len()).unwrap() + 1;
    let params = &request["params"];
    let key = |value: &Value| value.as_str().and_then(|text| text.parse().ok());
    let subscription = match request["method"].as_str().unwrap_or_default() {
        "logsSubscribe" => key(&params[0]["mentions"][0]).map(Subscription::Logs),
        "programSubscribe" => key(&params[0]).map(Subscription::Program),
        "slotSubscribe" => Some(Subscription::Slot),
        _ => None,
    };
    match subscription {
        Some(subscription) => {
            subscriptions.insert(id, subscription);
            json!({"jsonrpc": "2.0", "id": request["id"], "result": id})
        }
        None => {
            json!({"jsonrpc": "2.0", "id": request["id"], "error": {"code": -32601, "message": "Method not found"}})
        }
    }
}

fn notifications(subscriptions: &HashMap<u64, Subscription>, update: &Update) -> Vec<Value> {
    let told = |(id, subscription): (&u64, &Subscription)| {
        let (method, result) = match (subscription, update) {
            (Subscription::Logs(program), Update::Transaction(tx)) if tx.programs().any(|used| used == program) => {
                let err = tx.failed.then(|| json!({"InstructionError": [0, {"Custom": 1}]}));
                let value = json!({"signature": tx.signature, "err": err, "logs": []});
                ("logsNotification", json!({"context": {"slot": tx.slot}, "value": value}))
            }
            (Subscription::Program(program), Update::Account { slot, address, account, .. })
                if account.program == *program =>
            {
                ("programNotification", json!({"context": {"slot": slot}, "value": keyed(address, account)}))
            }
            (Subscription::Slot, Update::Block { slot, parent, .. }) => {
                ("slotNotification", json!({"slot": slot, "parent": parent, "root": parent}))
            }
            _ => return None,
        };
        Some(json!({"jsonrpc": "2.0", "method": method, "params": {"result": result, "subscription": id}}))
    };
    subscriptions.iter().filter_map(told).collect()
}
