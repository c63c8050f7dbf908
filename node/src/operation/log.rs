//! Logs: to standard error, as text or as JSON, and the last lines kept at hand for who asks.

use std::{
    collections::VecDeque,
    fmt::Write as _,
    io::IsTerminal,
    sync::{Arc, Mutex, PoisonError},
};

use serde::{Deserialize, Serialize};
use tracing::{
    Event, Level, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{
    EnvFilter, Layer, Registry, fmt, layer::Context, layer::SubscriberExt, util::SubscriberInitExt,
};

use crate::agent::status::unix_now;

/// What is logged if RUST_LOG says nothing.
const DEFAULT: &str = "info,solana_rpc_client=warn";
/// Lines kept at hand.
const KEPT: usize = 200;
/// Longest line kept, in characters.
const MAX_CHARS: usize = 400;

/// A line of the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// When, unix seconds.
    pub at: i64,
    /// `ERROR`, `WARN`, `INFO` ...
    pub level: String,
    /// What was said, with its fields.
    pub text: String,
}

/// The last lines of the log.
#[derive(Clone, Debug, Default)]
pub struct Tail(Arc<Mutex<VecDeque<Line>>>);

impl Tail {
    /// The last `most` lines, the oldest first.
    pub fn last(&self, most: usize) -> Vec<Line> {
        let lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lines.iter().skip(lines.len().saturating_sub(most)).cloned().collect()
    }

    fn push(&self, line: Line) {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() >= KEPT {
            lines.pop_front();
        }
        lines.push_back(line);
    }
}

impl<S: Subscriber> Layer<S> for Tail {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let level = *event.metadata().level();
        if level > Level::INFO {
            return;
        }
        let mut words = Words::default();
        event.record(&mut words);
        let text: String = format!("{}{}", words.message, words.fields).chars().take(MAX_CHARS).collect();
        self.push(Line { at: unix_now(), level: level.to_string(), text });
    }
}

/// An event in words.
#[derive(Default)]
struct Words {
    message: String,
    fields: String,
}

impl Visit for Words {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        // Writing to a string does not fail.
        let _ = match field.name() {
            "message" => write!(self.message, "{value:?}"),
            name => write!(self.fields, " {name}={value:?}"),
        };
    }
}

/// Start logging, as RUST_LOG says; returns where the last lines are.
///
/// # Errors
/// When this process logs already.
pub fn start(json: bool) -> Result<Tail, tracing_subscriber::util::TryInitError> {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(DEFAULT));
    let lines = fmt::layer().with_writer(std::io::stderr).with_ansi(std::io::stderr().is_terminal());
    let lines: Box<dyn Layer<Registry> + Send + Sync> = if json { lines.json().boxed() } else { lines.boxed() };
    let tail = Tail::default();
    let kept = tail.clone().with_filter(EnvFilter::new(DEFAULT));
    tracing_subscriber::registry().with(lines.with_filter(filter)).with(kept).try_init()?;
    Ok(tail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_lines_are_kept_with_their_fields() {
        let tail = Tail::default();
        let subscriber = tracing_subscriber::registry().with(tail.clone());
        tracing::subscriber::with_default(subscriber, || {
            tracing::debug!("not kept");
            tracing::info!(job = %"J", units = 3, "done");
            tracing::warn!("failed: {}", "no space");
        });
        let lines = tail.last(10);
        let texts: Vec<_> = lines.iter().map(|line| (line.level.as_str(), line.text.as_str())).collect();
        assert_eq!(texts, [("INFO", "done job=J units=3"), ("WARN", "failed: no space")]);
        assert_eq!(tail.last(1), lines[1..]);
    }

    #[test]
    fn lines_are_few_and_short() {
        let tail = Tail::default();
        let subscriber = tracing_subscriber::registry().with(tail.clone());
        tracing::subscriber::with_default(subscriber, || {
            for at in 0..KEPT + 3 {
                tracing::info!("{at} {}", "x".repeat(2 * MAX_CHARS));
            }
        });
        let lines = tail.last(usize::MAX);
        assert_eq!((lines.len(), lines[0].text.chars().count()), (KEPT, MAX_CHARS));
        assert!(lines[0].text.starts_with("3 x"));
    }
}
