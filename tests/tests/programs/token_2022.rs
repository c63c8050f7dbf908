//! Mints of Token-2022 whose extensions can hurt: what they may do to fee vaults, treasuries and distributions of their
//! own, and that they do nothing to others. Which of them jobs may be paid in is escrow's decision.

use anchor_lang::{
    prelude::Pubkey,
    solana_program::instruction::{AccountMeta, Instruction},
};
use assay_tests::{
    World,
    assay_sdk::{
        addresses,
        distribution::ClaimTree,
        ix,
        token::{ASY_MINT, TokenError},
    },
    chain::wallet,
    world::*,
};
use solana_sdk::account::Account;

const TOKEN_2022: Pubkey = Pubkey::from_str_const("TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb");

/// Extension numbers.
const TRANSFER_FEE: u16 = 1;
const CLOSE_AUTHORITY: u16 = 3;
const PERMANENT_DELEGATE: u16 = 12;
const TRANSFER_HOOK: u16 = 14;

/// A mint with extensions, as its creator could have set it up; the world's authority mints and holds every power.
fn mint(w: &mut World, name: &str, extensions: &[(u16, Vec<u8>)]) -> Pubkey {
    let address = wallet(name);
    let mut data = vec![0; 165];
    data[0] = 1;
    data[4..36].copy_from_slice(w.authority.as_ref());
    data[44..46].copy_from_slice(&[6, 1]);
    data.push(1); // AccountType::Mint
    for (kind, value) in extensions {
        data.extend(kind.to_le_bytes());
        data.extend((value.len() as u16).to_le_bytes());
        data.extend(value);
    }
    w.chain.set(&address, Account { lamports: 10_000_000, data, owner: TOKEN_2022, ..Account::default() });
    address
}

/// A charge of `bps` on every transfer, of all epochs.
fn fee(w: &World, bps: u16) -> (u16, Vec<u8>) {
    let mut value = [w.authority.to_bytes(), w.authority.to_bytes()].concat();
    value.extend(0_u64.to_le_bytes());
    for _ in 0..2 {
        value.extend(0_u64.to_le_bytes());
        value.extend(u64::MAX.to_le_bytes());
        value.extend(bps.to_le_bytes());
    }
    (TRANSFER_FEE, value)
}

fn ata(owner: &Pubkey, mint: &Pubkey) -> Pubkey {
    addresses::ata_of(owner, mint, &TOKEN_2022)
}

/// Create an owner's associated account.
fn create(w: &mut World, owner: &Pubkey, mint: &Pubkey) {
    let mut call = ix::create_ata(&w.authority, owner, mint);
    call.accounts[1].pubkey = ata(owner, mint);
    call.accounts[5].pubkey = TOKEN_2022;
    w.ok(&[call]);
}

/// Create an owner's associated account and mint into it.
fn give(w: &mut World, owner: &Pubkey, mint: &Pubkey, amount: u64) {
    create(w, owner, mint);
    let (to, authority) = (ata(owner, mint), w.authority);
    let call = token_instruction(7, amount, &[(*mint, true, false), (to, true, false), (authority, false, true)]);
    w.ok(&[Instruction { program_id: TOKEN_2022, ..call }]);
}

/// transfer_checked.
fn transfer_ix(mint: &Pubkey, from: &Pubkey, to: &Pubkey, authority: &Pubkey, amount: u64) -> Instruction {
    let mut data = vec![12];
    data.extend(amount.to_le_bytes());
    data.push(6);
    let accounts = vec![
        AccountMeta::new(*from, false),
        AccountMeta::new_readonly(*mint, false),
        AccountMeta::new(*to, false),
        AccountMeta::new_readonly(*authority, true),
    ];
    Instruction { program_id: TOKEN_2022, accounts, data }
}

/// Base units in a token account of either program.
fn held(w: &World, address: &Pubkey) -> u64 {
    let bytes = w.chain.account(address).and_then(|account| account.data.get(64..72)?.try_into().ok());
    bytes.map_or(0, u64::from_le_bytes)
}

