//! Streams by WebSocket: several subscriptions on one connection.

use std::time::Duration;

use axum::{
    extract::{
        FromRequestParts, State,
        ws::{CloseFrame, Message, Utf8Bytes, WebSocket, WebSocketUpgrade, close_code},
    },
    http::{StatusCode, request::Parts},
    response::Response,
};
use futures_util::{
    StreamExt,
    stream::{AbortHandle, BoxStream, SelectAll, abortable},
};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};

use super::{
    Place, begin,
    follow::{Follower, Step},
    topics::Topics,
};
use crate::serve::problem::Problem;

/// Bytes of a message to us.
const MESSAGE: usize = 16 << 10;
/// Subscriptions of a connection.
const SUBSCRIPTIONS: usize = 32;
/// Between two pings.
const PING: Duration = Duration::from_secs(20);
/// After this long without a word it is over.
const SILENCE: Duration = Duration::from_secs(60);
/// A message that the other side does not take for so long is the last one.
const SEND: Duration = Duration::from_secs(30);
/// When a client that was cut should come back.
const RETRY_MS: u32 = 1_000;

/// The same as `/v1/stream`, by WebSocket. Messages are JSON objects.
///
/// To the server: `{"op":"subscribe","id":"a","topics":["job:…"],"after":"123"}` (`topics` as of `/v1/stream`; without
/// `after` with what comes next), `{"op":"unsubscribe","id":"a"}`, `{"op":"ping"}`. 32 subscriptions at most.
///
/// From the server: `{"op":"ack","id":"a","after":"123"}`, `{"op":"event","id":"a","event":{…}}`, `retracted` and
/// `notice` likewise, `{"op":"pong"}`, `{"op":"error","id":"a","detail":"…"}`, and to a client that is too slow
/// `{"op":"cut","id":"a","last_id":"123","retry_ms":1000}` and close code 1013.
#[utoipa::path(get, path = "/v1/ws", tag = "live", operation_id = "socket", security(()),
    responses(
        (status = 101, description = "From here on a WebSocket"),
        (status = 400, description = "Not the beginning of a WebSocket", body = Problem,
            content_type = "application/problem+json"),
        (status = 426, description = "The connection cannot be upgraded", body = Problem,
            content_type = "application/problem+json"),
        (status = 503, description = "Too many streams are open", body = Problem,
            content_type = "application/problem+json"),
    ))]
pub async fn socket(State(state): State<crate::serve::State>, Upgrade(upgrade): Upgrade) -> Result<Response, Problem> {
    let place = state.live.place("ws")?;
    let upgrade = upgrade.max_message_size(MESSAGE).max_frame_size(MESSAGE);
    Ok(upgrade.on_upgrade(async move |socket| Connection::new(state, socket, place).run().await))
}

/// The beginning of a WebSocket, or a problem.
pub struct Upgrade(WebSocketUpgrade);

impl<S: Send + Sync> FromRequestParts<S> for Upgrade {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        WebSocketUpgrade::from_request_parts(parts, state).await.map(Self).map_err(|why| {
            let status =
                if why.status() == StatusCode::UPGRADE_REQUIRED { why.status() } else { StatusCode::BAD_REQUEST };
            Problem::new(status, format!("{}; this route is for WebSockets, see /v1/stream", why.body_text()))
        })
    }
}

#[derive(Deserialize)]
#[serde(tag = "op", rename_all = "snake_case", deny_unknown_fields)]
enum Request {
    Subscribe {
        id: String,
        #[serde(default)]
        topics: Vec<String>,
        after: Option<String>,
    },
    Unsubscribe {
        id: String,
    },
    Ping {},
}

/// Why a connection is over.
enum Over {
    /// The other side is gone, or does not read.
    Gone,
    /// With a last word and a close code.
    Said(Value, u16, &'static str),
}

type Done = Result<(), Over>;

struct Connection {
    state: crate::serve::State,
    socket: WebSocket,
    place: Place,
    steps: SelectAll<BoxStream<'static, (String, Step)>>,
    subscriptions: Vec<(String, AbortHandle)>,
    heard: Instant,
}

impl Connection {
    fn new(state: crate::serve::State, socket: WebSocket, place: Place) -> Self {
        Self { state, socket, place, steps: SelectAll::new(), subscriptions: vec![], heard: Instant::now() }
    }

    async fn run(mut self) {
        let Err(over) = self.talk().await else { return };
        let Over::Said(word, code, reason) = over else { return };
        let _ = self.say(&word).await;
        let close = CloseFrame { code, reason: reason.into() };
        let _ = timeout(SEND, self.socket.send(Message::Close(Some(close)))).await;
    }

