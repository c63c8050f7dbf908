//! The attack matrix of what happens in a case: one line a call, for two challenges by bob and mallory, of jobs of alice's that operators
//! 0 and 1 deliver.

use assay_tests::{
    assay_sdk::{ix::verification as call, verification::CaseKind},
    cases::*,
};

use super::{super::cases::world, *};

/// Attacks that land, and why that is right; see [`super::COMMON`].
pub const HARMLESS: &[Harmless] = &[
    (
        "verification::open_case",
        "arbitrary_cpi_target",
        "program",
        "a round that is not needed names the program once more",
    ),
    ("verification::draw_jury", "of_another", "case", ANY),
    ("verification::resolve_case", "of_another", "case", ANY),
    ("verification::open_case", "prefunded_pda", "*", AHEAD),
    ("verification::answer_case", "prefunded_pda", "surety", AHEAD),
    ("verification::join_jury", "prefunded_pda", "ballot", AHEAD),
    ("verification::slash_ballot", "duplicate_mutable", "caller=harmed", "the harmed party may be the caller"),
    ("verification::slash_ballot", "wrong_address", "payer", NAMED),
];

const AHEAD: &str = "it is created all the same, and keeps what was sent ahead";
const ANY: &str = "anybody may send it for any case";
const NAMED: &str = "whoever paid for it gets its rent back";

/// Every instruction, in a world where it lands.
pub fn cases() -> Vec<Case> {
    let (mut w, a) = world();
    let (alice, bob, mallory, o) = (w.alice, w.bob, w.mallory, w.operators.clone());
    let b = o[1];
    let jobs = [(1, a), (2, b)].map(|(nonce, who)| w.seat_reviewed(&alice, optimistic(nonce), &who));
    let digests = wrong(32);
    [a, b].iter().zip(&jobs).for_each(|(who, job)| drop(w.ok(&[ix::escrow::deliver(who, job, root(&digests))])));
    let kind = CaseKind::Challenge { unit: LIE };
    let files = jobs.map(|job| addresses::case(&job, &kind));
    w.cases.extend(files);
    let open = |who: &Pubkey, job, executor| call::open_case(who, job, kind, Some(executor));
    let mut cases = vec![Case::new(&w, open(&bob, &jobs[0], &a)).other(open(&mallory, &jobs[1], &b))];
    w.ok(&[open(&bob, &jobs[0], &a)]);
    w.ok(&[open(&mallory, &jobs[1], &b)]);
    let pair = |w: &World, of: &dyn Fn(&World, usize) -> Instruction| Case::new(w, of(w, 0)).other(of(w, 1));
    cases.push(pair(&w, &|w, i| w.answer_ix(&files[i], &digests)));
    files.iter().for_each(|case| drop(w.answer(case, &digests)));
    w.tick(0, 2);
    cases.push(pair(&w, &|_, i| call::draw_jury(&files[i])));
    files.iter().for_each(|case| drop(w.ok(&[call::draw_jury(case)])));
    w.tick(120, 0);
    let jurors = [[o[2], o[3], o[4]], [o[5], o[6], o[7]]];
    cases.push(pair(&w, &|w, i| w.join_ix(&files[i], &jurors[i][0])));
    let each = |w: &mut World, of: &dyn Fn(&World, usize, usize) -> Instruction| {
        (0..2).for_each(|i| (0..3).for_each(|j| drop(w.ok(&[of(w, i, j)]))));
    };
    each(&mut w, &|w, i, j| w.join_ix(&files[i], &jurors[i][j]));
    // The last of each jury votes for the lie.
    let truth = right(32)[LIE as usize];
    let vote = |j: usize| if j == 2 { digests[LIE as usize] } else { truth };
    cases.push(pair(&w, &|w, i| w.ballot_ix(&files[i], &jurors[i][0], &truth)));
    each(&mut w, &|w, i, j| w.ballot_ix(&files[i], &jurors[i][j], &vote(j)));
    cases.push(pair(&w, &|w, i| w.show_ix(&files[i], &jurors[i][0], &truth)));
    each(&mut w, &|w, i, j| w.show_ix(&files[i], &jurors[i][j], &vote(j)));
    cases.push(pair(&w, &|_, i| call::resolve_case(&files[i])));
    files.iter().for_each(|case| drop(w.resolve(case)));
    let people = [alice, bob];
    cases.push(pair(&w, &|_, i| call::appeal(&people[i], &jobs[i], &files[i])));
    w.tick(REVEAL + 1, 0);
    cases.push(pair(&w, &|w, i| w.conclude_ix(&files[i])));
    cases.push(mooted(&w, &jobs, &files));
    files.iter().for_each(|case| drop(w.conclude(case)));
    cases.push(pair(&w, &|_, i| call::pay_case(&files[i], 0, &[bob, mallory][i])));
    cases.push(pair(&w, &|_, i| call::settle_ballot(&files[i], &jurors[i][0])));
    cases.push(pair(&w, &|w, i| w.slash_ballot_ix(&files[i], &jurors[i][2])));
    cases.push(pair(&w, &|_, i| call::return_surety(&jobs[i], &[a, b][i])));
    let mut paid = w.clone();
    for i in 0..2 {
        paid.ok(&[call::pay_case(&files[i], 0, &[bob, mallory][i])]);
        paid.ok(&[call::pay_case(&files[i], 1, &[bob, mallory][i])]);
        (0..2).for_each(|j| drop(paid.ok(&[call::settle_ballot(&files[i], &jurors[i][j])])));
        paid.ok(&[paid.slash_ballot_ix(&files[i], &jurors[i][2])]);
    }
    cases.push(pair(&paid, &|w, i| call::close_case(&files[i], &w.case(&files[i]))));
    cases.push(tied());
    cases
}