/// A plan to distribute 600 to bob and carol.
fn plan(w: &World, mint: &Pubkey) -> (ix::token::Opening, ClaimTree) {
    let (opener, mint) = (w.alice, (*mint, TOKEN_2022));
    let tree = ClaimTree::new(&addresses::distribution(&opener, 1), &[(w.bob, 100), (w.carol, 500)]).expect("sound");
    let (root, total, max_claims) = (tree.root(), tree.total(), tree.len());
    let expires_at = w.now + 1_000;
    (ix::token::Opening { opener, payer: opener, mint, id: 1, root, total, max_claims, expires_at }, tree)
}

/// Open, claim, sweep and collect with a mint that does no harm.
#[test]
fn a_harmless_mint_of_token_2022() {
    let mut w = World::empty();
    let mint = mint(&mut w, "plain", &[]);
    let (alice, bob) = (w.alice, w.bob);
    give(&mut w, &alice, &mint, 10_000);
    create(&mut w, &bob, &mint);
    w.ok(&[ix::token::open_fee_vault_of(&TOKEN_2022, &alice, &mint, 2)]);
    let vault = addresses::fee_vault(&mint, 2);
    w.ok(&[transfer_ix(&mint, &ata(&alice, &mint), &vault, &alice, 1_001)]);
    w.ok(&[ix::token::collect_fees_of(&TOKEN_2022, &mint, &vault)]);
    assert_eq!((held(&w, &addresses::reserve(&mint)), held(&w, &addresses::treasury(&mint))), (500, 501));
    w.ok(&[ix::token::spend_treasury(&w.authority.clone(), (mint, TOKEN_2022), &ata(&alice, &mint), 501)]);
    let (opening, tree) = plan(&w, &mint);
    let d = addresses::distribution(&alice, 1);
    w.ok(&[ix::token::open_distribution(&opening)]);
    w.ok(&[ix::token::claim(&d, opening.mint, &tree.claim(0).expect("bob's"))]);
    w.tick(1_001, 0);
    w.ok(&[ix::token::sweep_distribution(&d, opening.mint, &alice, &alice)]);
    assert_eq!((held(&w, &ata(&bob, &mint)), held(&w, &ata(&alice, &mint))), (100, 10_000 - 500 - 100));
}

/// `wrong_token_program`: the mint's own, not the other that exists.
#[test]
fn wrong_token_program() {
    let mut w = World::empty();
    let mint = mint(&mut w, "plain", &[]);
    let (alice, usd) = (w.alice, w.usd);
    // Here the token program itself refuses to make the account.
    for call in
        [ix::token::open_fee_vault(&alice, &mint, 0), ix::token::open_fee_vault_of(&TOKEN_2022, &alice, &ASY_MINT, 0)]
    {
        assert_eq!(w.send(&[call]).expect_err("not its mint").name, "IncorrectProgramId");
    }
    // 2022 is ConstraintMintTokenProgram.
    w.refused(&[ix::token::collect_fees_of(&TOKEN_2022, &usd, &addresses::fee_vault(&usd, 0))], 2022_u32);
    let spend = ix::token::spend_treasury(&w.authority.clone(), (usd, TOKEN_2022), &addresses::ata(&alice, &usd), 1);
    w.refused(&[spend], 2022_u32);
}

/// A mint that charges: collection splits what leaves the vault, exactly; a distribution that would not be whole is refused.
#[test]
fn transfer_fee_mint() {
    let mut w = World::empty();
    let extension = fee(&w, 1_000);
    let mint = mint(&mut w, "charging", &[extension]);
    let alice = w.alice;
    give(&mut w, &alice, &mint, 100_000);
    w.ok(&[ix::token::open_fee_vault_of(&TOKEN_2022, &alice, &mint, 0)]);
    let vault = addresses::fee_vault(&mint, 0);
    w.ok(&[transfer_ix(&mint, &ata(&alice, &mint), &vault, &alice, 10_000)]);
    assert_eq!(held(&w, &vault), 9_000);
    let receipt = w.ok(&[ix::token::collect_fees_of(&TOKEN_2022, &mint, &vault)]);
    let event = receipt.event("FeesCollected");
    assert_eq!(["burned", "reserve", "rewards", "treasury"].map(|part| event.u64(part)), [0, 4_500, 0, 4_500]);
    assert_eq!(held(&w, &vault), 0);
    assert_eq!((held(&w, &addresses::reserve(&mint)), held(&w, &addresses::treasury(&mint))), (4_050, 4_050));
    let (opening, _) = plan(&w, &mint);
    w.refused(&[ix::token::open_distribution(&opening)], TokenError::Underfunded);
}

