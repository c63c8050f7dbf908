//! Who walks: the parties, the mints, and the world they start in.

use anchor_lang::prelude::Pubkey;
use assay_tests::{
    World,
    assay_sdk::{ASY, addresses, escrow, ix, staking, token, token::ASY_MINT, verification},
    chain::wallet,
    world::*,
};

use crate::state::Model;

/// Operators, of whom one is a requester, too.
const OPERATORS: usize = 6;
/// A payment mint with nine decimals, whose bonds are tiny.
const OTHER: &str = "tGEM mint";

/// The parties.
#[derive(Clone)]
pub struct Cast {
    pub authority: Pubkey,
    pub requesters: Vec<Pubkey>,
    pub operators: Vec<Pubkey>,
    /// Payment mints: tUSD, tGEM, ASY.
    pub mints: Vec<Pubkey>,
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
        let operators: Vec<_> = (0..OPERATORS - 1).map(|i| wallet(&format!("operator {i}"))).collect();
        let operators: Vec<_> = operators.into_iter().chain([world.bob]).collect();
        let requesters = vec![world.alice, world.bob, wallet("dora")];
        let cast = Self {
            authority: world.authority,
            mints: vec![world.usd, other, ASY_MINT],
            people: people(&world, &requesters, &operators),
            requesters,
            operators,
        };
        cast.fund(&mut world);
        let mut model = Model::of(&world, &cast.addresses());
        model.payments.insert(addresses::payment(&world.usd), (world.usd, BOND_RATE));
        model.allowances.insert(addresses::minter(&cast.authority), 0);
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
            world.mint_asy(who, 20_000 * ASY);
            for mint in &self.mints[..2] {
                let to = addresses::ata(who, mint);
                let accounts = [(*mint, true, false), (to, true, false), (self.authority, false, true)];
                world.ok(&[token_instruction(7, 1_000_000_000, &accounts)]);
            }
        }
        // The walk sets its own minters.
        world.ok(&[ix::token::set_minter(&self.authority, &self.authority, 0)]);
    }

    /// Every address that has anything when the walk starts.
    pub fn addresses(&self) -> Vec<Pubkey> {
        let mut all = self.people.clone();
        all.extend(self.mints.iter().copied());
        for mint in &self.mints {
            all.extend(self.people.iter().map(|who| addresses::ata(who, mint)));
            all.extend((0..token::FEE_SHARDS).map(|shard| addresses::fee_vault(mint, shard)));
            all.extend([addresses::treasury(mint), addresses::payment(mint)]);
        }
        all.extend([token::ID, staking::ID, escrow::ID, verification::ID].map(|id| addresses::config(&id)));
        all.extend([addresses::totals(), addresses::minter(&self.authority)]);
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
