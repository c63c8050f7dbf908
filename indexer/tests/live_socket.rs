//! Streams by WebSocket.

#![allow(clippy::unwrap_used)]

mod common;
#[path = "common/live.rs"]
mod kit;

use futures_util::{SinkExt, StreamExt};
use kit::{Database, Instance, address};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, tungstenite::Message};

struct Socket(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Socket {
    async fn open(instance: &Instance) -> Self {
        let url = format!("{}/v1/ws", instance.base.replacen("http", "ws", 1));
        Self(tokio_tungstenite::connect_async(url).await.unwrap().0)
    }

    async fn say(&mut self, text: impl ToString) {
        self.0.send(Message::text(text.to_string())).await.unwrap();
    }

    /// The next message that is none of the protocol's own; the close code at the end.
    async fn next(&mut self) -> Result<Value, Option<u16>> {
        loop {
            let next = tokio::time::timeout(kit::PATIENCE, self.0.next()).await.expect("the socket is silent");
            match next {
                Some(Ok(Message::Text(text))) => return Ok(serde_json::from_str(&text).unwrap()),
                Some(Ok(Message::Close(close))) => return Err(close.map(|close| close.code.into())),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Err(None),
            }
        }
    }

    async fn ask(&mut self, text: impl ToString) -> Value {
        self.say(text).await;
        self.next().await.unwrap()
    }
}

#[tokio::test]
async fn subscriptions_come_and_go() {
    let mut database = Database::start().await;
    let instance = database.instance(&[]).await;
    database.events("SeatClaimed", json!({"job": address(10)}), 1).await;
    database.events("SeatSettled", json!({"job": address(11)}), 1).await;
    // All of it is with this instance, so that what comes next is that.
    instance.stream("?after=1").await.ids(1).await;
    let mut socket = Socket::open(&instance).await;
    assert_eq!(socket.ask(json!({"op": "ping"})).await, json!({"op": "pong"}));

    let past = json!({"op": "subscribe", "id": "past", "topics": [format!("job:{}", address(10))], "after": "0"});
    assert_eq!(socket.ask(&past).await, json!({"op": "ack", "id": "past", "after": "0"}));
    let event = socket.next().await.unwrap();
    assert_eq!((&event["op"], &event["id"]), (&json!("event"), &json!("past")));
    assert_eq!((&event["event"]["id"], &event["event"]["kind"]), (&json!("1"), &json!("SeatClaimed")));
    let next = json!({"op": "subscribe", "id": "next", "topics": ["kind:SeatSettled"]});
    assert_eq!(socket.ask(&next).await, json!({"op": "ack", "id": "next", "after": "2"}));

    // Wanted by both, by one, by none.
    database.events("SeatSettled", json!({"job": address(10)}), 1).await;
    database.events("SeatClaimed", json!({"job": address(10)}), 1).await;
    database.events("SeatClaimed", json!({"job": address(11)}), 1).await;
    let mut got = vec![];
    for _ in 0..3 {
        let message = socket.next().await.unwrap();
        got.push((message["id"].as_str().unwrap().to_owned(), message["event"]["id"].as_str().unwrap().to_owned()));
    }
    got.sort();
    assert_eq!(got, [("next", "3"), ("past", "3"), ("past", "4")].map(|(id, event)| (id.into(), event.into())));

    assert_eq!(socket.ask(json!({"op": "unsubscribe", "id": "past"})).await, json!({"op": "ack", "id": "past"}));
    database.events("SeatClaimed", json!({"job": address(10)}), 1).await;
    sqlx::query("INSERT INTO retractions (slot, event) SELECT 1, json FROM event_rows WHERE id = 3")
        .execute(&database.pool)
        .await
        .unwrap();
    let retracted = socket.next().await.unwrap();
    assert_eq!((&retracted["op"], &retracted["id"]), (&json!("retracted"), &json!("next")));
    assert_eq!((&retracted["retracted"]["id"], &retracted["retracted"]["event"]["id"]), (&json!("7"), &json!("3")));

    instance.stop.cancel();
    assert_eq!(socket.next().await.unwrap()["op"], "end");
    assert_eq!(socket.next().await, Err(Some(1012)));
}

#[tokio::test]
async fn wrong_messages_are_answered_and_large_ones_end_it() {
    let database = Database::start().await;
    let instance = database.instance(&[]).await;
    let mut socket = Socket::open(&instance).await;
    let table = [
        ("nonsense".to_owned(), Value::Null, "not a message that is known here"),
        (json!({"op": "shout"}).to_string(), Value::Null, "not a message that is known here"),
        (json!({"op": "subscribe", "id": ""}).to_string(), Value::Null, "a subscription's id has 1 to 64 bytes"),
        (json!({"op": "unsubscribe", "id": "x"}).to_string(), json!("x"), "there is no subscription of this id"),
        (json!({"op": "subscribe", "id": "x", "topics": ["job:1"]}).to_string(), json!("x"), "needs a base58 address"),
        (json!({"op": "subscribe", "id": "x", "after": "9"}).to_string(), json!("x"), "not the id of an event"),
        (
            json!({"op": "subscribe", "id": "x", "topics": vec!["class:1"; 65]}).to_string(),
            json!("x"),
            "there may be 64 topics at most",
        ),
    ];
    for (message, id, detail) in table {
        let answer = socket.ask(&message).await;
        assert_eq!((&answer["op"], &answer["id"]), (&json!("error"), &id), "{message}");
        assert!(answer["detail"].as_str().unwrap().contains(detail), "{message}: {answer}");
    }
    for n in 0..32 {
        assert_eq!(socket.ask(json!({"op": "subscribe", "id": n.to_string()})).await["op"], "ack");
    }
    let again = socket.ask(json!({"op": "subscribe", "id": "0"})).await;
    assert_eq!(again["detail"], "there is a subscription of this id; unsubscribe it first");
    let more = socket.ask(json!({"op": "subscribe", "id": "more"})).await;
    assert_eq!(more["detail"], "there may be 32 subscriptions at most on a connection");
    let _ = socket.0.send(Message::text("x".repeat((16 << 10) + 1))).await;
    assert!(socket.next().await.is_err());
}

/// Who does not read is cut, and told so.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_socket_is_cut() {
    let mut database = Database::start().await;
    let instance = database.instance(&["--stream-buffer", "64"]).await;
    let mut fast = instance.stream("").await;
    let mut socket = Socket::open(&instance).await;
    assert_eq!(socket.ask(json!({"op": "subscribe", "id": "a"})).await["op"], "ack");
    let large = "x".repeat(100_000);
    for _ in 0..12 {
        database.events("Heartbeat", json!({"large": large}), 16).await;
        fast.ids(16).await;
    }
    let mut last = 0;
    let cut = loop {
        let message = socket.next().await.unwrap();
        if message["op"] == "cut" {
            break message;
        }
        let id: i64 = message["event"]["id"].as_str().unwrap().parse().unwrap();
        assert_eq!(id, last + 1);
        last = id;
    };
    assert_eq!(cut, json!({"op": "cut", "id": "a", "last_id": last.to_string(), "retry_ms": 1000}));
    assert!(last < 12 * 16);
    assert_eq!(socket.next().await, Err(Some(1013)));
}