/// `stale_after_cpi`: what a swap brought is measured after the transfer, not taken from what was there or promised. Here the
/// reserve mint charges a tenth.
#[test]
fn stale_after_cpi() {
    let mut w = World::empty();
    let extension = fee(&w, 1_000);
    let mint = mint(&mut w, "charging reserve", &[extension]);
    let (authority, alice, bob, usd) = (w.authority, w.alice, w.bob, w.usd);
    give(&mut w, &bob, &mint, 10_000);
    w.ok(&[ix::token::open_fee_vault_of(&TOKEN_2022, &alice, &mint, 0)]);
    w.ok(&[ix::token::set_params(&authority, crate::token_fees::split_params(&mint))]);
    w.transfer(&alice, &usd, &addresses::reserve(&usd), 1_000);
    let (mint, reserve_mint) = ((usd, ix::TOKEN_PROGRAM), (mint, TOKEN_2022));
    let swap = ix::token::Swap { authority, counterparty: bob, payer: alice, mint, reserve_mint };
    w.refused(&[ix::token::reserve_swap(&swap, 500, 1_000, 901)], TokenError::BelowMinimum);
    let receipt = w.ok(&[ix::token::reserve_swap(&swap, 500, 1_000, 900)]);
    assert_eq!(receipt.event("ReserveSwapped").u64("received"), 900);
    // The second time the vault held 900 before.
    w.refused(&[ix::token::reserve_swap(&swap, 500, 1_000, 901)], TokenError::BelowMinimum);
    w.ok(&[ix::token::reserve_swap(&swap, 500, 1_000, 900)]);
    assert_eq!((held(&w, &addresses::reserve(&reserve_mint.0)), held(&w, &addresses::reserve(&usd))), (1_800, 0));
}

/// A mint that begins to charge later: the claims cost their claimants, a gift leaves fees withheld in the vault that stop
/// its closing, and anybody can harvest them.
#[test]
fn a_charge_that_begins_later_locks_nothing() {
    let mut w = World::empty();
    let free = fee(&w, 0);
    let mint = mint(&mut w, "charging later", &[free]);
    let (alice, bob) = (w.alice, w.bob);
    give(&mut w, &alice, &mint, 100_000);
    create(&mut w, &bob, &mint);
    let (opening, tree) = plan(&w, &mint);
    let d = addresses::distribution(&alice, 1);
    let vault = addresses::claims_vault(&d);
    w.ok(&[ix::token::open_distribution(&opening)]);
    let mut account = w.chain.account(&mint).expect("the mint");
    let charge = fee(&w, 1_000).1;
    let at = account.data.len() - charge.len();
    account.data[at..].copy_from_slice(&charge);
    w.chain.set(&mint, account);
    w.ok(&[transfer_ix(&mint, &ata(&alice, &mint), &vault, &alice, 1_000)]);
    w.ok(&[ix::token::claim(&d, opening.mint, &tree.claim(0).expect("bob's"))]);
    assert_eq!(held(&w, &ata(&bob, &mint)), 90);
    w.tick(1_001, 0);
    let sweep = ix::token::sweep_distribution(&d, opening.mint, &alice, &alice);
    // 35 is Token-2022's AccountHasWithheldTransferFees.
    w.refused(std::slice::from_ref(&sweep), 35_u32);
    let harvest = Instruction {
        program_id: TOKEN_2022,
        accounts: vec![AccountMeta::new(mint, false), AccountMeta::new(vault, false)],
        data: vec![26, 4],
    };
    w.ok(&[harvest, sweep]);
    assert_eq!(w.chain.account(&vault), None);
}

