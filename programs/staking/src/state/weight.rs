use anchor_lang::prelude::*;

/// A weight that counts from the epoch after it changed: kept as of now and as of the end of the last epoch,
/// and rolled on when it is next written.
#[derive(AnchorSerialize, AnchorDeserialize, InitSpace, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Weight {
    /// Epoch of the last change.
    pub epoch: u64,
    /// Weight after the last change.
    pub now: u64,
    /// Weight at the end of the epoch before `epoch`.
    pub last: u64,
}

impl Weight {
    /// Set the present weight in `epoch`.
    pub fn set(&mut self, epoch: u64, weight: u64) {
        if epoch > self.epoch {
            self.last = self.now;
            self.epoch = epoch;
        }
        self.now = weight;
    }

    /// Weight at the end of the epoch before `epoch`.
    pub fn settled(&self, epoch: u64) -> u64 {
        if epoch > self.epoch { self.now } else { self.last }
    }

    /// What a pool may draw with in `epoch`: new stake waits, lost or leaving stake is gone at once.
    pub fn effective(&self, epoch: u64) -> u64 {
        self.settled(epoch).min(self.now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn new_stake_waits_for_the_next_epoch_and_leaving_stake_does_not() {
        let mut weight = Weight::default();
        weight.set(5, 100);
        assert_eq!((weight.effective(5), weight.effective(6)), (0, 100));
        weight.set(6, 300);
        assert_eq!((weight.effective(6), weight.effective(7), weight.settled(7)), (100, 300, 300));
        weight.set(7, 20);
        assert_eq!((weight.effective(7), weight.settled(7)), (20, 300));
    }

    #[test]
    fn two_changes_in_one_epoch_keep_the_last_epochs_end() {
        let mut weight = Weight::default();
        weight.set(5, 100);
        weight.set(6, 50);
        weight.set(6, 500);
        assert_eq!((weight.settled(6), weight.effective(6)), (100, 100));
    }
}
