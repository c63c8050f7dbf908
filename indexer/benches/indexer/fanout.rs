//! One event, a thousand listeners.

use std::time::{Duration, Instant};

use assay_indexer::{
    Result,
    store::{Batch, EventRow, Writer},
};
use futures_util::{StreamExt, future::join_all};
use serde_json::{Value, json};

use crate::{chain::address, figures::percentiles, server::Server};

const EVENTS: usize = 200;

/// `clients` streams; events one by one, each timed from its commit to its arrival at every client.
pub async fn fan_out(server: &Server, url: &str, clients: usize) -> Result<Value> {
    let open = (0..clients).map(|_| server.http.get(format!("{}/v1/stream", server.base)).send());
    let streams = join_all(open).await;
    let begun = Instant::now();
    let listeners = streams.into_iter().map(|stream| tokio::spawn(arrivals(stream.expect("a stream"))));
    let listeners: Vec<_> = listeners.collect();
    // The last of them must be listening too.
    tokio::time::sleep(Duration::from_secs(1)).await;

    let mut writer = loop {
        if let Some(writer) = Writer::acquire(url).await? {
            break writer;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    };
    let mut sent = vec![];
    for number in 0..EVENTS {
        writer.apply(Batch { events: vec![event(number)], ..Batch::default() }).await?;
        sent.push(begun.elapsed());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let arrived: Vec<Vec<Instant>> =
        join_all(listeners).await.into_iter().map(|list| list.expect("no panic")).collect();
    let whole = arrived.iter().filter(|list| list.len() == EVENTS).count();
    let late = |list: &Vec<Instant>| {
        let pairs = list.iter().zip(&sent).map(|(arrived, sent)| arrived.duration_since(begun).saturating_sub(*sent));
        pairs.collect::<Vec<_>>()
    };
    let times = arrived.iter().flat_map(late).collect();
    Ok(
        json!({"clients": clients, "events": EVENTS, "clients_with_all": whole, "commit_to_arrival": percentiles(times)}),
    )
}

/// When each event came; ends with the last of them, or after a silence.
async fn arrivals(stream: reqwest::Response) -> Vec<Instant> {
    let (mut bytes, mut times, mut text) = (stream.bytes_stream(), vec![], String::new());
    while times.len() < EVENTS {
        let Ok(Some(Ok(chunk))) = tokio::time::timeout(Duration::from_secs(20), bytes.next()).await else { break };
        text.push_str(&String::from_utf8_lossy(&chunk));
        while let Some(end) = text.find("\n\n") {
            if text[..end].contains("event: event") {
                times.push(Instant::now());
            }
            text.drain(..end + 2);
        }
    }
    times
}

fn event(number: usize) -> EventRow {
    let job = address(1, 7).to_string();
    EventRow {
        signature: format!("fan-out-{number}"),
        ix: 0,
        inner_ix: 0,
        slot: 1_000 + u64::try_from(number).unwrap_or_default(),
        time: Some(1_750_000_000),
        program: "escrow",
        kind: "JobCancelled".into(),
        data: json!({"job": job}),
    }
}
