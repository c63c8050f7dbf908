//! The reputation program's instructions.

pub mod open_record;
pub mod score;