/// A permanent delegate may empty the vaults of its own mint, and so a claim fails; no other mint's vault can be touched,
/// and what is left still goes back.
#[test]
fn permanent_delegate_mint() {
    let mut w = World::empty();
    let delegate = w.mallory;
    let mint = mint(&mut w, "delegated", &[(PERMANENT_DELEGATE, delegate.to_bytes().to_vec())]);
    let (alice, bob) = (w.alice, w.bob);
    for who in [bob, w.carol, delegate] {
        create(&mut w, &who, &mint);
    }
    give(&mut w, &alice, &mint, 1_000);
    let (opening, tree) = plan(&w, &mint);
    let d = addresses::distribution(&alice, 1);
    let vault = addresses::claims_vault(&d);
    w.ok(&[ix::token::open_distribution(&opening)]);
    w.ok(&[transfer_ix(&mint, &vault, &ata(&delegate, &mint), &delegate, 450)]);
    w.refused(&[ix::token::claim(&d, opening.mint, &tree.claim(1).expect("carol's"))], 1_u32);
    w.ok(&[ix::token::claim(&d, opening.mint, &tree.claim(0).expect("bob's"))]);
    w.tick(1_001, 0);
    let swept = w.ok(&[ix::token::sweep_distribution(&d, opening.mint, &alice, &alice)]);
    assert_eq!(swept.event("DistributionSwept").u64("returned"), 50);
}

/// A mint with a hook moves only with the hook's accounts, which are not given: it cannot be distributed nor collected, and
/// its hook never runs among ours (`self_reentrancy`).
#[test]
fn transfer_hook_mint() {
    let mut w = World::empty();
    let value = [w.authority.to_bytes(), assay_tests::assay_sdk::token::ID.to_bytes()].concat();
    let mint = mint(&mut w, "hooked", &[(TRANSFER_HOOK, value)]);
    let alice = w.alice;
    give(&mut w, &alice, &mint, 1_000);
    let (opening, _) = plan(&w, &mint);
    let refused = w.send(&[ix::token::open_distribution(&opening)]).expect_err("a hook needs its accounts");
    assert_eq!(refused.name, "MissingAccount");
    assert_eq!(held(&w, &ata(&alice, &mint)), 1_000);
    assert_eq!(w.chain.account(&addresses::distribution(&alice, 1)), None);
}

/// A mint can only be closed while there is none of it: not while a vault holds any. Closed after all was claimed and burned
/// and made again with other decimals, it is still the vault's, and the sweep returns the rent.
#[test]
fn mint_close_and_reinit() {
    let mut w = World::empty();
    let authority = w.authority;
    let mint = mint(&mut w, "closable", &[(CLOSE_AUTHORITY, authority.to_bytes().to_vec())]);
    let (alice, bob, carol) = (w.alice, w.bob, w.carol);
    create(&mut w, &bob, &mint);
    create(&mut w, &carol, &mint);
    give(&mut w, &alice, &mint, 600);
    let (opening, tree) = plan(&w, &mint);
    let d = addresses::distribution(&alice, 1);
    w.ok(&[ix::token::open_distribution(&opening)]);
    let close = Instruction {
        program_id: TOKEN_2022,
        accounts: vec![
            AccountMeta::new(mint, false),
            AccountMeta::new(authority, false),
            AccountMeta::new_readonly(authority, true),
        ],
        data: vec![9],
    };
    // 28 is Token-2022's MintHasSupply.
    w.refused(std::slice::from_ref(&close), 28_u32);
    for (index, who, amount) in [(0, bob, 100), (1, carol, 500)] {
        w.ok(&[ix::token::claim(&d, opening.mint, &tree.claim(index).expect("in the list"))]);
        let burn =
            token_instruction(8, amount, &[(ata(&who, &mint), true, false), (mint, true, false), (who, false, true)]);
        w.ok(&[Instruction { program_id: TOKEN_2022, ..burn }]);
    }
    let before = w.chain.account(&mint).expect("the mint");
    w.ok(&[close]);
    let sweep = ix::token::sweep_distribution(&d, opening.mint, &alice, &alice);
    w.refused(std::slice::from_ref(&sweep), 3012_u32);
    let mut again = before;
    again.data[44] = 9;
    w.chain.set(&mint, again);
    w.ok(&[sweep]);
    assert_eq!(w.chain.account(&d), None);
}
