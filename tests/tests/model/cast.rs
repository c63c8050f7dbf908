//! Who walks: the parties, the mints, and the world they start in.

use anchor_lang::prelude::Pubkey;
use assay_tests::{
    World,
    assay_sdk::{ASY, addresses, escrow, governance, ix, staking, token, token::ASY_MINT, verification},
    chain::wallet,
    world::*,
};

use solana_sdk::account::Account;

use crate::state::{CHARGE_BPS, CHARGING, CHARGING_DECIMALS, Model, ata, token_program};

/// Operators, of whom one is a requester, too.
const OPERATORS: usize = 8;
/// A payment mint with nine decimals, whose bonds are tiny.
const OTHER: &str = "tGEM mint";

/// What governance is initialized with.
const RULES: governance::GovernanceParams = governance::GovernanceParams {
    vote_seconds: 60,
    timelock_seconds: 20,
    execute_window_seconds: 150,
    quorum_bps: 500,
    majority_bps: 5_000,
    proposal_stake: 500 * ASY,
};

/// The parties.
#[derive(Clone)]
pub struct Cast {
    pub authority: Pubkey,
    pub requesters: Vec<Pubkey>,
    pub operators: Vec<Pubkey>,
    /// Mints of SPL Token: tUSD, tGEM, ASY.
    pub mints: Vec<Pubkey>,
    /// Payment mints: those, and the charging one.
    pub payments: Vec<Pubkey>,
    /// Everybody.
    pub people: Vec<Pubkey>,
}

impl Cast {
    /// A world in which the programs are initialized and everybody has SOL and tokens, and its model.
    pub fn assemble() -> (World, Model, Self) {
        let mut world = World::empty();
        world.chain.forget_transactions();
        let other = wallet(OTHER);
        world.create_mint(&other, 9, &ix::TOKEN_PROGRAM);
        charging_mint(&mut world);
        let operators: Vec<_> = (0..OPERATORS - 1).map(|i| wallet(&format!("operator {i}"))).collect();
        let operators: Vec<_> = operators.into_iter().chain([world.bob]).collect();
        let requesters = vec![world.alice, world.bob, wallet("dora")];
        let cast = Self {
            authority: world.authority,
            mints: vec![world.usd, other, ASY_MINT],
            payments: vec![world.usd, other, ASY_MINT, *CHARGING],
            people: people(&world, &requesters, &operators),
            requesters,
            operators,
        };
        cast.fund(&mut world);
        // Votes are short, or none would end before the season does.
        world.ok(&[ix::governance::initialize(&cast.authority, RULES)]);
        let mut model = Model::of(&world, &cast.addresses());
        model.payments.insert(addresses::payment(&world.usd), (world.usd, BOND_RATE));
        model.token.allowances.insert(addresses::minter(&cast.authority), 0);
        (world, model, cast)
    }

    fn fund(&self, world: &mut World) {
        for who in &self.people {
            if world.chain.account(who).is_none() {
                world.chain.fund(who, WALLET);
            }
            for mint in &self.mints {
                world.ok(&[ix::create_ata(&self.authority, who, mint)]);
            }
            self.open_charged(world, who);
            world.mint_asy(who, 20_000 * ASY);
            for mint in &self.mints[..2] {
                let to = addresses::ata(who, mint);
                let accounts = [(*mint, true, false), (to, true, false), (self.authority, false, true)];
                world.ok(&[token_instruction(7, 1_000_000_000, &accounts)]);
            }
        }
        for shard in 0..token::FEE_SHARDS {
            world.ok(&[ix::token::open_fee_vault_of(&token_program(&CHARGING), &self.authority, &CHARGING, shard)]);
        }
        // The walk sets its own minters.
        world.ok(&[ix::token::set_minter(&self.authority, &self.authority, 0)]);
    }

    /// An account of the charging mint, and something in it.
    fn open_charged(&self, world: &mut World, who: &Pubkey) {
        let mut open = ix::create_ata(&self.authority, who, &CHARGING);
        let to = ata(who, &CHARGING);
        open.accounts[1].pubkey = to;
        open.accounts[5].pubkey = token_program(&CHARGING);
        let accounts = [(*CHARGING, true, false), (to, true, false), (self.authority, false, true)];
        let mut mint = token_instruction(7, 1_000_000_000, &accounts);
        mint.program_id = token_program(&CHARGING);
        world.ok(&[open, mint]);
    }

    /// Every address that has anything when the walk starts.
    pub fn addresses(&self) -> Vec<Pubkey> {
        let mut all = self.people.clone();
        all.extend(self.payments.iter().copied());
        for mint in &self.payments {
            all.extend(self.people.iter().map(|who| ata(who, mint)));
            all.extend((0..token::FEE_SHARDS).map(|shard| addresses::fee_vault(mint, shard)));
            all.extend([addresses::treasury(mint), addresses::reserve(mint), addresses::payment(mint)]);
        }
        all.extend(
            [token::ID, staking::ID, escrow::ID, verification::ID, governance::ID].map(|id| addresses::config(&id)),
        );
        all.extend([addresses::totals(), addresses::minter(&self.authority), token::REWARDS_VAULT]);
        all
    }
}

fn people(world: &World, requesters: &[Pubkey], operators: &[Pubkey]) -> Vec<Pubkey> {
    let mut all = vec![world.authority, world.carol, world.mallory];
    all.extend(requesters.iter().chain(operators));
    all.sort();
    all.dedup();
    all
}

/// A mint of Token-2022 that charges for transfers, as its creator could have set it up.
fn charging_mint(world: &mut World) {
    let mut data = vec![0; 165];
    data[0] = 1;
    data[4..36].copy_from_slice(world.authority.as_ref());
    data[44..46].copy_from_slice(&[CHARGING_DECIMALS, 1]);
    // AccountType::Mint, then TransferFeeConfig: authorities, withheld, and twice epoch, most, bps.
    data.push(1);
    data.extend(1_u16.to_le_bytes());
    data.extend(108_u16.to_le_bytes());
    data.extend([world.authority.to_bytes(), world.authority.to_bytes()].concat());
    data.extend(0_u64.to_le_bytes());
    for _ in 0..2 {
        data.extend(0_u64.to_le_bytes());
        data.extend(u64::MAX.to_le_bytes());
        data.extend(CHARGE_BPS.to_le_bytes());
    }
    let account = Account { lamports: 10_000_000, data, owner: token_program(&CHARGING), ..Account::default() };
    world.chain.set(&CHARGING, account);
}
