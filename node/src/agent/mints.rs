//! What mints are called, for who reads the status: their decimals as the chain has them, their symbols as the API does.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use assay_sdk::{addresses, escrow::PaymentMint, token::ASY_MINT};
use serde::Deserialize;
use solana_sdk::pubkey::Pubkey;

use super::{
    Agent, held,
    status::{Mint, Status},
};

/// Longest symbol that is shown, in characters.
const SYMBOL: usize = 12;
/// Time between two questions for what a mint is called: names come later, or an API was away.
const AGAIN: Duration = Duration::from_secs(600);

/// What the API says of a mint.
#[derive(Deserialize)]
struct Page {
    mint: Named,
}

#[derive(Deserialize)]
struct Named {
    symbol: Option<String>,
}

impl Agent {
    /// Find out what the mints are called that jobs at hand are paid in, and those that were earned.
    pub(super) async fn name_mints(&self) {
        for mint in unnamed(&self.board.now()) {
            let due = held(&self.mints).get(&mint).is_none_or(|asked| asked.elapsed() > AGAIN);
            if !due {
                continue;
            }
            held(&self.mints).insert(mint, Instant::now());
            match self.found_out(&mint).await {
                Ok(known) => self.board.change(|status| drop(status.mints.insert(mint.to_string(), known))),
                // It is shown in base units until then.
                Err(error) => tracing::debug!(%mint, "not known what it is called: {error:#}"),
            }
        }
    }

    async fn found_out(&self, mint: &Pubkey) -> Result<Mint> {
        let payment: Option<PaymentMint> = self.chain.account(&addresses::payment(mint)).await?;
        let decimals = payment.context("nothing is paid in it any more")?.decimals;
        // Without a symbol, decimals are better than nothing.
        let symbol = self.workshop.told::<Page>(&format!("/v1/mints/{mint}")).await.unwrap_or_else(|error| {
            tracing::debug!(%mint, "the API does not name it: {error:#}");
            None
        });
        Ok(Mint { decimals, symbol: symbol.and_then(|page| page.mint.symbol).filter(|symbol| is_plain(symbol)) })
    }
}

/// Mints of which there is more to know. ASY needs no name.
fn unnamed(status: &Status) -> BTreeSet<Pubkey> {
    let seen = status.jobs.iter().filter_map(|work| work.mint.as_ref()).chain(status.earned.keys());
    let named = |mint: &&String| status.mints.get(*mint).is_some_and(|known| known.symbol.is_some());
    seen.filter(|mint| !named(mint)).filter_map(|mint| mint.parse().ok()).filter(|mint| *mint != ASY_MINT).collect()
}

/// Letters and digits that pass for nothing else: no control characters, and no other mint's name.
fn is_plain(symbol: &str) -> bool {
    let short = (1..=SYMBOL).contains(&symbol.len());
    short && symbol.chars().all(|letter| letter.is_ascii_alphanumeric()) && !symbol.eq_ignore_ascii_case("ASY")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::agent::status::{Amount, Work};

    #[test]
    fn mints_are_asked_for_until_they_have_a_name() {
        let key = |n: u8| Pubkey::new_from_array([n; 32]);
        let work = |mint: Pubkey| Work { mint: Some(mint.to_string()), ..Work::default() };
        let of = |symbol: Option<&str>| Mint { decimals: 6, symbol: symbol.map(str::to_owned) };
        let status = Status {
            jobs: vec![work(key(1)), work(key(2)), work(ASY_MINT), Work::default()],
            earned: BTreeMap::from([(key(3).to_string(), Amount(1)), (key(1).to_string(), Amount(1))]),
            mints: BTreeMap::from([(key(1).to_string(), of(Some("USDC"))), (key(2).to_string(), of(None))]),
            ..Status::default()
        };
        assert_eq!(unnamed(&status), BTreeSet::from([key(2), key(3)]));
    }

    #[test]
    fn a_symbol_is_letters_and_digits() {
        for good in ["USDC", "tUSD", "w3", "ABCDEFGHIJKL"] {
            assert!(is_plain(good), "{good}");
        }
        for bad in ["", "ABCDEFGHIJKLM", "asy", "ASY", "US DC", "\u{1b}[31m", "USDС", "a\n"] {
            assert!(!is_plain(bad), "{bad:?}");
        }
    }
}
