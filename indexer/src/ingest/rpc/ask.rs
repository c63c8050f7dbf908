//! Questions to a node that may be overloaded, restarting, or one of many behind a balancer.

use std::time::Duration;

use backon::{ExponentialBuilder, Retryable};
use solana_rpc_client_api::{
    client_error::{Error as ClientError, ErrorKind},
    custom_error,
    request::RpcError,
};

use crate::{Error, Result};

/// How long to put up with a node.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// For one answer; scans get ten times as long.
    pub answer: Duration,
    /// How often a question is asked again, with pauses that double.
    pub retries: usize,
    /// The first pause; a little more or less each time, so that many instances do not ask together.
    pub pause: Duration,
    /// How long a subscription may say nothing, while the chain goes on, before it counts as dead.
    pub silence: Duration,
    /// How long notices may wait for the writer before the subscription is given up: the client's buffer has no end.
    pub backlog: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            answer: Duration::from_secs(30),
            retries: 4,
            pause: Duration::from_millis(250),
            silence: Duration::from_secs(20),
            backlog: Duration::from_secs(60),
        }
    }
}

impl Patience {
    /// Asks until there is an answer, an error that stays, or no more patience. HTTP 429 is waited out before that, as
    /// long as its `Retry-After` says, by Solana's client.
    pub async fn ask<T, F>(&self, what: &'static str, question: impl FnMut() -> F) -> Result<T>
    where
        F: Future<Output = std::result::Result<T, ClientError>>,
    {
        let pauses = ExponentialBuilder::default().with_min_delay(self.pause).with_max_delay(8 * self.pause);
        let pauses = pauses.with_max_times(self.retries).with_jitter();
        let answer = question.retry(pauses).when(passes).notify(|_, _| {
            metrics::counter!("assay_indexer_rpc_retries_total", "method" => what).increment(1);
        });
        answer.await.map_err(|why| failed(what, &why))
    }
}

/// Whether the same question may have an answer soon.
fn passes(error: &ClientError) -> bool {
    match error.kind() {
        // A node behind, one that starts, one that has not written the block yet.
        ErrorKind::RpcError(RpcError::RpcResponseError { code, .. }) => matches!(
            *code,
            custom_error::JSON_RPC_SERVER_ERROR_BLOCK_NOT_AVAILABLE
                | custom_error::JSON_RPC_SERVER_ERROR_NODE_UNHEALTHY
                | custom_error::JSON_RPC_SERVER_ERROR_BLOCK_STATUS_NOT_AVAILABLE_YET
                | custom_error::JSON_RPC_SERVER_ERROR_MIN_CONTEXT_SLOT_NOT_REACHED
                | custom_error::JSON_RPC_SERVER_ERROR_LONG_TERM_STORAGE_UNREACHABLE
                | -32603
        ),
        // Refused for good: a wrong key, a wrong path.
        ErrorKind::Reqwest(why) => !why
            .status()
            .is_some_and(|status| status.is_client_error() && status != reqwest::StatusCode::TOO_MANY_REQUESTS),
        // `null`: a node that lists a transaction before it can tell it.
        ErrorKind::SerdeJson(_) | ErrorKind::Middleware(_) | ErrorKind::Io(_) => true,
        _ => false,
    }
}

/// Whether a node says that there is no such block: it was skipped, or is older than what the node keeps.
pub fn no_block(error: &ClientError) -> bool {
    let code = match error.kind() {
        // What the client makes of a block time that is null.
        ErrorKind::RpcError(RpcError::ForUser(said)) => return said.starts_with("Block Not Found"),
        ErrorKind::RpcError(RpcError::RpcResponseError { code, .. }) => *code,
        _ => return false,
    };
    matches!(
        code,
        custom_error::JSON_RPC_SERVER_ERROR_SLOT_SKIPPED
            | custom_error::JSON_RPC_SERVER_ERROR_LONG_TERM_STORAGE_SLOT_SKIPPED
            | custom_error::JSON_RPC_SERVER_ERROR_BLOCK_CLEANED_UP
            | custom_error::JSON_RPC_SERVER_ERROR_TRANSACTION_HISTORY_NOT_AVAILABLE
    )
}

/// Only what kind of error it was: a transport's own words may hold the url, and the url a key.
pub fn failed(what: &'static str, error: &ClientError) -> Error {
    let why = match error.kind() {
        ErrorKind::Reqwest(why) if why.is_timeout() => "no answer in time".into(),
        ErrorKind::Reqwest(why) if why.is_connect() => "it cannot be reached".into(),
        ErrorKind::Reqwest(why) => match why.status() {
            Some(status) => format!("HTTP status {status}"),
            None => "the answer was cut short or is no JSON".into(),
        },
        ErrorKind::Middleware(_) => "it cannot be reached".into(),
        ErrorKind::SerdeJson(_) => "it has none, or not in the form asked for".into(),
        kind => kind.to_string(),
    };
    Error::Rpc { what, why }
}
