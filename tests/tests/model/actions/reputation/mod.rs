//! The reputation program's instructions.

pub mod open_record;
pub mod record_outcome;
pub mod score;
