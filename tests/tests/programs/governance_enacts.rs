//! What votes do to the other programs: every Config's authority, the treasury, the reserve and the programs' code.

use anchor_lang::{
    prelude::Pubkey,
    solana_program::instruction::{AccountMeta, Instruction},
};
use assay_tests::{
    World,
    assay_sdk::{
        ASY, addresses,
        escrow::{self, EscrowError},
        governance::{self, AUTHORITY, GovernanceError},
        ix::{self, governance as gov},
        reputation, staking,
        staking::StakingError,
        token,
        token::{ASY_MINT, TokenError},
        verification,
    },
    chain::wallet,
    governance::*,
    world::*,
};
use solana_sdk::account::Account;

const LOADER: Pubkey = Pubkey::from_str_const("BPFLoaderUpgradeab1e11111111111111111111111");
const RENT: Pubkey = Pubkey::from_str_const("SysvarRent111111111111111111111111111111111");
const CLOCK: Pubkey = Pubkey::from_str_const("SysvarC1ock11111111111111111111111111111111");

/// A world in which the token program obeys governance.
fn ruled_token() -> World {
    let mut w = World::governed(2);
    let authority = w.authority;
    w.ok(&[ix::token::propose_authority(&authority, &AUTHORITY)]);
    w.enact(&[ix::token::accept_authority(&AUTHORITY)]);
    w.refused(&[ix::token::propose_authority(&authority, &authority)], TokenError::NotAuthority);
    w
}

fn token_config(w: &World) -> token::Config {
    w.chain.read(&addresses::config(&token::ID))
}

/// SetAuthority of the loader: who may upgrade.
fn give_program(program: &Pubkey, from: &Pubkey, to: &Pubkey) -> Instruction {
    let accounts = vec![
        AccountMeta::new(addresses::program_data(program), false),
        AccountMeta::new_readonly(*from, true),
        AccountMeta::new_readonly(*to, false),
    ];
    Instruction { program_id: LOADER, accounts, data: 4_u32.to_le_bytes().to_vec() }
}

/// Upgrade of the loader, by governance.
fn upgrade(program: &Pubkey, buffer: &Pubkey, spill: &Pubkey) -> Instruction {
    let accounts = vec![
        AccountMeta::new(addresses::program_data(program), false),
        AccountMeta::new(*program, false),
        AccountMeta::new(*buffer, false),
        AccountMeta::new(*spill, false),
        AccountMeta::new_readonly(RENT, false),
        AccountMeta::new_readonly(CLOCK, false),
        AccountMeta::new_readonly(AUTHORITY, true),
    ];
    Instruction { program_id: LOADER, accounts, data: 3_u32.to_le_bytes().to_vec() }
}

/// The two steps of every Config that has them: the deployer's offer and governance's acceptance, with where it is.
fn configs(deployer: &Pubkey) -> Vec<(Instruction, Instruction, Pubkey)> {
    let at = |id| addresses::config(&id);
    vec![
        (ix::token::propose_authority(deployer, &AUTHORITY), ix::token::accept_authority(&AUTHORITY), at(token::ID)),
        (
            ix::staking::propose_authority(deployer, &AUTHORITY),
            ix::staking::accept_authority(&AUTHORITY),
            at(staking::ID),
        ),
        (
            ix::verification::propose_authority(deployer, &AUTHORITY),
            ix::verification::accept_authority(&AUTHORITY),
            at(verification::ID),
        ),
        (ix::escrow::propose_authority(deployer, &AUTHORITY), ix::escrow::accept_authority(&AUTHORITY), at(escrow::ID)),
        (gov::propose_authority(deployer, &AUTHORITY), gov::accept_authority(&AUTHORITY), at(governance::ID)),
    ]
}

