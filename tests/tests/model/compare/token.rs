//! Tokens, mints, the token program's accounts, and what every Config begins with.

use anchor_lang::prelude::Pubkey;
use anchor_spl::token_interface::Mint;
use assay_tests::{
    Chain,
    assay_sdk::{
        addresses, escrow, governance, staking,
        token::{self, SwapLog},
        verification,
    },
};

use super::{Diff, Place};
use crate::state::{Admin, Model, PROGRAMS, Program, Swaps, token_account};

pub const PLACES: &[Place] = &[money, supply, config, admin, allowance, swaps, distribution];

fn money(model: &Model, chain: &Chain, address: &Pubkey, diff: &mut Diff) -> Option<()> {
    let tokens = model.money.tokens.get(address)?;
    diff.at = format!("token account {address} of {}", tokens.owner);
    diff.same("tokens", *tokens, token_account(chain, address)?);
    Some(())
}

fn supply(model: &Model, chain: &Chain, address: &Pubkey, diff: &mut Diff) -> Option<()> {
    let supply = model.money.supply.get(address)?;
    diff.same("supply", *supply, chain.find::<Mint>(address)?.supply);
    Some(())
}

fn config(model: &Model, chain: &Chain, address: &Pubkey, diff: &mut Diff) -> Option<()> {
    if *address != addresses::config(&token::ID) {
        return None;
    }
    let on: token::Config = chain.find(address)?;
    let it = &model.token;
    diff.at = "token's Config".into();
    diff.same("params", it.params, on.params);
    diff.same("supply", (it.max_supply, it.minted), (on.max_supply, on.minted));
    let next = (it.next_epoch, it.next_amount, it.next_at);
    diff.same("emission", next, (on.next_epoch, on.next_amount, on.next_at));
    Some(())
}

/// What all Configs begin with.
fn admin(model: &Model, chain: &Chain, address: &Pubkey, diff: &mut Diff) -> Option<()> {
    let (program, admin) = model.admins.iter().find(|(program, _)| addresses::config(program) == *address)?;
    macro_rules! read {
        ($kind:ty) => {
            chain.find::<$kind>(address).map(|c| Admin {
                authority: c.authority,
                pending: c.pending,
                guardian: c.guardian,
                paused: c.paused,
            })
        };
    }
    let on = match PROGRAMS.into_iter().find(|it| it.id() == *program)? {
        Program::Token => read!(token::Config),
        Program::Staking => read!(staking::Config),
        Program::Escrow => read!(escrow::Config),
        Program::Verification => read!(verification::Config),
        Program::Governance => read!(governance::Config),
    };
    diff.same("authority", *admin, on?);
    Some(())
}

fn allowance(model: &Model, chain: &Chain, address: &Pubkey, diff: &mut Diff) -> Option<()> {
    let allowance = model.token.allowances.get(address)?;
    diff.same("allowance", *allowance, chain.find::<token::Minter>(address)?.allowance);
    Some(())
}

fn swaps(model: &Model, chain: &Chain, address: &Pubkey, diff: &mut Diff) -> Option<()> {
    let swaps = model.token.swaps.get(address)?;
    let SwapLog { mint, reserve_mint, swaps: count, given, received, .. } = chain.find(address)?;
    diff.same("swaps", *swaps, Swaps { mint, reserve_mint, swaps: count, given, received });
    Some(())
}

fn distribution(model: &Model, chain: &Chain, address: &Pubkey, diff: &mut Diff) -> Option<()> {
    let it = model.token.distributions.get(address)?;
    let on: token::Distribution = chain.find(address)?;
    diff.at = format!("distribution {} of {}", it.id, it.opener);
    diff.same("parties", (it.opener, it.payer, it.id, it.mint), (on.opener, on.payer, on.id, on.mint));
    diff.same("root", it.root, on.root);
    diff.same("total", (it.total, it.claimed), (on.total, on.claimed));
    diff.same("claims", (it.max_claims, it.paid.len()), (on.max_claims, on.claims as usize));
    diff.same("expiry", it.expires_at, on.expires_at);
    let data = chain.account(address)?.data;
    let bits = &data[token::Distribution::head()..];
    let set = (0..bits.len() as u32 * 8).filter(|i| bits[*i as usize / 8] >> (i % 8) & 1 == 1);
    diff.same("bits", it.paid.iter().copied().collect::<Vec<_>>(), set.collect());
    Some(())
}
