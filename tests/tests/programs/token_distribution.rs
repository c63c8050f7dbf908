//! Distributions: money for many behind one root. Thief: claim twice, more, another's, from another distribution, after
//! the end; direct another's claim to an account one controls; sweep early, or to oneself; empty a vault by a bad root.

use anchor_lang::{prelude::Pubkey, solana_program::instruction::Instruction};
use assay_tests::{
    Receipt, World,
    assay_sdk::{
        ASY, addresses,
        distribution::{Claim, ClaimTree},
        ix,
        token::{ASY_MINT, Distribution, TokenError},
    },
    world::*,
};

/// ASY and its token program.
pub const PAIR: (Pubkey, Pubkey) = (ASY_MINT, ix::TOKEN_PROGRAM);
/// Seconds that a distribution of these tests lasts.
pub const LASTS: i64 = 1_000;

/// An open distribution of ASY.
pub struct Opened {
    pub address: Pubkey,
    pub opener: Pubkey,
    pub tree: ClaimTree,
}

impl Opened {
    pub fn claim(&self, index: u32) -> Instruction {
        ix::token::claim(&self.address, PAIR, &self.of(index))
    }

    pub fn of(&self, index: u32) -> Claim {
        self.tree.claim(index).expect("in the list")
    }

    /// By carol, who paid the rent.
    pub fn sweep(&self) -> Instruction {
        ix::token::sweep_distribution(&self.address, PAIR, &self.opener, &assay_tests::chain::wallet("carol"))
    }

    /// What would open it with another id.
    pub fn opening(&self, w: &World, id: u64) -> ix::token::Opening {
        ix::token::Opening {
            opener: self.opener,
            payer: w.carol,
            mint: PAIR,
            id,
            root: self.tree.root(),
            total: self.tree.total(),
            max_claims: self.tree.len(),
            expires_at: w.now + LASTS,
        }
    }

    fn left(&self, w: &World) -> u64 {
        w.chain.tokens(&addresses::claims_vault(&self.address))
    }

    fn state(&self, w: &World) -> Distribution {
        w.chain.read(&self.address)
    }
}

/// A tree for the opener's distribution `id`, not opened.
pub fn planned(opener: &Pubkey, id: u64, list: &[(Pubkey, u64)]) -> Opened {
    let address = addresses::distribution(opener, id);
    Opened { address, opener: *opener, tree: ClaimTree::new(&address, list).expect("a sound list") }
}

/// Open a distribution; carol pays the rent.
pub fn open(w: &mut World, opener: &Pubkey, id: u64, list: &[(Pubkey, u64)]) -> Opened {
    let opened = planned(opener, id, list);
    w.ok(&[ix::token::open_distribution(&opened.opening(w, id))]);
    opened
}

/// Alice distributes 600 to bob, carol and mallory.
pub fn world() -> (World, Opened) {
    let mut w = World::empty();
    let alice = w.alice;
    w.mint_asy(&alice, ASY);
    let list = [(w.bob, 100), (w.carol, 200), (w.mallory, 300)];
    let opened = open(&mut w, &alice, 1, &list);
    (w, opened)
}

#[test]
fn a_distribution_pays_each_once_and_returns_the_rest() {
    let (mut w, d) = world();
    let (alice, bob, carol) = (w.alice, w.bob, w.carol);
    let rent = w.chain.lamports(&carol);
    assert_eq!((w.asy_of(&alice), d.left(&w)), (ASY - 600, 600));
    // Anybody sends it: here the fee payer of the tests, who is nobody.
    let receipt: Receipt = w.ok(&[d.claim(0)]);
    assert_eq!(receipt.event("DistributionClaimed").u64("amount"), 100);
    w.ok(&[d.claim(1)]);
    assert_eq!((w.asy_of(&bob), w.asy_of(&carol), d.left(&w)), (100, 200, 300));
    assert_eq!((d.state(&w).claimed, d.state(&w).claims), (300, 2));
    w.tick(LASTS + 1, 0);
    let swept = w.ok(&[d.sweep()]);
    assert_eq!(swept.event("DistributionSwept").u64("returned"), 300);
    assert_eq!(w.asy_of(&alice), ASY - 300);
    // All rent is back with who paid it.
    for closed in [d.address, addresses::claims_vault(&d.address)] {
        assert_eq!(w.chain.account(&closed), None);
    }
    assert!(w.chain.lamports(&carol) > rent);
    assert_eq!(w.chain.lamports(&carol), WALLET, "what carol paid in, to the lamport");
}

