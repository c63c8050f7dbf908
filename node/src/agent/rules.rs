//! The operator's rules as they are now: read again when their file changes, or when told to.

use std::{
    collections::{BTreeMap, HashSet},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::SystemTime,
};

use anyhow::{Context, Result};
use solana_sdk::pubkey::Pubkey;

use crate::market::{Policy, Refusal, Rules};

/// What the node goes by.
#[derive(Debug)]
pub struct RuleBook {
    file: Option<PathBuf>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    policy: Arc<Policy>,
    /// When the file was written that was read last.
    written: Option<SystemTime>,
}

/// Read a policy file.
///
/// # Errors
/// When it cannot be read, or says what is no policy.
pub fn read(file: &Path) -> Result<Rules> {
    let text = std::fs::read_to_string(file).with_context(|| format!("the policy {}", file.display()))?;
    Rules::parse(&text).with_context(|| format!("the policy {}: see deploy/node-policy.toml", file.display()))
}

impl RuleBook {
    /// Go by `policy`, whose rules stand in a file, if there is one.
    ///
    /// # Errors
    /// As [`read`].
    pub fn open(policy: Policy, file: Option<PathBuf>) -> Result<Self> {
        let book = Self { file, state: Mutex::new(State { policy: Arc::new(policy), written: None }) };
        book.read_again()?;
        Ok(book)
    }

    /// What holds now.
    pub fn now(&self) -> Arc<Policy> {
        self.state().policy.clone()
    }

    /// Read the file again, whether or not it changed. Nothing changes if it cannot be read.
    ///
    /// # Errors
    /// As [`read`].
    pub fn read_again(&self) -> Result<()> {
        let Some(file) = &self.file else { return Ok(()) };
        // Noted even if it holds a mistake, which is told once.
        let written = written(file);
        self.state().written = written;
        let rules = read(file)?;
        let mut state = self.state();
        state.policy = Arc::new(Policy { rules, ..Policy::clone(&state.policy) });
        Ok(())
    }

    /// Read it again if it was written since.
    ///
    /// # Errors
    /// As [`read`].
    pub fn refresh(&self) -> Result<()> {
        let Some(file) = &self.file else { return Ok(()) };
        if written(file) == self.state().written {
            return Ok(());
        }
        self.read_again()?;
        tracing::info!(file = %file.display(), "the policy changed");
        Ok(())
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn written(file: &Path) -> Option<SystemTime> {
    std::fs::metadata(file).and_then(|data| data.modified()).ok()
}

/// What was refused: each told once, and counted.
#[derive(Debug, Default)]
pub(super) struct Refusals {
    told: HashSet<(Pubkey, Refusal)>,
    pub counts: BTreeMap<String, u32>,
}

impl Refusals {
    /// Take note of what is refused now; what is not offered any more is forgotten, but for the counts.
    pub fn note(&mut self, now: &[(Pubkey, Refusal)]) {
        for (what, why) in now {
            if self.told.insert((*what, *why)) {
                tracing::info!(%what, %why, "refused by the policy");
                let count = self.counts.entry(why.to_string()).or_default();
                *count = count.saturating_add(1);
            }
        }
        let offered: HashSet<&Pubkey> = now.iter().map(|(what, _)| what).collect();
        self.told.retain(|(what, _)| offered.contains(what));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_counted_once_for_each_posting_and_reason() {
        let mut refusals = Refusals::default();
        let (one, other) = (Pubkey::new_from_array([1; 32]), Pubkey::new_from_array([2; 32]));
        for _ in 0..3 {
            refusals.note(&[(one, Refusal::Class), (other, Refusal::Class)]);
        }
        refusals.note(&[(one, Refusal::UnitPrice)]);
        let counts: Vec<_> = refusals.counts.iter().map(|(why, count)| (why.as_str(), *count)).collect();
        assert_eq!(counts, [("class", 2), ("price per unit", 1)]);
        assert_eq!(refusals.told.len(), 2, "what is gone is forgotten");
    }

    #[test]
    fn a_file_is_read_when_it_changes_and_a_mistake_changes_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("policy.toml");
        let write = |text: &str, second: u64| {
            std::fs::write(&file, text).unwrap();
            let at = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(second);
            std::fs::File::options().write(true).open(&file).unwrap().set_modified(at).unwrap();
        };
        write("classes = [1]", 1);
        let policy = Policy { watch: 0.5, ..Policy::default() };
        let book = RuleBook::open(policy, Some(file.clone())).unwrap();
        assert_eq!((book.now().rules.classes.clone(), book.now().watch), (vec![1], 0.5));
        write("classes = [2]", 2);
        book.refresh().unwrap();
        assert_eq!(book.now().rules.classes, [2]);
        write("classes = 'all'", 3);
        let said = format!("{:#}", book.refresh().unwrap_err());
        assert!(said.contains("policy.toml") && said.contains("expected a sequence"), "{said}");
        assert_eq!((book.now().rules.classes.clone(), book.refresh().is_ok()), (vec![2], true), "it is told once");
        write("classes = [9]", 1);
        assert!(RuleBook::open(Policy::default(), Some(file)).is_err(), "a node does not start with it");
    }
}
