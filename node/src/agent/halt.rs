//! When a node takes no new work, because something is wrong with its machine: the clock, or the disk. What it holds it
//! goes on with.

use std::{io, path::Path};

use anyhow::{Result, ensure};

use super::{Agent, status::unix_now};
use crate::journal::JournalError;

/// What is written to see whether the disk has room again, in bytes: more than any entry or spec.
const PROBE: usize = 1 << 20;

/// What is wrong, if anything is.
#[derive(Debug, Default)]
pub(super) struct Halts {
    /// The disk is full; cleared once it has room again.
    disk: bool,
    /// Seconds that the clocks differ, where they do too much.
    clock: Option<i64>,
}

impl Agent {
    /// Before anything else: the clocks must agree.
    pub(super) async fn check_clock(&self) -> Result<()> {
        let skew = unix_now().saturating_sub(self.chain.now().await?);
        ensure!(!self.is_skewed(skew), "{}", clock_is_wrong(skew, self.options.most_skew));
        Ok(())
    }

    fn is_skewed(&self, skew: i64) -> bool {
        skew.unsigned_abs() > self.options.most_skew
    }

    /// Whether to take no new work, and why. `skew`: this machine's clock less the chain's.
    pub(super) fn halted(&self, skew: i64) -> Option<String> {
        let mut halts = self.halts();
        if halts.disk && has_room(&self.options.data).is_ok() {
            halts.disk = false;
            tracing::info!("the disk has room again: going on");
        }
        let clock = self.is_skewed(skew).then_some(skew);
        if clock.is_some() != halts.clock.is_some() {
            match clock {
                Some(skew) => tracing::error!("{}", clock_is_wrong(skew, self.options.most_skew)),
                None => tracing::info!("the clocks agree again: going on"),
            }
        }
        halts.clock = clock;
        let disk = || halts.disk.then(|| disk_is_full(&self.options.data));
        disk().or_else(|| halts.clock.map(|skew| clock_is_wrong(skew, self.options.most_skew)))
    }

    /// Something failed: was it for want of room?
    pub(super) fn note_failure(&self, error: &anyhow::Error) {
        if is_full(error) && !std::mem::replace(&mut self.halts().disk, true) {
            tracing::error!("{}", disk_is_full(&self.options.data));
        }
    }
}

fn clock_is_wrong(skew: i64, most: u64) -> String {
    let way = if skew > 0 { "ahead of" } else { "behind" };
    format!(
        "this machine's clock is {} s {way} the chain's: set it (`timedatectl set-ntp true`), or look whether the RPC lags; \
         no new work is taken beyond {most} s, see --most-skew",
        skew.unsigned_abs()
    )
}

fn disk_is_full(data: &Path) -> String {
    format!(
        "the disk is full: nothing is sent that is not written down first, and no new work is taken; free space under {} and \
         the node goes on by itself",
        data.display()
    )
}

/// Whether any cause of an error is a disk without room.
fn is_full(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        let of_journal = cause.downcast_ref::<JournalError>().and_then(|error| match error {
            JournalError::Io { source, .. } => Some(source),
            _ => None,
        });
        let kind = cause.downcast_ref::<io::Error>().or(of_journal).map(io::Error::kind);
        matches!(kind, Some(io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge))
    })
}

fn has_room(data: &Path) -> io::Result<()> {
    let mut probe = tempfile::NamedTempFile::new_in(data)?;
    io::Write::write_all(&mut probe, &vec![0; PROBE])?;
    probe.as_file().sync_all()
}

#[cfg(test)]
mod tests {
    use anyhow::Context;

    use super::*;

    #[test]
    fn a_full_disk_is_known_by_any_of_its_errors() {
        let full = || io::Error::from(io::ErrorKind::StorageFull);
        assert!(is_full(&anyhow::Error::from(full()).context("keeping the result")));
        let journal = JournalError::Io { path: "journal".into(), source: full() };
        assert!(is_full(&Err::<(), _>(journal).context("sealing").unwrap_err()));
        assert!(!is_full(&io::Error::from(io::ErrorKind::PermissionDenied).into()));
        assert!(!is_full(&anyhow::anyhow!("the disk is full, said somebody")));
    }

    #[test]
    fn clock_skew_is_told_with_what_to_do() {
        let ahead = clock_is_wrong(90, 60);
        assert!(ahead.starts_with("this machine's clock is 90 s ahead of the chain's: set it"), "{ahead}");
        assert!(clock_is_wrong(-61, 60).contains("61 s behind the chain's"));
    }
}