#[test]
fn double_claim() {
    let (mut w, d) = world();
    w.ok(&[d.claim(2)]);
    w.refused(&[d.claim(2)], TokenError::AlreadyClaimed);
    w.ok(&[d.claim(0)]);
    w.refused(&[d.claim(0)], TokenError::AlreadyClaimed);
    w.refused(&[d.claim(2)], TokenError::AlreadyClaimed);
    // Twice in one transaction: nothing of it lands.
    w.refused(&[d.claim(1), d.claim(1)], TokenError::AlreadyClaimed);
    assert_eq!((d.left(&w), d.state(&w).claims), (200, 2));
    w.ok(&[d.claim(1)]);
    assert_eq!((w.asy_of(&w.bob), w.asy_of(&w.carol), w.asy_of(&w.mallory)), (100, 200, 300));
}

/// `data_mismatch`: another amount, claimant, index or proof is not the claim.
#[test]
fn data_mismatch() {
    let (mut w, d) = world();
    let (bob, mallory) = (w.bob, w.mallory);
    let good = d.of(0);
    let with = |change: &dyn Fn(&mut Claim)| {
        let mut claim = good.clone();
        change(&mut claim);
        ix::token::claim(&d.address, PAIR, &claim)
    };
    let wrong = [
        with(&|c| c.amount = 101),
        with(&|c| c.amount = u64::MAX),
        with(&|c| c.claimant = mallory),
        with(&|c| c.index = 1),
        with(&|c| c.index = 3),
        with(&|c| c.index = 4),
        with(&|c| c.index = u32::MAX),
        with(&|c| c.proof[0][0] ^= 1),
        with(&|c| c.proof.truncate(1)),
        with(&|c| c.proof.push([0; 32])),
        with(&|c| c.proof.clear()),
        with(&|c| c.proof.reverse()),
    ];
    for call in wrong {
        w.refused(&[call], TokenError::BadProof);
    }
    w.refused(&[with(&|c| c.amount = 0)], TokenError::ZeroAmount);
    // An inner node is no claim: a proof one shorter, from above the leaves.
    let above = assay_tests::assay_sdk::token::claims::leaf(&d.address, 0, &bob, 100);
    w.refused(&[with(&|c| c.proof = vec![above, c.proof[1]])], TokenError::BadProof);
    // The padding is nobody's: index 3 with the zeros' proof.
    let padding = Claim { index: 3, proof: d.of(2).proof, ..good.clone() };
    w.refused(&[ix::token::claim(&d.address, PAIR, &padding)], TokenError::BadProof);
    w.ok(&[d.claim(0)]);
}

/// `replay_across_jobs`, for distributions: a claim of one is worth nothing in another with the same list; neither is the
/// other's vault.
#[test]
fn proof_of_another_distribution() {
    let (mut w, d) = world();
    let (alice, bob, carol, mallory) = (w.alice, w.bob, w.carol, w.mallory);
    let other = open(&mut w, &alice, 2, &[(bob, 100), (carol, 200), (mallory, 300)]);
    let mut replay = other.claim(2);
    replay.data = d.claim(2).data;
    w.refused(&[replay], TokenError::BadProof);
    let mut vault = d.claim(2);
    vault.accounts[1].pubkey = addresses::claims_vault(&other.address);
    w.refused(&[vault], 2006_u32);
    assert_eq!((d.left(&w), other.left(&w)), (600, 600));
}

/// `close_to_wrong_recipient`: whoever sends a claim or a sweep cannot choose where it goes. A thief who is the delegate
/// of an old account of the recipient's gets nothing; the recipient itself may choose.
#[test]
fn close_to_wrong_recipient() {
    let (mut w, d) = world();
    let (alice, bob, mallory) = (w.alice, w.bob, w.mallory);
    let (old, old_of_alice) =
        (w.token_account("bob's old", &ASY_MINT, &bob), w.token_account("alice's old", &ASY_MINT, &alice));
    let mut delegated = w.chain.account(&old).expect("just made");
    delegated.data[72..76].copy_from_slice(&1_u32.to_le_bytes());
    delegated.data[76..108].copy_from_slice(mallory.as_ref());
    delegated.data[121..129].copy_from_slice(&u64::MAX.to_le_bytes());
    w.chain.set(&old, delegated);

    let to = |to: &Pubkey, signed: bool| {
        let mut call = d.claim(0);
        call.accounts[4].pubkey = *to;
        call.accounts[3].is_signer = signed;
        call
    };
    w.refused(&[to(&old, false)], TokenError::NotAssociated);
    w.refused(&[to(&addresses::ata(&mallory, &ASY_MINT), false)], 2015_u32);
    w.refused(&[to(&addresses::ata(&mallory, &ASY_MINT), true)], 2015_u32);
    w.refused(&[to(&addresses::ata(&bob, &w.usd), true)], 2014_u32);
    w.ok(&[to(&old, true)]);
    assert_eq!(w.chain.tokens(&old), 100);

    w.tick(LASTS + 1, 0);
    let sweep = |to: &Pubkey, payer: &Pubkey, signed: bool| {
        let mut call = d.sweep();
        call.accounts[4].pubkey = *to;
        call.accounts[5].pubkey = *payer;
        call.accounts[3].is_signer = signed;
        call
    };
    let own = addresses::ata(&alice, &ASY_MINT);
    let carol = w.carol;
    w.refused(&[sweep(&old_of_alice, &carol, false)], TokenError::NotAssociated);
    w.refused(&[sweep(&addresses::ata(&mallory, &ASY_MINT), &carol, false)], 2015_u32);
    w.refused(&[sweep(&own, &mallory, false)], TokenError::WrongAddress);
    w.refused(&[sweep(&own, &alice, true)], TokenError::WrongAddress);
    let mut opener = d.sweep();
    opener.accounts[3].pubkey = mallory;
    opener.accounts[4].pubkey = addresses::ata(&mallory, &ASY_MINT);
    w.refused(&[opener], TokenError::WrongAddress);
    w.ok(&[sweep(&old_of_alice, &carol, true)]);
    assert_eq!(w.chain.tokens(&old_of_alice), 500);
}

