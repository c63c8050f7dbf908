//! Accounts of the staking program. Amounts are base units of ASY; times are unix seconds.

mod config;
mod head;
mod pool;
mod position;
#[cfg(test)]
mod tests;
mod totals;
mod weight;

use anchor_lang::prelude::*;

pub use self::{config::*, head::*, pool::*, position::*, totals::*, weight::*};

/// Layout version that this build writes.
pub const VERSION: u8 = 1;

/// Seed of the Config.
pub const CONFIG_SEED: &[u8] = b"config";
/// Seed of the Totals.
pub const TOTALS_SEED: &[u8] = b"totals";
/// Seed of the rewards vault, which the Config owns.
pub const REWARDS_SEED: &[u8] = b"rewards";
/// Seed of a Pool: `["pool", operator]`.
pub const POOL_SEED: &[u8] = b"pool";
/// Seed of a pool's vault: `["vault", pool]`; the Pool owns it.
pub const VAULT_SEED: &[u8] = b"vault";
/// Seed of a Position: `["position", pool, owner]`.
pub const POSITION_SEED: &[u8] = b"position";
/// Seed of a Ticket: `["ticket", pool, owner, nonce as u64 LE]`.
pub const TICKET_SEED: &[u8] = b"ticket";

/// The one signer that may lock, release, slash, and open and close cases: the escrow program's `["authority"]` (the
/// tests derive it).
pub const SLASHER: Pubkey = pubkey!("7v3e8HzqNJxUYYgNo68sk1MpzAEekzGYiifgdtaYJsqK");
/// The other who may: the verification program's `["authority"]`, for what jurors have at stake.
pub const JUDGE: Pubkey = pubkey!("9yn1EK9NgTcFULkEQcA6CXo8mVV4w4p3bsf4P5AUAQY6");
/// The one signer that may bind a position to a vote: the governance program's `["authority"]`.
pub const GOVERNOR: Pubkey = pubkey!("3FSSrsuk8QS3NhARYstKPzuV6XkaUd5ExWZLyZAYYkcv");
/// Where rewards wait to be claimed: `["rewards"]` of this program (a test derives it), into which token mints emission.
pub use assay_token::REWARDS_VAULT;

/// A vote binds a position for at most so long: nobody's stake is held for ever, whatever governance may ask.
pub const MAX_LOCK_SECONDS: i64 = 90 * DAY;
/// Seconds of a day.
pub const DAY: i64 = 24 * 60 * 60;
/// Fresh stake can leave once so many epochs have begun after the one it came in: nobody collects at an epoch's end
/// what others worked for and is gone the next second.
pub const FRESH_EPOCHS: u64 = 2;
