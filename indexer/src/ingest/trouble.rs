//! What goes wrong and is waited out, said once.

use crate::Error;

/// Says each trouble once, and when it is over.
#[derive(Default)]
pub(super) struct Trouble {
    last: Option<String>,
}

impl Trouble {
    pub(super) fn report(&mut self, why: &Error) {
        metrics::counter!("assay_indexer_errors_total", "kind" => kind(why)).increment(1);
        let text = why.to_string();
        if self.last.as_ref() != Some(&text) {
            tracing::warn!("{text}");
            self.last = Some(text);
        }
    }

    pub(super) fn note(&mut self, text: &str) {
        if self.last.as_deref() != Some(text) {
            tracing::info!("{text}");
            self.last = Some(text.into());
        }
    }

    pub(super) fn over(&mut self) {
        if self.last.take().is_some() {
            tracing::info!("indexing goes on");
        }
    }
}

fn kind(why: &Error) -> &'static str {
    match why {
        Error::Database(_) | Error::Migrate(_) => "database",
        Error::Rpc { .. } => "rpc",
        Error::WebSocket { .. } => "websocket",
        _ => "other",
    }
}
