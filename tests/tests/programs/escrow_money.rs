//! In which money jobs are paid, who gets a part of it, and who governs that.

use anchor_lang::prelude::Pubkey;
use anchor_spl::associated_token::get_associated_token_address_with_program_id;
use assay_tests::{
    World,
    assay_sdk::{
        addresses,
        escrow::{Config, EscrowError, EscrowParams, JobState, JobTerms, Royalty, Strategy},
        ix,
        token::FEE_AUTHORITY,
    },
    chain::wallet,
    market::*,
    world::*,
};
use solana_sdk::account::Account;

const TOKEN_2022: Pubkey = Pubkey::from_str_const("TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb");
const DIGEST: [u8; 32] = [5; 32];

/// A Token-2022 mint of six decimals with one extension, given as (type, content).
fn mint_with(w: &mut World, kind: u16, content: &[u8]) -> Pubkey {
    let mint = wallet("a Token-2022 mint");
    w.create_mint(&mint, 6, &TOKEN_2022);
    let mut account = w.chain.account(&mint).expect("it was made");
    account.data.resize(165, 0);
    account.data.push(1);
    account.data.extend(kind.to_le_bytes());
    account.data.extend((content.len() as u16).to_le_bytes());
    account.data.extend(content);
    w.chain.set(&mint, account);
    mint
}

/// A transfer fee of so many bps and at most so much, now and later.
fn fee_config(bps: u16, most: u64) -> Vec<u8> {
    let fee = [&0_u64.to_le_bytes()[..], &most.to_le_bytes(), &bps.to_le_bytes()].concat();
    [&[0; 72][..], &fee, &fee].concat()
}

