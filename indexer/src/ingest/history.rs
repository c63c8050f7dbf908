//! Chain order out of per-program listings.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::Listed;

/// Transactions by slot, each slot's in chain order or `Err` when only its block can tell.
pub type Slots = BTreeMap<u64, Result<Vec<String>, Vec<String>>>;

/// Merges listings (each newest first, as nodes give them). The order within a slot is that of a listing that has all
/// of the slot's transactions; where there is none, it is unknown.
pub fn merge(listings: &[Vec<Listed>]) -> Slots {
    let mut slots: BTreeMap<u64, Vec<Vec<String>>> = BTreeMap::new();
    for listing in listings {
        let mut of_slot: HashMap<u64, Vec<String>> = HashMap::new();
        for listed in listing.iter().rev() {
            of_slot.entry(listed.slot).or_default().push(listed.signature.clone());
        }
        for (slot, signatures) in of_slot {
            slots.entry(slot).or_default().push(signatures);
        }
    }
    let order = |lists: Vec<Vec<String>>| {
        let mut all: Vec<String> = vec![];
        let mut seen = HashSet::new();
        for signature in lists.iter().flatten() {
            if seen.insert(signature) {
                all.push(signature.clone());
            }
        }
        match lists.iter().find(|list| list.len() == all.len()) {
            Some(whole) => Ok(whole.clone()),
            None => Err(all),
        }
    };
    slots.into_iter().map(|(slot, lists)| (slot, order(lists))).collect()
}

/// Sorts a slot's transactions by their place in the block; those it does not have go last, as they came.
pub fn by_block(mut signatures: Vec<String>, block: &[String]) -> Vec<String> {
    let place: HashMap<&String, usize> = block.iter().enumerate().map(|(i, signature)| (signature, i)).collect();
    signatures.sort_by_key(|signature| place.get(signature).copied().unwrap_or(usize::MAX));
    signatures
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listing(entries: &[(&str, u64)]) -> Vec<Listed> {
        entries.iter().map(|(s, slot)| Listed { signature: (*s).into(), slot: *slot }).collect()
    }

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn slots_rise_and_a_whole_listing_orders_its_slot() {
        let escrow = listing(&[("e", 9), ("c", 5), ("b", 5), ("a", 5)]);
        let staking = listing(&[("c", 5), ("a", 5), ("z", 2)]);
        let merged = merge(&[staking, escrow]);
        let expected = [(2, Ok(names(&["z"]))), (5, Ok(names(&["a", "b", "c"]))), (9, Ok(names(&["e"])))];
        assert_eq!(merged.into_iter().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn where_no_listing_has_all_the_block_decides() {
        let merged = merge(&[listing(&[("b", 5)]), listing(&[("a", 5)])]);
        let unknown = merged[&5].clone().unwrap_err();
        assert_eq!(unknown, ["b", "a"]);
        assert_eq!(by_block(unknown, &names(&["x", "a", "y", "b"])), ["a", "b"]);
        assert_eq!(by_block(names(&["lost", "b", "a"]), &names(&["a", "b"])), ["a", "b", "lost"]);
    }
}