#[test]
fn deadline_minus_1_s() {
    let (mut w, d) = world();
    w.at(d.state(&w).expires_at - 1);
    w.refused(&[d.sweep()], TokenError::NotExpired);
    w.ok(&[d.claim(0)]);
    w.tick(1, 0);
    w.refused(&[d.sweep()], TokenError::NotExpired);
    w.ok(&[d.claim(1)]);
}

#[test]
fn deadline_plus_1_s() {
    let (mut w, d) = world();
    w.at(d.state(&w).expires_at + 1);
    w.refused(&[d.claim(0)], TokenError::Expired);
    w.ok(&[d.sweep()]);
    // Closed: there is no account left to claim from or sweep.
    w.refused(&[d.claim(0)], 3012_u32);
    w.refused(&[d.sweep()], 3012_u32);
}

/// Claimed in full, it may be closed at once: nobody has anything left to claim.
#[test]
fn claimed_in_full() {
    let (mut w, d) = world();
    for index in 0..3 {
        w.refused(&[d.sweep()], TokenError::NotExpired);
        w.ok(&[d.claim(index)]);
    }
    assert_eq!(w.ok(&[d.sweep()]).event("DistributionSwept").u64("returned"), 0);
}

/// A root that promises more than its total pays until the total, and takes from nobody else: not from a gift either.
#[test]
fn donation_changes_no_accounting() {
    let mut w = World::empty();
    let (alice, bob) = (w.alice, w.bob);
    w.mint_asy(&alice, ASY);
    let list = [(bob, 100), (w.carol, 200)];
    let d = planned(&alice, 1, &list);
    w.ok(&[ix::token::open_distribution(&ix::token::Opening { total: 250, ..d.opening(&w, 1) })]);
    w.transfer(&alice, &ASY_MINT, &addresses::claims_vault(&d.address), 1_000);
    w.ok(&[d.claim(1)]);
    w.refused(&[d.claim(0)], TokenError::AboveTotal);
    w.tick(LASTS + 1, 0);
    assert_eq!(w.ok(&[d.sweep()]).event("DistributionSwept").u64("returned"), 1_050);
    assert_eq!((w.asy_of(&alice), w.asy_of(&bob)), (ASY - 200, 0));
}

/// `close_then_revive_in_one_tx`: lamports sent after the close keep no distribution alive; opened anew it is funded anew
/// and remembers nothing.
#[test]
fn close_then_revive_in_one_tx() {
    let (mut w, d) = world();
    w.ok(&[d.claim(0)]);
    w.tick(LASTS + 1, 0);
    let gift = ix_transfer(&w.mallory, &d.address, 10_000_000);
    w.ok(&[d.sweep(), gift]);
    assert!(w.chain.account(&d.address).is_some_and(|account| account.data.is_empty()));
    w.refused(&[d.claim(1)], 3007_u32);

    let (mut w, d) = world();
    w.ok(&[d.claim(0), d.claim(1), d.claim(2)]);
    let before = w.asy_of(&w.alice);
    let again = ix::token::open_distribution(&d.opening(&w, 1));
    w.ok(&[d.sweep(), again]);
    assert_eq!((w.asy_of(&w.alice), d.left(&w), d.state(&w).claims), (before - 600, 600, 0));
    w.ok(&[d.claim(0)]);
}

fn ix_transfer(from: &Pubkey, to: &Pubkey, lamports: u64) -> Instruction {
    use anchor_lang::solana_program::instruction::AccountMeta;
    let mut data = vec![2, 0, 0, 0];
    data.extend(lamports.to_le_bytes());
    let accounts = vec![AccountMeta::new(*from, true), AccountMeta::new(*to, false)];
    Instruction { program_id: ix::SYSTEM_PROGRAM, accounts, data }
}
