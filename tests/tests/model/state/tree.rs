//! The units of a reviewed job, and the way from one to the root: `sha256(0x00, digest)` for a leaf, `sha256(0x01, left, right)`
//! for a node, and an odd node goes up unchanged.

use assay_tests::chain::hash;

/// What everybody who computes a unit finds.
pub fn unit(index: u64) -> [u8; 32] {
    hash(&[b"unit", &index.to_le_bytes()])
}

/// The units of a result, of which one may be wrong.
pub fn units(count: u64, wrong: Option<u64>) -> Vec<[u8; 32]> {
    (0..count).map(|i| if Some(i) == wrong { hash(&[b"wrong", &i.to_le_bytes()]) } else { unit(i) }).collect()
}

/// The root of a result.
pub fn root(units: &[[u8; 32]]) -> [u8; 32] {
    let mut level: Vec<_> = units.iter().map(leaf).collect();
    while level.len() > 1 {
        level = level.chunks(2).map(|pair| pair.get(1).map_or(pair[0], |right| node(&pair[0], right))).collect();
    }
    level[0]
}

pub fn leaf(digest: &[u8; 32]) -> [u8; 32] {
    hash(&[&[0], digest])
}

fn node(left: &[u8; 32], right: &[u8; 32]) -> [u8; 32] {
    hash(&[&[1], left, right])
}

/// How many nodes there are of `count` leaves so many levels up.
fn width(count: u64, level: u8) -> u64 {
    (0..level).fold(count, |nodes, _| nodes.div_ceil(2))
}

/// Whether a leaf's way has a neighbour at a level.
pub fn beside(index: u64, count: u64, level: u8) -> bool {
    (index >> level) ^ 1 < width(count, level)
}

/// Whether the way ends at this level.
pub fn top(count: u64, level: u8) -> bool {
    width(count, level) == 1
}

/// Climb from a node with these neighbours, as far as they reach; `None` if there are too many of them.
pub fn climb(
    (mut at, mut level): ([u8; 32], u8),
    (index, count): (u64, u64),
    neighbours: &[[u8; 32]],
) -> Option<([u8; 32], u8)> {
    let mut neighbours = neighbours.iter();
    while !top(count, level) {
        if beside(index, count, level) {
            let Some(other) = neighbours.next() else { break };
            at = if (index >> level).is_multiple_of(2) { node(&at, other) } else { node(other, &at) };
        }
        level += 1;
    }
    neighbours.next().is_none().then_some((at, level))
}
