//! Who may govern the token and verification programs: two steps to hand over, a guardian who may pause, and what a
//! pause stops. Thief: take the authority in one step, keep it after handing over, pause for ever, lock exits.

use anchor_lang::{prelude::Pubkey, solana_program::instruction::Instruction};
use assay_tests::{
    World,
    assay_sdk::{
        ASY, addresses, ix,
        token::{self, ASY_MINT, FeeSplit, TokenError, TokenParams},
        verification::{self, VerificationError},
    },
    market::*,
    world::*,
};

use crate::token_distribution::open;

fn config(w: &World) -> token::Config {
    w.chain.read(&addresses::config(&token::ID))
}

/// The four calls of one program, and its errors: not the authority, not pending, not the guardian.
type Admin = (
    fn(&Pubkey, &Pubkey) -> Instruction,
    fn(&Pubkey) -> Instruction,
    fn(&Pubkey, &Pubkey) -> Instruction,
    fn(&Pubkey, bool) -> Instruction,
    [u32; 3],
);

fn both() -> [Admin; 2] {
    let token = [TokenError::NotAuthority, TokenError::NotPending, TokenError::NotGuardian].map(u32::from);
    let verification =
        [VerificationError::NotAuthority, VerificationError::NotPending, VerificationError::NotGuardian].map(u32::from);
    use ix::{token as t, verification as v};
    [
        (t::propose_authority, t::accept_authority, t::set_guardian, t::set_paused, token),
        (v::propose_authority, v::accept_authority, v::set_guardian, v::set_paused, verification),
    ]
}

#[test]
fn one_step_authority_transfer() {
    for (propose, accept, set_guardian, _, [not_authority, not_pending, _]) in both() {
        let mut w = World::empty();
        let (old, new, mallory) = (w.authority, w.bob, w.mallory);
        w.refused(&[propose(&mallory, &mallory)], not_authority);
        // Nobody is pending: zeros cannot accept, even if somebody could sign for them.
        w.refused(&[accept(&Pubkey::default())], not_pending);
        w.refused(&[accept(&old)], not_pending);
        w.ok(&[propose(&old, &new)]);
        // Proposing gives nothing away yet, and only the one proposed can take it.
        w.refused(&[set_guardian(&new, &new)], not_authority);
        w.refused(&[accept(&mallory)], not_pending);
        w.refused(&[accept(&old)], not_pending);
        // It can be withdrawn.
        w.ok(&[propose(&old, &Pubkey::default())]);
        w.refused(&[accept(&new)], not_pending);
        w.ok(&[propose(&old, &new)]);
        w.ok(&[accept(&new)]);
        w.refused(&[accept(&new)], not_pending);
        w.refused(&[set_guardian(&old, &old)], not_authority);
        w.refused(&[propose(&old, &old)], not_authority);
        w.ok(&[set_guardian(&new, &mallory)]);
    }
}

#[test]
fn guardian_pauses_and_no_more() {
    for (propose, _, set_guardian, set_paused, [not_authority, _, not_guardian]) in both() {
        let mut w = World::empty();
        let (authority, guardian, mallory) = (w.authority, w.carol, w.mallory);
        w.refused(&[set_paused(&guardian, true)], not_guardian);
        w.refused(&[set_paused(&Pubkey::default(), true)], not_guardian);
        w.refused(&[set_guardian(&mallory, &mallory)], not_authority);
        w.ok(&[set_guardian(&authority, &guardian)]);
        w.ok(&[set_paused(&guardian, true)]);
        w.refused(&[set_paused(&mallory, false)], not_guardian);
        w.refused(&[propose(&guardian, &guardian)], not_authority);
        w.refused(&[set_guardian(&guardian, &mallory)], not_authority);
        w.ok(&[set_paused(&authority, false)]);
        w.ok(&[set_guardian(&authority, &Pubkey::default())]);
        w.refused(&[set_paused(&guardian, true)], not_guardian);
    }
}

#[test]
fn pause_stops_entry_not_exit() {
    let mut w = World::with_operators(3);
    let (authority, alice, bob, carol, usd) = (w.authority, w.alice, w.bob, w.carol, w.usd);
    let ata = addresses::ata(&alice, &ASY_MINT);
    w.mint_asy(&alice, 100 * ASY);
    let first = open(&mut w, &alice, 1, &[(bob, 5), (carol, 7)]);
    let late = open(&mut w, &alice, 2, &[(bob, 5)]);
    w.transfer(&alice, &usd, &addresses::fee_vault(&usd, 0), 1_000);
    w.ok(&[ix::token::set_paused(&authority, true)]);

    // Entries.
    w.refused(&[ix::token::mint_to(&authority, &ata, 1)], TokenError::Paused);
    w.refused(&[ix::token::emit_epoch()], TokenError::Paused);
    w.refused(&[ix::token::open_distribution(&first.opening(&w, 3))], TokenError::Paused);
    // Exits.
    w.ok(&[ix::token::burn(&alice, &ata, 1)]);
    w.ok(&[ix::token::collect_fees(&usd, &addresses::fee_vault(&usd, 0))]);
    w.ok(&[first.claim(0)]);
    w.ok(&[first.claim(1)]);
    w.ok(&[first.sweep()]);
    w.tick(1_001, 0);
    w.ok(&[late.sweep()]);
    w.ok(&[ix::token::spend_treasury(&authority, (usd, ix::TOKEN_PROGRAM), &addresses::ata(&alice, &usd), 100)]);
    w.ok(&[ix::token::set_paused(&authority, false)]);
    w.ok(&[ix::token::emit_epoch()]);
}

