//! What an operator lets its node do, beyond what the chain asks for.

use assay_sdk::escrow::Strategy;
use sha2::{Digest, Sha256};
use solana_sdk::pubkey::Pubkey;

use super::Rules;

/// An operator's choices.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Policy {
    /// The share of what others deliver, 0 to 1, of which a unit is computed again.
    pub watch: f64,
    /// Whether there is a command that proves results.
    pub prover: bool,
    /// Whether there is a key that attests results.
    pub attestor: bool,
    /// For tests and demonstrations: whoever lies does not call a jury, nor watch others.
    pub lies: bool,
    /// No new work now: the node drains, or something is wrong with its machine.
    pub closed: bool,
    /// What the policy file says.
    pub rules: Rules,
}

impl Policy {
    /// Whether this node can bring what a strategy asks of whoever computes first.
    pub fn takes(&self, strategy: &Strategy) -> bool {
        match strategy {
            Strategy::Proven { .. } => self.prover,
            // It asks no other attestor: what several must sign, it leaves to those who have a way to ask them.
            Strategy::Attested { threshold, .. } => self.attestor && *threshold == 1,
            _ => true,
        }
    }

    /// Whether this operator watches what was delivered for a posting. Which ones do is the same at every look, and
    /// each operator's own, so that a share of the watchers watches each.
    pub fn watches(&self, posting: &Pubkey, me: &Pubkey) -> bool {
        let hash = Sha256::new().chain_update(b"assay:watch").chain_update(posting).chain_update(me).finalize();
        let drawn = u32::from_le_bytes([hash[0], hash[1], hash[2], hash[3]]);
        !self.lies && self.rules.challenges && f64::from(drawn) < self.watch * 2f64.powi(32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(n: u8) -> Pubkey {
        Pubkey::new_from_array([n; 32])
    }

    #[test]
    fn a_share_of_the_postings_is_watched() {
        let count = |watch, lies| {
            let policy = Policy { watch, lies, ..Policy::default() };
            (0..200).filter(|n| policy.watches(&key(*n), &key(201))).count()
        };
        assert_eq!([count(0.0, false), count(1.0, false), count(1.0, true)], [0, 200, 0]);
        assert!((60..140).contains(&count(0.5, false)), "{}", count(0.5, false));
        let policy = Policy { watch: 0.5, ..Policy::default() };
        assert!((0..200).any(|n| policy.watches(&key(n), &key(201)) != policy.watches(&key(n), &key(202))));
    }

    #[test]
    fn what_must_be_shown_is_taken_only_by_who_can_show_it() {
        let (proven, attested) =
            (Strategy::Proven { key: key(1) }, |threshold| Strategy::Attested { registrar: key(1), threshold });
        let none = Policy::default();
        let able = Policy { prover: true, attestor: true, ..none.clone() };
        assert!(!none.takes(&proven) && !none.takes(&attested(1)));
        assert!(able.takes(&proven) && able.takes(&attested(1)) && !able.takes(&attested(2)));
        for other in [Strategy::ORDINARY, Strategy::Optimistic { window: 1 }, Strategy::Accepted { window: 1 }] {
            assert!(none.takes(&other));
        }
        assert!(none.takes(&Strategy::Sampled { samples: 1, committee: 1 }));
    }
}
