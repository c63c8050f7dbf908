//! The attack matrix of the verification program: one line a call.

use super::*;

/// Attacks that land, and why that is right; see [`super::COMMON`].
pub const HARMLESS: &[Harmless] = &[
    ("verification::initialize", "arbitrary_cpi_target", "program", EVENTS),
    ("verification::propose_authority", "twice", "-", "sets the same again"),
    ("verification::set_params", "twice", "-", "sets the same again"),
    ("verification::set_guardian", "twice", "-", "sets the same again"),
    ("verification::set_paused", "twice", "-", "sets the same again"),
];

/// Every instruction, in a world where it lands.
pub fn cases() -> Vec<Case> {
    let bare = World::bare();
    let authority = bare.authority;
    let mut w = World::with_operators(6);
    let (alice, bob) = (w.alice, w.bob);
    let [job, other] = [w.post_only(&alice, terms(1)), w.post_only(&bob, terms(1))];
    let open = ix::verification::open_round;
    let mut cases = vec![
        Case::new(&bare, ix::verification::initialize(&authority, GENESIS, verification_params())),
        Case::new(&w, open(&alice, &job)).other(open(&bob, &other)),
    ];
    cases.extend(admin(&w));
    cases.extend(sampled::cases());
    w.ok(&[open(&alice, &job)]);
    w.ok(&[open(&bob, &other)]);
    w.tick(0, 2);
    cases.push(Case::new(&w, ix::verification::draw(&job)).other(ix::verification::draw(&other)));
    let both = [(job, digests(&w, 0)), (other, digests(&w, 1))];
    for (job, digests) in &both {
        w.ok(&[ix::verification::draw(job)]);
        digests.iter().for_each(|(operator, _)| drop(w.claim(job, operator)));
    }
    let of = |w: &World, make: fn(&World, &Pubkey, &Pubkey, &[u8; 32]) -> Instruction| {
        let [one, two] = both.map(|(job, digests)| make(w, &job, &digests[0].0, &digests[0].1));
        Case::new(w, one).other(two)
    };
    cases.push(of(&w, World::seal_ix));
    for (job, digests) in &both {
        digests.iter().for_each(|(operator, digest)| drop(w.seal(job, operator, digest)));
    }
    cases.push(of(&w, World::reveal_ix));
    for (job, digests) in &both {
        digests.iter().for_each(|(operator, digest)| drop(w.reveal(job, operator, digest)));
    }
    cases.push(of(&w, |w, job, _, _| w.finalize_ix(job)));
    for (job, _) in &both {
        w.finalize(job);
    }
    let close = |w: &World, job: &Pubkey| ix::verification::close_round(job, &w.chain.read::<Job>(job).requester);
    cases.push(Case::new(&w, close(&w, &job)).other(close(&w, &other)));
    cases
}

fn admin(w: &World) -> Vec<Case> {
    let mut proposed = w.clone();
    proposed.ok(&[ix::verification::propose_authority(&w.authority, &w.bob)]);
    vec![
        Case::new(w, ix::verification::set_params(&w.authority, verification_params())),
        Case::new(w, ix::verification::propose_authority(&w.authority, &w.bob)),
        Case::new(&proposed, ix::verification::accept_authority(&w.bob)),
        Case::new(w, ix::verification::set_guardian(&w.authority, &w.bob)),
        Case::new(w, ix::verification::set_paused(&w.authority, true)),
    ]
}