/// A paused verification program opens no round; one that is open goes on to its verdict and is closed.
#[test]
fn a_paused_round_goes_on() {
    let mut w = World::with_operators(3);
    let (authority, alice, bob) = (w.authority, w.alice, w.bob);
    let job = w.open(&alice, 1);
    let other = w.post_only(&bob, terms(1));
    w.ok(&[ix::verification::set_paused(&authority, true)]);
    w.refused(&[ix::verification::open_round(&bob, &other)], VerificationError::Paused);
    let digests: Vec<_> = w.operators.iter().map(|operator| (*operator, honest())).collect();
    w.judge(&job, &digests);
    w.close_round(&job).expect("a final round closes");
    w.ok(&[ix::verification::set_paused(&authority, false)]);
    w.ok(&[ix::verification::open_round(&bob, &other)]);
    let config: verification::Config = w.chain.read(&addresses::config(&verification::ID));
    assert_eq!((config.authority, config.genesis, config.paused), (authority, GENESIS, false));
}

#[test]
fn parameters_have_bounds() {
    let mut w = World::empty();
    let authority = w.authority;
    let with = |change: fn(&mut TokenParams)| {
        let mut params = token_params();
        change(&mut params);
        params
    };
    let bad = [
        with(|p| p.split.burn_bps = 5_001),
        with(|p| p.split.treasury_bps = 4_999),
        with(|p| p.split = FeeSplit { burn_bps: u16::MAX, reserve_bps: 0, rewards_bps: 0, treasury_bps: 0 }),
        // 65,536 + 10,000: a sum that would be right in 16 bits.
        with(|p| p.split = FeeSplit { burn_bps: 60_000, reserve_bps: 15_536, rewards_bps: 0, treasury_bps: 0 }),
        with(|p| p.emission.keep_bps = 10_001),
        with(|p| p.emission.epoch_seconds = 0),
        with(|p| p.emission.epoch_seconds = -1),
        with(|p| p.emission.epoch_seconds = i64::MAX),
    ];
    let mut bare = World::bare();
    for params in bad {
        w.refused(&[ix::token::set_params(&authority, params)], TokenError::BadParams);
        bare.refused(&[ix::token::initialize(&authority, MAX_SUPPLY, params)], TokenError::BadParams);
    }
    w.refused(&[ix::token::set_params(&w.mallory.clone(), token_params())], TokenError::NotAuthority);
    w.ok(&[ix::token::set_params(&authority, with(|p| p.split.treasury_bps = 5_000))]);
    assert_eq!(config(&w).params, token_params());
}

/// An authority that is a PDA pays nothing: the payer of a Minter is another.
#[test]
fn a_minter_is_paid_for_by_another() {
    let mut w = World::empty();
    let (authority, bob, carol, mallory) = (w.authority, w.bob, w.carol, w.mallory);
    let before = (w.chain.lamports(&authority), w.chain.lamports(&carol));
    w.ok(&[ix::token::set_minter_paid_by(&carol, &authority, &bob, 5)]);
    assert_eq!(w.chain.lamports(&authority), before.0);
    assert!(w.chain.lamports(&carol) < before.1);
    w.refused(&[ix::token::set_minter_paid_by(&mallory, &mallory, &mallory, 5)], TokenError::NotAuthority);
    // A payer is no authority.
    let to = addresses::ata(&carol, &ASY_MINT);
    w.refused(&[ix::token::mint_to(&carol, &to, 1)], 3012_u32);
    w.refused(&[ix::token::mint_to(&bob, &to, 6)], TokenError::AllowanceExceeded);
    w.ok(&[ix::token::mint_to(&bob, &to, 5)]);
}

/// Calls what no other measurement calls, for the table of compute units.
pub fn call_all(w: &mut World) {
    let (authority, alice, bob, usd) = (w.authority, w.alice, w.bob, w.usd);
    w.mint_asy(&alice, 100 * ASY);
    for (propose, accept, set_guardian, set_paused, _) in both() {
        w.ok(&[propose(&authority, &bob)]);
        w.ok(&[accept(&bob)]);
        w.ok(&[propose(&bob, &authority)]);
        w.ok(&[accept(&authority)]);
        w.ok(&[set_guardian(&authority, &bob)]);
        w.ok(&[set_paused(&bob, false)]);
    }
    w.ok(&[ix::token::set_params(&authority, crate::token_fees::split_params(&usd))]);
    w.tick(100, 0);
    w.ok(&[ix::token::emit_epoch()]);
    crate::token_fees::swap_some(w);
    w.ok(&[ix::token::spend_treasury(&authority, (usd, ix::TOKEN_PROGRAM), &addresses::ata(&alice, &usd), 1)]);
    let wallets: Vec<_> = (0..1_000).map(|i| (if i == 0 { bob } else { w.carol }, 1)).collect();
    let opened = open(w, &alice, 77, &wallets);
    w.ok(&[opened.claim(0)]);
    w.tick(1_001, 0);
    w.ok(&[opened.sweep()]);
    let record = addresses::record(&w.operators[0], 0);
    w.ok(&[ix::reputation::score(&record)]);
    crate::reputation::age(w, &record);
    w.ok(&[ix::reputation::upgrade_record(&alice, &record)]);
}
