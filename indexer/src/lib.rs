//! The indexer: mirrors every account and event of Assay's programs into Postgres and serves them.
//!
//! `ingest` (a [`ingest::Source`] of notices, history and scans) -> `decode` (bytes to rows) -> `store` (guarded,
//! batched writes, the watermark in the same transaction) -> `serve` (the API).

pub mod commands;
pub mod config;
pub mod decode;
pub mod error;
pub mod ingest;
pub mod serve;
pub mod store;

pub use error::{Error, Result};
