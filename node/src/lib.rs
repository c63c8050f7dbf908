pub mod artifacts;
pub mod compute;
pub mod journal;
pub mod runtime;