/// Both jobs end otherwise: as another case about each would have ended it.
fn mooted(w: &World, jobs: &[Pubkey; 2], files: &[Pubkey; 2]) -> Case {
    let mut w = w.clone();
    jobs.iter().for_each(|job| drop(w.ok(&[ix::escrow::convict(job, 1, &w.carol.clone())])));
    Case::new(&w, call::moot_case(&jobs[0], &files[0])).other(call::moot_case(&jobs[1], &files[1]))
}

/// Two rounds that a jury decided.
fn tied() -> Case {
    let (mut w, jobs) = two_jobs();
    let bob = w.bob;
    w.mint_asy(&bob, 100 * ASY);
    let spare: Vec<Pubkey> = (0..3).map(|i| w.add_operator(&format!("juror {i}"), STAKE)).collect();
    w.tick(0, 0);
    for (i, job) in jobs.iter().enumerate() {
        let digests = digests(&w, i);
        w.claim_and_seal(job, &digests);
        digests.iter().for_each(|(who, digest)| drop(w.reveal(job, who, digest)));
        w.tie_round(job);
    }
    let files = jobs.map(|job| w.tie(&bob, &job));
    w.tick(0, 2);
    files.iter().for_each(|case| drop(w.ok(&[call::draw_jury(case)])));
    w.tick(120, 0);
    for case in &files {
        spare[..3].iter().for_each(|juror| drop(w.join(case, juror)));
        spare[..3].iter().for_each(|juror| drop(w.ok(&[w.ballot_ix(case, juror, &honest())])));
        spare[..3].iter().for_each(|juror| drop(w.ok(&[w.show_ix(case, juror, &honest())])));
        w.resolve(case);
    }
    w.tick(REVEAL + 1, 0);
    let conclude = |w: &World, job: &Pubkey| call::conclude_tie(job, 0, &w.seated(job));
    Case::new(&w, conclude(&w, &jobs[0])).other(conclude(&w, &jobs[1]))
}
