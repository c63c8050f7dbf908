//! A chain that is all written beforehand, forks included, and is seen as far as the clock has come.

use std::collections::BTreeSet;

use assay_escrow::{Seat, SeatState};
use assay_indexer::ingest::ChainTransaction;
use solana_sdk::pubkey::Pubkey;

use super::fake::{Block, Chain, Fake, address, bytes, seat, settlement};

/// splitmix64: enough to be all over the place, and the same everywhere.
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % bound
    }
}

/// First slot.
const FIRST: u64 = 100;
/// Slots that the finalized one is behind; longer than any fork lives.
const BEHIND: u64 = 40;
/// Seats that come and go.
const SEATS: u64 = 60;

type Write = (Pubkey, Option<Vec<u8>>);

struct Writer {
    random: Random,
    chain: Chain,
    tick: u64,
    slot: u64,
    written: u64,
}

/// What a slot wrote of a seat: its new state, or its end by the transaction of that name.
#[derive(Clone)]
enum Op {
    Write(u8, Vec<u8>),
    Settle(u8, String),
}

impl Writer {
    fn state(&mut self, n: u8) -> Seat {
        self.written += 1;
        let state = [SeatState::Claimed, SeatState::Sealed, SeatState::Revealed][self.written as usize % 3];
        Seat { progress: self.written, ..seat(n, state) }
    }

    fn ops(&mut self, open: &mut BTreeSet<u8>) -> Vec<Op> {
        let mut ops = vec![];
        for _ in 0..1 + self.random.below(4) {
            let n = u8::try_from(self.random.below(SEATS)).unwrap();
            if open.contains(&n) && self.random.below(3) == 0 {
                open.remove(&n);
                self.written += 1;
                ops.push(Op::Settle(n, format!("settle-{n}-{}", self.written)));
            } else {
                open.insert(n);
                let state = self.state(n);
                ops.push(Op::Write(n, bytes(&state)));
            }
        }
        ops
    }

    fn block(&mut self, ops: Vec<Op>, until: u64) {
        let (slot, from) = (self.slot, self.tick);
        let (mut writes, mut transactions): (Vec<Write>, Vec<ChainTransaction>) = (vec![], vec![]);
        for op in ops {
            match op {
                Op::Write(n, data) => writes.push((address(n), Some(data))),
                Op::Settle(n, name) => {
                    writes.push((address(n), None));
                    transactions.push(settlement(&name, slot, n, seat(n, SeatState::Revealed)));
                }
            }
        }
        self.chain.blocks.push(Block { slot, from, until, writes, transactions });
        self.slot += 1;
        self.tick += 1;
    }

    /// A fork that is given up; some of its transactions land again.
    fn fork(&mut self, open: &mut BTreeSet<u8>) {
        let mut on_fork = open.clone();
        let length = 1 + self.random.below(5);
        let until = self.tick + length + 3;
        let mut again = vec![];
        for _ in 0..length {
            let ops = self.ops(&mut on_fork);
            again.extend(ops.iter().filter(|op| matches!(op, Op::Settle(..))).cloned());
            self.block(ops, until);
        }
        self.tick = until;
        for op in again {
            if let Op::Settle(n, _) = op
                && self.random.below(2) == 0
                && open.remove(&n)
            {
                self.block(vec![op], u64::MAX);
            }
        }
    }
}

/// The chain of a seed with so many ticks, that began at `since` (nanoseconds of the epoch) and has a tick each `each`
/// nanoseconds; and the slot at which all is final.
pub fn chain(seed: u64, ticks: u64, since: u128, each: u128) -> (Fake, u64) {
    let chain = Chain { behind: BEHIND, clock: Some((since, each)), slot: FIRST - 1, ..Chain::default() };
    let mut writer = Writer { random: Random(seed), chain, tick: 1, slot: FIRST, written: 0 };
    let mut open = BTreeSet::new();
    while writer.tick < ticks {
        if writer.random.below(20) == 0 {
            writer.fork(&mut open);
        }
        let ops = writer.ops(&mut open);
        writer.block(ops, u64::MAX);
    }
    let last = writer.slot;
    writer.slot += BEHIND;
    writer.block(vec![], u64::MAX);
    let fake = Fake::default();
    fake.with(|chain| *chain = writer.chain);
    (fake, last)
}