/// A loader's buffer with the code of one of our programs, which `authority` may deploy.
fn buffer(w: &mut World, program: &Pubkey, authority: &Pubkey) -> (Pubkey, Vec<u8>) {
    let code = w.chain.account(&addresses::program_data(program)).expect("it is deployed").data[45..].to_vec();
    let mut data = 1_u32.to_le_bytes().to_vec();
    data.push(1);
    data.extend(authority.as_ref());
    data.extend(&code);
    let address = wallet("buffer");
    w.chain.set(&address, Account { lamports: 10_000_000_000, data, owner: LOADER, ..Account::default() });
    (address, code)
}

/// Every Config is handed over in two steps, by one proposal; afterwards the deployer has no say in any.
#[test]
fn governance_takes_every_config() {
    let mut w = World::governed(2);
    let authority = w.authority;
    // Every Config begins alike: discriminator, version, bump, authority, pending.
    let keys = |w: &World, config: &Pubkey| {
        let data = w.chain.account(config).expect("it is initialized").data;
        [10, 42].map(|at| Pubkey::try_from(&data[at..at + 32]).expect("32 bytes"))
    };
    let configs = configs(&authority);
    let (offers, accepts): (Vec<_>, Vec<_>) =
        configs.iter().map(|(offer, accept, _)| (offer.clone(), accept.clone())).unzip();
    for offer in &offers {
        w.ok(std::slice::from_ref(offer));
    }
    for (.., config) in &configs {
        assert_eq!(keys(&w, config), [authority, AUTHORITY], "an offer moves nothing");
    }
    w.enact(&accepts);
    for (.., config) in &configs {
        assert_eq!(keys(&w, config), [AUTHORITY, Pubkey::default()]);
    }
    for offer in offers {
        assert!(w.send(&[offer]).is_err(), "the deployer has no say any more");
    }
}

/// `set_params` and the pause of staking, by vote.
#[test]
fn staking_obeys_the_vote() {
    let mut w = World::governed(2);
    let (authority, a) = (w.authority, w.operators[0]);
    w.ok(&[ix::staking::propose_authority(&authority, &AUTHORITY)]);
    let params = staking::StakingParams { unbonding: 2_000, ..staking_params() };
    w.enact(&[
        ix::staking::accept_authority(&AUTHORITY),
        ix::staking::set_params(&AUTHORITY, params.clone()),
        ix::staking::set_paused(&AUTHORITY, true),
    ]);
    let config: staking::Config = w.chain.read(&addresses::config(&staking::ID));
    assert_eq!((config.params, config.paused), (params, true));
    w.refused(&[ix::staking::stake(&a, 1)], StakingError::Paused);
    // A pause of staking stops no vote: the vote is what ends it.
    w.enact(&[ix::staking::set_paused(&AUTHORITY, false)]);
    w.ok(&[ix::staking::stake(&a, 1)]);
}

/// The market's fee is what a vote says, up to the cap, and a job posted before keeps its own.
#[test]
fn escrow_obeys_the_vote() {
    let mut w = World::governed(3);
    let (authority, alice) = (w.authority, w.alice);
    let old = w.post(&alice, assay_tests::market::terms(1));
    w.ok(&[ix::escrow::propose_authority(&authority, &AUTHORITY)]);
    let params = escrow::EscrowParams { fee_bps: 300, ..escrow_params() };
    w.enact(&[ix::escrow::accept_authority(&AUTHORITY), ix::escrow::set_params(&AUTHORITY, params)]);
    w.refused(&[ix::escrow::set_params(&authority, escrow_params())], EscrowError::NotAuthority);
    let new = w.post(&alice, assay_tests::market::terms(2));
    assert_eq!((w.job(&old).fee_bps, w.job(&new).fee_bps), (250, 300));
    w.enact(&[ix::escrow::set_paused(&AUTHORITY, true)]);
    w.refused(&[ix::escrow::post_job(&alice, &w.usd.clone(), assay_tests::market::terms(3))], EscrowError::Paused);
    w.ok(&[ix::escrow::cancel_job(&alice, &new)]);
}