/// An account of a mint with transfer fees, at an address.
fn set_tokens(w: &mut World, address: Pubkey, mint: &Pubkey, owner: &Pubkey, amount: u64) {
    let mut data = vec![0; 165];
    data[..32].copy_from_slice(mint.as_ref());
    data[32..64].copy_from_slice(owner.as_ref());
    data[64..72].copy_from_slice(&amount.to_le_bytes());
    data[108] = 1;
    data.extend([2, 2, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    w.chain.set(&address, Account { lamports: 10_000_000, data, owner: TOKEN_2022, ..Account::default() });
}

fn ata(owner: &Pubkey, mint: &Pubkey) -> Pubkey {
    get_associated_token_address_with_program_id(owner, mint, &TOKEN_2022)
}

fn held(w: &World, address: &Pubkey) -> u64 {
    let data = w.chain.account(address).expect("a token account").data;
    u64::from_le_bytes(data[64..72].try_into().expect("8 bytes"))
}

fn refused_mint(kind: u16, content: &[u8], error: EscrowError) {
    let mut w = World::empty();
    let mint = mint_with(&mut w, kind, content);
    w.refused(&[ix::escrow::register_mint(&w.authority, &mint, 1)], error);
}

#[test]
fn permanent_delegate_mint() {
    refused_mint(12, &[7; 32], EscrowError::MintPermanentDelegate);
}

#[test]
fn transfer_hook_mint() {
    refused_mint(14, &[7; 64], EscrowError::MintTransferHook);
}

#[test]
fn mint_close_and_reinit() {
    refused_mint(3, &[7; 32], EscrowError::MintCloseAuthority);
}

#[test]
fn other_dangerous_mints() {
    refused_mint(6, &[2], EscrowError::MintDefaultState);
    refused_mint(9, &[], EscrowError::MintNonTransferable);
    refused_mint(26, &[7; 33], EscrowError::MintPausable);
    refused_mint(4, &[7; 65], EscrowError::MintConfidential);
    refused_mint(16, &[7; 129], EscrowError::MintConfidential);
    refused_mint(24, &[7; 196], EscrowError::MintConfidential);
    // One of accounts, and one that nobody knows.
    refused_mint(8, &[1], EscrowError::MintExtension);
    refused_mint(4_000, &[1], EscrowError::MintExtension);
}

#[test]
fn harmless_mints() {
    for (kind, length) in [(1, 108), (10, 52), (18, 64), (20, 64), (22, 64), (25, 56)] {
        let mut w = World::empty();
        let mint = mint_with(&mut w, kind, &vec![0; length]);
        w.ok(&[ix::escrow::register_mint(&w.authority, &mint, 1)]);
    }
}

/// `transfer_fee_mint`: so much is sent that what is promised arrives; who receives bears the fee of its own transfer.
#[test]
fn transfer_fee_mint() {
    let mut w = World::with_operators(3);
    let (alice, authority) = (w.alice, w.authority);
    let mint = mint_with(&mut w, 1, &fee_config(100, u64::MAX));
    // The invariants read SPL Token's accounts only: this job's are checked here.
    w.locks_are_exposures = false;
    w.ok(&[ix::escrow::register_mint(&authority, &mint, BOND_RATE)]);
    let o = w.operators.clone();
    for who in o.iter().chain([&alice]) {
        set_tokens(&mut w, ata(who, &mint), &mint, who, if *who == alice { FUNDS } else { 0 });
    }
    let in_2022 = |call| ix::escrow::in_token_2022(call, &mint, &[alice, o[0], o[1], o[2]]);
    let job = addresses::job(&alice, 1);
    set_tokens(&mut w, addresses::fee_vault_of_job(&mint, &job), &mint, &FEE_AUTHORITY, 0);
    w.ok(&[in_2022(ix::escrow::post_job(&alice, &mint, terms(1))), ix::verification::open_round(&alice, &job)]);
    let vault = addresses::job_vault(&job);
    assert_eq!(held(&w, &vault), 3 * SEAT_PRICE);
    let sent = FUNDS - held(&w, &ata(&alice, &mint));
    assert_eq!(sent - sent.div_ceil(100), 3 * SEAT_PRICE, "the fee is on top");
    w.tick(0, 2);
    w.ok(&[ix::verification::draw(&job)]);
    w.judge(&job, &[(o[0], honest()), (o[1], honest()), (o[2], lie(&o[2]))]);
    for operator in &o[..2] {
        let settle = in_2022(ix::escrow::settle(&job, &w.job(&job), operator));
        w.ok(&[settle]);
        let paid = SEAT_PRICE - FEE;
        assert_eq!(held(&w, &ata(operator, &mint)), paid - paid.div_ceil(100));
    }
    w.slash(&job, &o[2]);
    let refund = in_2022(ix::escrow::refund(&job, &w.job(&job)));
    w.ok(&[refund]);
    let close = in_2022(ix::escrow::close_job(&job, &alice, &alice));
    // 35 is Token-2022's AccountHasWithheldTransferFees: anybody may harvest them.
    w.refused(std::slice::from_ref(&close), 35_u32);
    let harvest = token_2022_harvest(&mint, &vault);
    w.ok(&[harvest, close]);
    assert_eq!(w.chain.account(&vault), None);
}

/// TransferFeeExtension (26), HarvestWithheldTokensToMint (4).
fn token_2022_harvest(mint: &Pubkey, vault: &Pubkey) -> anchor_lang::solana_program::instruction::Instruction {
    let mut call = token_instruction(26, 0, &[(*mint, true, false), (*vault, true, false)]);
    call.program_id = TOKEN_2022;
    call.data = vec![26, 4];
    call
}

fn royalty(to: Pubkey, bps: u16) -> Royalty {
    Royalty { to, bps }
}

/// A job that alice reviews, with royalties; operator 0 has delivered, alice accepted, and it is settled.
fn with_royalties(royalties: Vec<Royalty>, milestones: &[u16]) -> (World, Pubkey, Pubkey) {
    let mut w = World::with_operators(2);
    let (alice, a) = (w.alice, w.operators[0]);
    let strategy = Strategy::Accepted { window: REVIEW };
    let job = w.post_only(&alice, JobTerms { strategy, royalties, milestones: milestones.to_vec(), ..terms(1) });
    w.tick(0, 2);
    w.ok(&[ix::verification::draw_roundless(&job)]);
    w.claim(&job, &a);
    for _ in 0..milestones.len().max(1) {
        w.ok(&[ix::escrow::deliver(&a, &job, DIGEST)]);
        let release = ix::escrow::release_milestone(&alice, &job, &w.job(&job), &a);
        w.ok(&[release]);
    }
    (w, job, a)
}

/// `royalty_sum_above_limit`: fee and royalties leave the operator 60 %, to the bps.
#[test]
fn royalty_sum_above_limit() {
    let mut w = World::empty();
    let (alice, usd, carol, bob) = (w.alice, w.usd, w.carol, w.bob);
    let post = |royalties| ix::escrow::post_job(&alice, &usd, JobTerms { royalties, ..terms(1) });
    let of = |bps: &[u16]| bps.iter().map(|bps| royalty(carol, *bps)).collect::<Vec<_>>();
    for bad in [&[3_751][..], &[3_000, 751], &[u16::MAX], &[u16::MAX; 4]] {
        w.refused(&[post(of(bad))], EscrowError::RoyaltiesTooHigh);
    }
    for bad in [&[0][..], &[1; 5]] {
        w.refused(&[post(of(bad))], EscrowError::BadRoyalties);
    }
    w.refused(&[post(vec![royalty(Pubkey::default(), 1)])], EscrowError::BadRoyalties);
    w.ok(&[post(vec![royalty(carol, 3_000), royalty(bob, 750)])]);
}

/// Royalties are of every payment, due in the job, and paid to their payees alone; the rest is the requester's.
#[test]
fn royalties_are_due_and_paid() {
    let bob = wallet("bob");
    let (mut w, job, a) = with_royalties(vec![royalty(wallet("carol"), 1_000), royalty(bob, 333)], &[5_000, 5_000]);
    let half = SEAT_PRICE / 2;
    let of_half = |bps: u64| half * bps / 10_000;
    assert_eq!([w.job(&job).legs[0].due, w.job(&job).legs[1].due], [of_half(1_000), of_half(333)]);
    let had = w.usd_of(&a);
    w.settle(&job, &a);
    assert_eq!(w.usd_of(&a) - had, half - of_half(250) - of_half(1_000) - of_half(333));
    let (usd, mallory, before) = (w.usd, w.mallory, w.usd_of(&w.carol));
    let pay = |w: &World, leg, to: &Pubkey| ix::escrow::pay_royalty(&job, &w.job(&job), leg, &addresses::ata(to, &usd));
    w.refused(&[pay(&w, 0, &mallory)], EscrowError::WrongAddress);
    w.refused(&[pay(&w, 0, &bob)], EscrowError::WrongAddress);
    w.refused(&[pay(&w, 2, &bob)], EscrowError::NothingDue);
    // A refund takes nothing that is due, and the job stays until it is paid.
    w.refund(&job);
    w.refused(&[ix::escrow::close_job(&job, &w.alice, &w.alice)], EscrowError::VaultNotEmpty);
    w.ok(&[pay(&w, 0, &w.carol)]);
    w.refused(&[pay(&w, 0, &w.carol)], EscrowError::NothingDue);
    w.ok(&[pay(&w, 1, &bob)]);
    assert_eq!(w.usd_of(&w.carol) - before, 2 * of_half(1_000));
    w.refund(&job);
    w.close(&job);
    assert_eq!(w.usd_of(&w.alice), FUNDS - SEAT_PRICE);
}

/// A payee that cannot be paid stops nobody: its part is the protocol's when the grace is over.
#[test]
fn a_frozen_payee_locks_nobody() {
    let nobody = wallet("nobody");
    let (mut w, job, a) = with_royalties(vec![royalty(nobody, 1_000)], &[]);
    w.settle(&job, &a);
    w.refund(&job);
    let (usd, ended) = (w.usd, w.job(&job).ended_at);
    let fees = addresses::fee_vault(&usd, 0);
    let pay = ix::escrow::pay_royalty(&job, &w.job(&job), 0, &fees);
    w.at(ended + GRACE);
    w.refused(std::slice::from_ref(&pay), EscrowError::WrongAddress);
    w.tick(1, 0);
    let had = w.chain.tokens(&fees);
    w.ok(&[pay]);
    assert_eq!(w.chain.tokens(&fees) - had, SEAT_PRICE / 10);
    w.close(&job);
}

/// A requester that names its own job as payee does not get the royalty back.
#[test]
fn a_royalty_to_the_job_itself() {
    let alice = wallet("alice");
    let itself = addresses::job(&alice, 1);
    let (mut w, job, a) = with_royalties(vec![royalty(itself, 1_000)], &[]);
    assert_eq!(itself, job);
    w.settle(&job, &a);
    let (usd, vault) = (w.usd, addresses::job_vault(&job));
    w.refused(&[ix::escrow::pay_royalty(&job, &w.job(&job), 0, &vault)], EscrowError::WrongAddress);
    let other = w.token_account("another account of the job's", &usd, &job);
    w.refused(&[ix::escrow::pay_royalty(&job, &w.job(&job), 0, &other)], EscrowError::WrongAddress);
}

/// A seat may be paid from another token account of the job's, which somebody must have given it: the winner gets no more,
/// and what stays in the vault is the requester's. Nothing is stranded.
#[test]
fn paid_from_another_account_of_the_jobs() {
    let mut w = World::with_operators(3);
    let (alice, usd) = (w.alice, w.usd);
    let o = [w.operators[0], w.operators[1], w.operators[2]];
    let job = w.open(&alice, 1);
    w.judge(&job, &[(o[0], honest()), (o[1], honest()), (o[2], honest())]);
    let gift = w.token_account("a gift to the job", &usd, &job);
    let mut account = w.chain.account(&gift).expect("just made");
    let price = w.job(&job).seat_price;
    account.data[64..72].copy_from_slice(&price.to_le_bytes());
    w.chain.set(&gift, account);
    let vault = addresses::job_vault(&job);
    let (before, held) = (w.usd_of(&alice), w.chain.tokens(&vault));
    let mut settle = ix::escrow::settle(&job, &w.job(&job), &o[0]);
    settle.accounts[5].pubkey = gift;
    let paid = w.chain.send(&[settle]).expect("it is the job's").event("SeatSettled").u64("paid");
    let other = w.chain.send(&[ix::escrow::settle(&job, &w.job(&job), &o[1])]).expect("from the vault");
    assert_eq!(paid, other.event("SeatSettled").u64("paid"));
    assert_eq!((w.chain.tokens(&gift), w.chain.tokens(&vault)), (0, held - price));
    for end in [
        ix::escrow::settle(&job, &w.job(&job), &o[2]),
        ix::escrow::refund(&job, &w.job(&job)),
        ix::escrow::close_job(&job, &alice, &alice),
    ] {
        w.chain.send(&[end]).expect("the job ends as ever");
    }
    assert_eq!(w.usd_of(&alice) - before, price);
}

/// `frozen_winner`: who cannot be paid keeps its pay waiting, and nobody else's.
#[test]
fn a_frozen_winner_blocks_no_refund() {
    let mut w = World::with_operators(3);
    let (alice, usd) = (w.alice, w.usd);
    let [a, b, c] = [w.operators[0], w.operators[1], w.operators[2]];
    let job = w.open(&alice, 1);
    w.judge(&job, &[(a, honest()), (b, honest()), (c, lie(&c))]);
    let account = addresses::ata(&a, &usd);
    let mut frozen = w.chain.account(&account).expect("it has one");
    frozen.data[108] = 2;
    w.chain.set(&account, frozen);
    w.refused(&[ix::escrow::settle(&job, &w.job(&job), &a)], 17_u32);
    w.refund(&job);
    assert_eq!(w.usd_of(&alice), FUNDS - 2 * SEAT_PRICE, "the loser's pay is back");
    w.settle(&job, &b);
    w.slash(&job, &c);
    assert_eq!(w.chain.tokens(&addresses::job_vault(&job)), SEAT_PRICE);
}

/// Bounties come out of what the job holds for them, once each, and the rest returns.
#[test]
fn bounties_are_paid_once_each() {
    let mut w = World::with_operators(3);
    let (alice, carol) = (w.alice, w.carol);
    let o = w.operators.clone();
    let before = w.chain.lamports(&alice);
    let job = w.open(&alice, 1);
    w.judge(&job, &[(o[0], honest()), (o[1], honest()), (o[2], honest())]);
    let had = w.chain.lamports(&carol);
    for operator in &o {
        let settle = ix::escrow::settle_seat(&job, &w.job(&job), &w.seat(&job, operator), &carol);
        w.ok(&[settle]);
    }
    w.refund(&job);
    w.ok(&[ix::escrow::close_job(&job, &alice, &carol)]);
    w.close_round(&job).expect("it is final");
    assert_eq!(w.chain.lamports(&carol) - had, 4 * BOUNTY);
    assert_eq!(before - w.chain.lamports(&alice), 4 * BOUNTY);
}

/// `one_step_authority_transfer`: an authority that nobody holds the key of can never come to be.
#[test]
fn one_step_authority_transfer() {
    let mut w = World::empty();
    let (authority, bob, mallory) = (w.authority, w.bob, w.mallory);
    w.refused(&[ix::escrow::accept_authority(&mallory)], EscrowError::NotPending);
    w.ok(&[ix::escrow::propose_authority(&authority, &bob)]);
    w.refused(&[ix::escrow::accept_authority(&mallory)], EscrowError::NotPending);
    w.refused(&[ix::escrow::set_guardian(&bob, &bob)], EscrowError::NotAuthority);
    w.ok(&[ix::escrow::propose_authority(&authority, &Pubkey::default())]);
    w.refused(&[ix::escrow::accept_authority(&bob)], EscrowError::NotPending);
    w.ok(&[ix::escrow::propose_authority(&authority, &bob)]);
    w.ok(&[ix::escrow::accept_authority(&bob)]);
    w.refused(&[ix::escrow::set_guardian(&authority, &authority)], EscrowError::NotAuthority);
    w.ok(&[ix::escrow::set_guardian(&bob, &authority)]);
    let config: Config = w.chain.read(&addresses::config(&assay_tests::assay_sdk::escrow::ID));
    assert_eq!((config.authority, config.pending, config.guardian), (bob, Pubkey::default(), authority));
}

/// `pause_stops_entry_not_exit`: nothing new begins; what began ends to the last lamport.
#[test]
fn pause_stops_entry_not_exit() {
    let mut w = World::with_operators(4);
    let (authority, alice, bob, usd) = (w.authority, w.alice, w.bob, w.usd);
    let o = w.operators.clone();
    let open = w.open(&bob, 1);
    let job = w.open(&alice, 1);
    w.claim_and_seal(&job, &[(o[0], honest()), (o[1], honest()), (o[2], lie(&o[2]))]);
    w.ok(&[ix::escrow::set_guardian(&authority, &w.carol)]);
    w.refused(&[ix::escrow::set_paused(&w.mallory, true)], EscrowError::NotGuardian);
    w.ok(&[ix::escrow::set_paused(&w.carol, true)]);
    w.refused(&[ix::escrow::post_job(&alice, &usd, terms(2))], EscrowError::Paused);
    w.refused(&[ix::escrow::top_up(&bob, &usd, &open, terms(1).price_per_unit + 1, 0)], EscrowError::Paused);
    w.refused(&[w.claim_ix(&open, &o[3], 0)], EscrowError::Paused);
    w.refused(
        &[ix::escrow::register_mint(&authority, &assay_tests::assay_sdk::token::ASY_MINT, 1)],
        EscrowError::Paused,
    );
    for (operator, digest) in [(o[0], honest()), (o[1], honest()), (o[2], lie(&o[2]))] {
        w.reveal(&job, &operator, &digest);
    }
    w.finalize(&job);
    w.settle(&job, &o[0]);
    w.settle(&job, &o[1]);
    w.slash(&job, &o[2]);
    w.refund(&job);
    w.close(&job);
    w.ok(&[ix::escrow::cancel_job(&bob, &open)]);
    w.refund(&open);
    w.close(&open);
    assert_eq!(w.usd_of(&bob), FUNDS);
    w.ok(&[ix::escrow::set_paused(&authority, false)]);
    w.post(&alice, terms(2));
}

/// `fee_above_cap`, and every other bound; and what is set later reaches no job that is posted: `terms_pinned`.
#[test]
fn fee_above_cap() {
    let mut w = World::with_operators(3);
    let (authority, alice) = (w.authority, w.alice);
    let o = w.operators.clone();
    let usual = escrow_params;
    for bad in [
        EscrowParams { fee_bps: 2_001, ..usual() },
        EscrowParams { fee_bps: 1_000, worker_floor_bps: 9_001, ..usual() },
        EscrowParams { worker_floor_bps: u16::MAX, ..usual() },
        EscrowParams { cancel_floor_bps: 10_001, ..usual() },
        EscrowParams { bond_bps: 10_001, ..usual() },
        EscrowParams { review_min_seconds: 0, ..usual() },
        EscrowParams { review_min_seconds: 1_001, ..usual() },
        EscrowParams { review_max_seconds: u32::MAX, ..usual() },
        EscrowParams { bounty_lamports: 10_000_001, ..usual() },
        EscrowParams { royalty_grace_seconds: 0, ..usual() },
    ] {
        w.refused(&[ix::escrow::set_params(&authority, bad)], EscrowError::BadParams);
    }
    let job = w.open(&alice, 1);
    w.ok(&[ix::escrow::set_params(&authority, EscrowParams { fee_bps: 2_000, bounty_lamports: 7, ..usual() })]);
    w.judge(&job, &[(o[0], honest()), (o[1], honest()), (o[2], honest())]);
    let settled = w.settle(&job, &o[0]);
    let told = ["fee", "bounty"].map(|field| settled.event("SeatSettled").u64(field));
    assert_eq!((told, w.job(&job).state), ([FEE, BOUNTY], JobState::Verified));
}

/// Jobs that are paid in a mint go on when it is taken off the list.
#[test]
fn an_unregistered_mint() {
    let mut w = World::with_operators(1);
    let (authority, alice, usd, carol) = (w.authority, w.alice, w.usd, w.carol);
    let job = w.open(&alice, 1);
    w.ok(&[ix::escrow::unregister_mint(&authority, &usd, &carol)]);
    w.refused(&[ix::escrow::post_job(&alice, &usd, terms(2))], 3012_u32);
    w.ok(&[ix::escrow::cancel_job(&alice, &job)]);
    w.refund(&job);
    w.close(&job);
    assert_eq!(w.usd_of(&alice), FUNDS);
}
