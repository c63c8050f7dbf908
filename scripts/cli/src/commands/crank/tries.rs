//! What was tried, so that nothing is tried again and again.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use super::kind::Name;

/// After a success: an RPC that lags behind may show the same for a while.
const AFTER_SUCCESS: Duration = Duration::from_secs(10);
/// After a first failure; it doubles with each.
const AFTER_FAILURE: Duration = Duration::from_secs(10);
/// The longest that anything is left alone.
const LONGEST: Duration = Duration::from_secs(600);
/// How long an entry is kept after that.
const KEPT: Duration = Duration::from_secs(1_200);

struct Try {
    failures: u32,
    not_before: Instant,
}

/// What was tried, and when it may be again.
#[derive(Default)]
pub struct Tries(HashMap<Name, Try>);

impl Tries {
    /// Whether it was never tried.
    pub fn is_new(&self, name: &Name) -> bool {
        !self.0.contains_key(name)
    }

    /// Whether it may be tried at `now`.
    pub fn is_ready(&self, name: &Name, now: Instant) -> bool {
        self.0.get(name).is_none_or(|tried| now >= tried.not_before)
    }

    /// It was done.
    pub fn succeeded(&mut self, name: Name, now: Instant) {
        self.0.insert(name, Try { failures: 0, not_before: now + AFTER_SUCCESS });
    }

    /// It failed: it is left alone for a while. Returns how long.
    pub fn failed(&mut self, name: Name, now: Instant) -> Duration {
        let failures = self.0.get(&name).map_or(0, |tried| tried.failures);
        let wait = AFTER_FAILURE.saturating_mul(1 << failures.min(10)).min(LONGEST);
        self.0.insert(name, Try { failures: failures.saturating_add(1), not_before: now + wait });
        wait
    }

    /// Forgets what is long over, so that a watch of months does not grow.
    pub fn forget(&mut self, now: Instant) {
        self.0.retain(|_, tried| now < tried.not_before + KEPT);
    }
}

#[cfg(test)]
mod tests {
    use solana_sdk::pubkey::Pubkey;

    use super::{super::kind::Kind, *};

    #[test]
    fn what_fails_is_left_alone_twice_as_long_each_time() {
        let (name, start) = ((Kind::Settle, Pubkey::default(), 0), Instant::now());
        let mut tries = Tries::default();
        assert!(tries.is_new(&name) && tries.is_ready(&name, start));
        let waits: Vec<_> = (0..8).map(|_| tries.failed(name, start).as_secs()).collect();
        assert_eq!(waits, [10, 20, 40, 80, 160, 320, 600, 600]);
        assert!(!tries.is_ready(&name, start + Duration::from_secs(599)));
        assert!(tries.is_ready(&name, start + Duration::from_secs(600)) && !tries.is_new(&name));
        assert!(tries.is_ready(&(Kind::Settle, Pubkey::default(), 1), start), "another is not");
        tries.succeeded(name, start);
        assert!(!tries.is_ready(&name, start + Duration::from_secs(9)));
        assert_eq!(tries.failed(name, start).as_secs(), 10, "and counts from the beginning");
    }

    #[test]
    fn what_is_over_is_forgotten() {
        let (name, start) = ((Kind::Draw, Pubkey::default(), 7), Instant::now());
        let mut tries = Tries::default();
        tries.failed(name, start);
        tries.forget(start + Duration::from_secs(1_209));
        assert!(!tries.is_new(&name));
        tries.forget(start + Duration::from_secs(1_210));
        assert!(tries.is_new(&name));
    }
}