#[test]
fn treasury_is_spent_by_vote_alone() {
    let mut w = ruled_token();
    let (usd, alice, mallory, authority) = (w.usd, w.alice, w.mallory, w.authority);
    w.transfer(&alice, &usd, &addresses::treasury(&usd), 5_000);
    let to = addresses::ata(&mallory, &usd);
    for thief in [mallory, authority, guardian()] {
        w.refused(&[ix::token::spend_treasury(&thief, (usd, ix::TOKEN_PROGRAM), &to, 1)], TokenError::NotAuthority);
    }
    let to = addresses::ata(&w.bob, &usd);
    w.enact(&[ix::token::spend_treasury(&AUTHORITY, (usd, ix::TOKEN_PROGRAM), &to, 3_000)]);
    assert_eq!(w.usd_of(&w.bob), FUNDS + 3_000);
    assert_eq!(w.chain.tokens(&addresses::treasury(&usd)), 2_000);
}

/// An authority without lamports of its own creates accounts by another's hand, or by its own once it has some.
#[test]
fn an_authority_pays_from_its_own() {
    let mut w = ruled_token();
    let (alice, carol) = (w.alice, w.carol);
    let mint = ix::token::set_minter_paid_by(&AUTHORITY, &AUTHORITY, &alice, 7 * ASY);
    let id = w.carry(std::slice::from_ref(&mint));
    w.at(w.proposal(id).eta);
    assert!(w.send(&[gov::execute(id, 0, &mint)]).is_err(), "it has nothing to pay with");
    w.chain.fund(&AUTHORITY, 10_000_000);
    w.ok(&[gov::execute(id, 0, &mint)]);
    assert!(w.chain.lamports(&AUTHORITY) < 10_000_000);
    w.ok(&[ix::token::mint_to(&alice, &addresses::ata(&alice, &ASY_MINT), 7 * ASY)]);

    let other = ix::token::set_minter_paid_by(&carol, &AUTHORITY, &w.bob.clone(), ASY);
    let id = w.carry(std::slice::from_ref(&other));
    w.at(w.proposal(id).eta);
    w.refused(&[gov::execute(id, 0, &other)], GovernanceError::Cosigners);
    let before = w.chain.lamports(&AUTHORITY);
    w.ok(&[gov::execute_with(id, 0, &other, 1)]);
    assert_eq!(w.chain.lamports(&AUTHORITY), before, "carol paid");
}

/// `pause_stops_entry_not_exit` of another program: its guardian pauses at once, the vote lets it go on.
#[test]
fn a_vote_ends_a_pause() {
    let mut w = ruled_token();
    let (authority, warden) = (w.authority, wallet("warden"));
    w.enact(&[ix::token::set_guardian(&AUTHORITY, &warden)]);
    w.ok(&[ix::token::set_paused(&warden, true)]);
    let to = addresses::ata(&w.alice, &ASY_MINT);
    w.refused(&[ix::token::mint_to(&authority, &to, 1)], TokenError::Paused);
    w.enact(&[ix::token::set_paused(&AUTHORITY, false), ix::token::set_guardian(&AUTHORITY, &Pubkey::default())]);
    w.ok(&[ix::token::mint_to(&authority, &to, 1)]);
    w.refused(&[ix::token::set_paused(&warden, true)], TokenError::NotGuardian);
}

/// Parameters out of range are refused by the program that has them, whoever asks.
#[test]
fn a_vote_is_held_to_the_same_limits() {
    let mut w = ruled_token();
    let bad = |change: fn(&mut token::TokenParams)| {
        let mut params = token_params();
        change(&mut params);
        ix::token::set_params(&AUTHORITY, params)
    };
    let call = bad(|p| p.split.burn_bps += 1);
    let id = w.carry(std::slice::from_ref(&call));
    w.at(w.proposal(id).eta);
    w.refused(&[gov::execute(id, 0, &call)], TokenError::BadParams);
    assert_eq!(token_config(&w).params, token_params());
    w.enact(&[bad(|p| (p.split.burn_bps, p.split.treasury_bps) = (4_000, 6_000))]);
    assert_eq!(token_config(&w).params.split.burn_bps, 4_000);
}

