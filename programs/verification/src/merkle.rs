//! The tree over the digests of a job's units, as `assay_sdk::merkle` builds it, one step at a time: leaf =
//! `sha256(0x00, digest)`, node = `sha256(0x01, left, right)`, and an odd node rises as it is.

use solana_sha256_hasher::hashv;

/// The leaf of a unit's digest.
pub fn leaf(digest: &[u8; 32]) -> [u8; 32] {
    hashv(&[&[0], digest]).to_bytes()
}

/// The node above `node`, which is number `index` of its level, and its neighbour.
pub fn parent(index: u64, node: &[u8; 32], neighbour: &[u8; 32]) -> [u8; 32] {
    let (left, right) = if index & 1 == 0 { (node, neighbour) } else { (neighbour, node) };
    hashv(&[&[1], left, right]).to_bytes()
}

/// Nodes in the level so many above the leaves of `units`; at least one.
pub fn width(units: u64, level: u8) -> u64 {
    units.saturating_sub(1).checked_shr(level.into()).unwrap_or(0).saturating_add(1)
}

/// The node above `unit`, so many levels up, counted from the left.
pub fn index(unit: u64, level: u8) -> u64 {
    unit.checked_shr(level.into()).unwrap_or(0)
}
