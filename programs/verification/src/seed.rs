//! Where randomness comes from: one function, so that a VRF can take its place.
//!
//! The seed is the hash of the first slot after the job was fixed. Whoever posts cannot know it; the leader of that
//! slot can at most choose between few values, by skipping it or reordering (the bound is in `docs/threat-model.md`).

use anchor_lang::prelude::*;

/// The SlotHashes sysvar.
pub const SLOT_HASHES: Pubkey = pubkey!("SysvarS1otHashes111111111111111111111111111");

/// Bytes of one entry of the SlotHashes sysvar: slot, hash.
const ENTRY: usize = 40;

/// What the slot hashes say of a seed.
#[derive(Debug, PartialEq, Eq)]
pub enum Seed {
    /// The hash of the first slot after the one asked for.
    Found { slot: u64, hash: [u8; 32] },
    /// That slot has not passed.
    NotYet,
    /// The sysvar no longer reaches back to it: draw again.
    AgedOut,
}

/// Find the seed for a job fixed in `after`, in the raw data of SlotHashes (newest first, at most 512 entries).
/// `None` if the data is not that. It does not depend on when it is asked, until it ages out.
pub fn find(data: &[u8], after: u64) -> Option<Seed> {
    let count = usize::try_from(u64::from_le_bytes(data.get(..8)?.try_into().ok()?)).ok()?;
    let entries = data.get(8..)?.get(..count.checked_mul(ENTRY)?)?;
    let slot = |i: usize| -> Option<u64> {
        let at = i.checked_mul(ENTRY)?;
        Some(u64::from_le_bytes(entries.get(at..at.checked_add(8)?)?.try_into().ok()?))
    };
    if count == 0 || slot(0)? <= after {
        return Some(Seed::NotYet);
    }
    // Older than all that is left, and not merely the very next slot.
    if slot(count.checked_sub(1)?)? > after.checked_add(1)? {
        return Some(Seed::AgedOut);
    }
    // The last entry, counted from the newest, whose slot is later than `after`.
    let (mut low, mut high) = (0_usize, count);
    while low < high {
        let middle = low.checked_add(high)? >> 1;
        if slot(middle)? > after { low = middle.checked_add(1)? } else { high = middle }
    }
    let found = low.checked_sub(1)?;
    let at = found.checked_mul(ENTRY)?.checked_add(8)?;
    let hash = entries.get(at..at.checked_add(32)?)?.try_into().ok()?;
    Some(Seed::Found { slot: slot(found)?, hash })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data(slots: &[u64]) -> Vec<u8> {
        let mut data = (slots.len() as u64).to_le_bytes().to_vec();
        for slot in slots {
            data.extend(slot.to_le_bytes());
            data.extend([*slot as u8; 32]);
        }
        data
    }

    fn found(slot: u64) -> Option<Seed> {
        Some(Seed::Found { slot, hash: [slot as u8; 32] })
    }

    #[test]
    fn the_first_slot_after() {
        let data = data(&[20, 19, 17, 12, 11, 10]);
        assert_eq!(find(&data, 20), Some(Seed::NotYet));
        assert_eq!(find(&data, 19), found(20));
        assert_eq!(find(&data, 17), found(19));
        assert_eq!(find(&data, 15), found(17));
        assert_eq!(find(&data, 12), found(17));
        assert_eq!(find(&data, 10), found(11));
        assert_eq!(find(&data, 9), found(10));
        assert_eq!(find(&data, 8), Some(Seed::AgedOut));
    }

    #[test]
    fn bad_data_is_refused() {
        assert_eq!(find(&[], 1), None);
        assert_eq!(find(&data(&[5, 4])[..60], 1), None);
        assert_eq!(find(&data(&[]), 1), Some(Seed::NotYet));
    }
}