/// The whole of a program changes hands and then its code, by vote; nobody else can.
#[test]
fn a_program_is_upgraded_by_vote() {
    let mut w = World::governed(2);
    let (authority, mallory) = (w.authority, w.mallory);
    let program = token::ID;
    w.ok(&[give_program(&program, &authority, &AUTHORITY)]);
    assert!(w.send(&[give_program(&program, &authority, &mallory)]).is_err(), "it is governance's");
    let (buffer, code) = buffer(&mut w, &reputation::ID, &AUTHORITY);
    let call = upgrade(&program, &buffer, &mallory);
    let direct = {
        let mut direct = call.clone();
        direct.accounts[6] = AccountMeta::new_readonly(authority, true);
        direct
    };
    assert!(w.send(&[direct]).is_err(), "the deployer lost it");
    w.enact(&[call]);
    let data = w.chain.account(&addresses::program_data(&program)).expect("it is deployed").data;
    assert_eq!(&data[13..45], AUTHORITY.as_ref(), "it stays governance's");
    assert_eq!(&data[45..45 + code.len()], &code[..], "the new code is there");
    // And runs: reputation's code says that this is not its address.
    w.tick(0, 1);
    let failed = w.send(&[ix::token::burn(&mallory, &addresses::ata(&mallory, &ASY_MINT), 1)]);
    let failed = failed.expect_err("it is another program now");
    assert_eq!(failed.code, Some(4100), "DeclaredProgramIdMismatch; {}", failed.logs.join("\n"));
}

/// A vote can also hand a program on, or make it final.
#[test]
fn a_vote_hands_a_program_on() {
    let mut w = World::governed(2);
    let (authority, alice) = (w.authority, w.alice);
    w.ok(&[give_program(&token::ID, &authority, &AUTHORITY)]);
    w.enact(&[give_program(&token::ID, &AUTHORITY, &alice)]);
    let data = w.chain.account(&addresses::program_data(&token::ID)).expect("it is deployed").data;
    assert_eq!(&data[13..45], alice.as_ref());
}

/// A swap for the reserve: the vote fixes desk and amounts, and the desk signs the transaction that executes it.
#[test]
fn a_swap_needs_vote_and_desk() {
    let mut w = ruled_token();
    let (usd, desk) = (w.usd, w.bob);
    let mut params = token_params();
    params.reserve_mint = usd;
    w.enact(&[ix::token::set_params(&AUTHORITY, params)]);
    let (authority, alice) = (w.authority, w.alice);
    w.ok(&[ix::token::open_fee_vault(&authority, &ASY_MINT, 0)]);
    w.mint_asy(&alice, 100 * ASY);
    w.transfer(&alice, &ASY_MINT, &addresses::reserve(&ASY_MINT), 100 * ASY);
    let swap = ix::token::Swap {
        authority: AUTHORITY,
        counterparty: desk,
        payer: desk,
        mint: (ASY_MINT, ix::TOKEN_PROGRAM),
        reserve_mint: (usd, ix::TOKEN_PROGRAM),
    };
    let call = ix::token::reserve_swap(&swap, 100 * ASY, 50_000_000, 50_000_000);
    let id = w.carry(std::slice::from_ref(&call));
    w.at(w.proposal(id).eta);
    w.refused(&[gov::execute(id, 0, &call)], GovernanceError::Cosigners);
    // The desk signs twice, as counterparty and as payer.
    w.ok(&[gov::execute_with(id, 0, &call, 2)]);
    assert_eq!(w.asy_of(&desk), 100 * ASY);
    assert_eq!(w.chain.tokens(&addresses::reserve(&usd)), 50_000_000);
}