    async fn talk(&mut self) -> Done {
        let mut pings = interval(PING);
        pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let stop = self.state.stop.clone();
        loop {
            tokio::select! {
                () = stop.cancelled() => {
                    return Err(Over::Said(json!({"op": "end", "retry_ms": RETRY_MS}), close_code::RESTART, "restart"));
                }
                message = self.socket.recv() => {
                    let Some(Ok(message)) = message else { return Err(Over::Gone) };
                    self.heard = Instant::now();
                    self.hear(message).await?;
                }
                Some((id, step)) = self.steps.next(), if !self.subscriptions.is_empty() => self.pass(&id, step).await?,
                _ = pings.tick() => {
                    if self.heard.elapsed() > SILENCE {
                        return Err(Over::Gone);
                    }
                    self.send(Message::Ping(Default::default())).await?;
                }
            }
        }
    }

    async fn pass(&mut self, id: &str, step: Step) -> Done {
        match step {
            Step::Item(item) => {
                let op = item.op.name();
                let text = format!(r#"{{"op":"{op}","id":{},"{op}":{}}}"#, Value::from(id), item.json);
                self.send(Message::Text(text.into())).await
            }
            Step::Cut(last) => {
                self.place.cut();
                let word = json!({"op": "cut", "id": id, "last_id": last.to_string(), "retry_ms": RETRY_MS});
                Err(Over::Said(word, close_code::AGAIN, "too slow"))
            }
            Step::End(last) => {
                let word = json!({"op": "end", "id": id, "last_id": last.to_string(), "retry_ms": RETRY_MS});
                Err(Over::Said(word, close_code::RESTART, "restart"))
            }
        }
    }

    async fn hear(&mut self, message: Message) -> Done {
        let text: Utf8Bytes = match message {
            Message::Text(text) => text,
            Message::Binary(_) => return self.error(None, "messages are text").await,
            Message::Ping(_) | Message::Pong(_) => return Ok(()),
            Message::Close(_) => return Err(Over::Gone),
        };
        match serde_json::from_str(&text) {
            Ok(Request::Subscribe { id, topics, after }) => self.subscribe(id, &topics, after.as_deref()).await,
            Ok(Request::Unsubscribe { id }) => match self.position(&id) {
                Some(n) => {
                    self.subscriptions.swap_remove(n).1.abort();
                    self.say(&json!({"op": "ack", "id": id})).await
                }
                None => self.error(Some(&id), "there is no subscription of this id").await,
            },
            Ok(Request::Ping {}) => self.say(&json!({"op": "pong"})).await,
            Err(why) => self.error(None, &format!("not a message that is known here: {why}")).await,
        }
    }

    async fn subscribe(&mut self, id: String, topics: &[String], after: Option<&str>) -> Done {
        if id.is_empty() || id.len() > 64 {
            return self.error(None, "a subscription's id has 1 to 64 bytes").await;
        }
        if self.position(&id).is_some() {
            return self.error(Some(&id), "there is a subscription of this id; unsubscribe it first").await;
        }
        if self.subscriptions.len() >= SUBSCRIPTIONS {
            return self.error(Some(&id), "there may be 32 subscriptions at most on a connection").await;
        }
        let topics = match Topics::parse(topics.iter().map(String::as_str)) {
            Ok(topics) => topics,
            Err(problem) => return self.problem(&id, &problem).await,
        };
        let from = match begin(&self.state, after).await {
            Ok(from) => from,
            Err(problem) => return self.problem(&id, &problem).await,
        };
        let state = &self.state;
        let follower = Follower::new(state.live.hub.clone(), state.pool.clone(), state.stop.clone(), topics, from);
        self.say(&json!({"op": "ack", "id": id, "after": from.to_string()})).await?;
        let of = id.clone();
        let (steps, handle) = abortable(follower.steps().map(move |step| (of.clone(), step)));
        self.steps.push(steps.boxed());
        self.subscriptions.push((id, handle));
        Ok(())
    }

    fn position(&self, id: &str) -> Option<usize> {
        self.subscriptions.iter().position(|(of, _)| of == id)
    }

    async fn problem(&mut self, id: &str, problem: &Problem) -> Done {
        self.say(&json!({"op": "error", "id": id, "detail": json!(problem)["detail"]})).await
    }

    async fn error(&mut self, id: Option<&str>, detail: &str) -> Done {
        self.say(&json!({"op": "error", "id": id, "detail": detail})).await
    }

    async fn say(&mut self, word: &Value) -> Done {
        self.send(Message::Text(word.to_string().into())).await
    }

    async fn send(&mut self, message: Message) -> Done {
        match timeout(SEND, self.socket.send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(Over::Gone),
            Err(_) => {
                self.place.cut();
                Err(Over::Gone)
            }
        }
    }
}
