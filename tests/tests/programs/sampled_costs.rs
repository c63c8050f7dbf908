//! What a sampled job costs on the chain, for one unit, for a thousand, a million, and 2^32: the same, but for the length of
//! the paths that its executor shows.

use std::collections::BTreeMap;

use anchor_lang::prelude::Pubkey;
use assay_tests::{
    World,
    assay_sdk::{
        addresses,
        escrow::{JobTerms, MAX_UNITS, Strategy},
        ix, merkle,
        sample::cut,
        verification::{Shown, Tree, merkle::Step, sample},
    },
    sampled::*,
};

/// A tree of any size whose leaves are all alike, so that each of its levels is known by one node and its last one.
struct Alike {
    units: u64,
    digest: [u8; 32],
    /// Of each level: any node but the last, and the last.
    levels: Vec<([u8; 32], [u8; 32])>,
}

impl Alike {
    fn new(units: u64) -> Self {
        let digest = merkle::unit_digest(0, b"output");
        let pair = |left: [u8; 32], right: [u8; 32]| {
            let above = Step { node: left, level: 0 }.climb(0, 2, &[right]).expect("two leaves");
            above.node
        };
        let leaf = Step::leaf(&digest).node;
        let (mut levels, mut width) = (vec![(leaf, leaf)], units);
        while width > 1 {
            let (any, last) = levels[levels.len() - 1];
            levels.push((pair(any, any), if width % 2 == 1 { last } else { pair(any, last) }));
            width = width.div_ceil(2);
        }
        Self { units, digest, levels }
    }

    fn root(&self) -> [u8; 32] {
        self.levels[self.levels.len() - 1].1
    }

    fn path(&self, unit: u64) -> Vec<[u8; 32]> {
        let mut path = vec![self.digest];
        let (mut at, mut width) = (unit, self.units);
        for (any, last) in &self.levels {
            if (at ^ 1) < width {
                path.push(if at ^ 1 == width - 1 { *last } else { *any });
            }
            (at, width) = (at / 2, width.div_ceil(2));
        }
        path
    }
}

/// The tree is the SDK's.
#[test]
fn the_tree_is_a_tree() {
    let tree = Alike::new(13);
    let digests = vec![tree.digest; 13];
    assert_eq!(tree.root(), root(&digests));
    for unit in 0..13 {
        assert_eq!(tree.path(unit), merkle::paths(&digests, &[unit]).expect("13 units"));
    }
}

/// Sixteen samples: a job of one unit has but one.
const MOST: u8 = 16;

/// What each step of a job of so many units takes, its whole life long; and how many hashes its executor showed.
fn life(units: u64) -> (BTreeMap<&'static str, u64>, u64) {
    let mut w = World::with_operators(4);
    let (alice, o) = (w.alice, w.operators.clone());
    w.mint_usd(&alice, 2 * MAX_UNITS);
    let (executor, a, b) = (o[0], o[1], o[2]);
    let strategy = Strategy::Sampled { samples: MOST, committee: 2 };
    let tree = Alike::new(units);
    // An address whose bump is found at once, or finding it would be what is measured.
    let nonce = addresses::cheap_nonce(&alice, 1);
    let terms = JobTerms { strategy, units, price_per_unit: 1, ..sampled(nonce) };
    let job = w.start(&alice, terms, &executor, &tree.root());
    let found = vec![tree.digest; w.drawn(&job).len()];
    for verifier in [a, b] {
        w.verify(&job, &verifier, &found);
    }
    for verifier in [a, b] {
        w.reveal_sample(&job, &verifier, &found);
    }
    let hashes = show(&mut w, &job, &executor, &tree);
    w.finalize_sample(&job);
    let counted = w.chain.usage["verification::finalize_sample"].cu;
    w.pronounce(&job);
    for operator in [executor, a, b] {
        w.settle(&job, &operator);
    }
    w.refund(&job);
    w.close(&job);
    w.close_round(&job).expect("it is over");
    let mut costs: BTreeMap<_, _> = STEPS.iter().map(|step| (*step, w.chain.usage[*step].cu)).collect();
    costs.insert("count", counted);
    (costs, hashes)
}

/// Steps whose cost is that of their last call in a life.
const STEPS: &[&str] = &[
    "escrow::post_job",
    "verification::open_round",
    "verification::draw",
    "escrow::claim_seat",
    "verification::seal_result",
    "verification::reveal_root",
    "verification::reveal_sample",
    "verification::finalize_sample",
    "escrow::settle",
    "escrow::refund",
    "escrow::close_job",
    "verification::close_round",
];

/// Show all drawn leaves; returns the hashes that took.
fn show(w: &mut World, job: &Pubkey, executor: &Pubkey, tree: &Alike) -> u64 {
    w.ok(&[w.reveal_root_ix(job, executor, &tree.root())]);
    let drawn = w.drawn(job);
    let stream: Vec<_> = drawn.iter().flat_map(|unit| tree.path(*unit)).collect();
    let of = Tree { root: &tree.root(), units: tree.units, drawn: &drawn };
    let (mut all, mut least) = (0, u64::MAX);
    let pieces = cut(&stream, &of, Shown::default()).expect("it is its tree");
    let last = pieces.len() - 1;
    for (i, piece) in pieces.into_iter().enumerate() {
        let hashes = piece.hashes.len() as u64;
        let used = w.ok(&[ix::verification::prove_sample(executor, job, piece)]).compute_units;
        assert!(used <= 40_000, "{used} CU for {hashes} hashes");
        if i != last {
            all += used;
            least = least.min(used);
        }
    }
    println!("{} units: {} hashes in {} transactions, {all} CU but for the last", tree.units, stream.len(), last + 1);
    assert_eq!(w.seat(job, executor).commitment, sample::root(&vec![tree.digest; drawn.len()]));
    stream.len() as u64
}

/// No step knows how many units there are, but the one that shows the leaves: 16 times log2(units) hashes.
#[test]
fn costs_do_not_grow_with_the_units() {
    let sizes = [1_000, 1_000_000, MAX_UNITS];
    let lives = sizes.map(life);
    let (one, one_hashes) = life(1);
    assert_eq!(one_hashes, 1, "the one digest is the root's only leaf");
    for (units, (costs, hashes)) in sizes.iter().zip(&lives) {
        let levels = 64 - (units - 1).leading_zeros() as u64;
        assert!(*hashes <= 16 * (1 + levels), "{hashes} for {units}");
        for (step, cost) in costs {
            let of_thousand = lives[0].0[step];
            // A number's own digits cost the program nothing; what a pool of another age costs is in the noise of 2 %.
            let off = cost.abs_diff(of_thousand);
            assert!(off * 50 <= of_thousand, "{step}: {cost} CU for {units} units, {of_thousand} for 1,000");
            // One sample instead of sixteen makes its reveal cheaper, and nothing else dearer.
            assert!(one[step] <= of_thousand + of_thousand / 50, "{step}: {} CU for one unit", one[step]);
        }
    }
    println!("{:#?}\n1 unit: {one:#?}", lives.map(|(costs, _)| costs));
}
