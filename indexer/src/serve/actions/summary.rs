//! What a simulated transaction does and costs, for programs and for people.

use std::collections::HashMap;

use assay_sdk::{instructions, ix};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use solana_sdk::{account::Account, instruction::Instruction, pubkey::Pubkey};
use sqlx::PgPool;

use super::{
    amount,
    call::Plan,
    spec::{AccountLamports, BalanceChange, Step, StepAccount, Summary},
    transact::{Prepared, program_name},
};

/// Bytes of a token account without extensions.
const TOKEN_ACCOUNT: usize = 165;
/// Where a mint's decimals are.
const DECIMALS: usize = 44;

/// What `account` gains and loses by it.
pub async fn summary(pool: &PgPool, account: &Pubkey, prepared: &Prepared, plan: &Plan) -> Summary {
    let Prepared { before: all, after, writable, fee, units, limit, .. } = prepared;
    let before = writable.iter().filter_map(|key| Some((*key, all.get(key)?.clone())));
    let before: HashMap<_, _> = before.collect();
    let lamports = |accounts: &HashMap<Pubkey, Account>| accounts.get(account).map_or(0, |account| account.lamports);
    let mut changes = vec![];
    let (had, has) = (lamports(&before), lamports(after));
    if had != has {
        changes.push(change(account, None, Some("SOL".into()), amount::SOL, (had, has)));
    }
    for (address, mint, amounts) in token_changes(account, &before, after) {
        let decimals = all.get(&mint).and_then(|mint| mint.data.get(DECIMALS).copied());
        let (symbol, decimals) = mint_name(pool, &mint, decimals).await;
        changes.push(change(&address, Some(&mint), symbol, decimals, amounts));
    }
    let opened = only_in(after, &before, account);
    let closed = only_in(&before, after, account);
    Summary {
        changes,
        fee_lamports: fee.to_string(),
        rent_lamports: sum(&opened).to_string(),
        rent_returned_lamports: sum(&closed).to_string(),
        compute_units: *units,
        compute_unit_limit: *limit,
        opened: listed(&opened),
        closed: listed(&closed),
        at_risk: plan.at_risk.clone(),
        addresses: plan.addresses.clone(),
    }
}

/// The same in words, after what it does.
pub fn words(says: &str, summary: &Summary) -> String {
    let lamports = |text: &str| amount::sol(text.parse().unwrap_or(0));
    let mut parts = vec![says.trim_end_matches('.').to_owned()];
    if !summary.changes.is_empty() {
        let changes: Vec<_> = summary.changes.iter().map(|change| change.text.as_str()).collect();
        parts.push(format!("Your balance: {}", changes.join(", ")));
    }
    let mut costs = format!("Fee {}", lamports(&summary.fee_lamports));
    if !summary.opened.is_empty() {
        costs += &format!("; {} of rent, which returns when the accounts close", lamports(&summary.rent_lamports));
    }
    if !summary.closed.is_empty() {
        costs += &format!("; {} of closed accounts return to who paid them", lamports(&summary.rent_returned_lamports));
    }
    parts.push(costs);
    parts.extend(summary.at_risk.iter().map(|risk| format!("At risk: {}", risk.trim_end_matches('.'))));
    // Some of it is text that others put on the chain: nothing of it may look like another line.
    (parts.join(". ") + ".").replace(|c: char| c.is_control() || !is_plain(c), "?")
}

/// Whether a character is seen, and does not turn the text around it.
fn is_plain(c: char) -> bool {
    !matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// Every token account of `owner`'s whose amount changes: its address, its mint, before and after.
fn token_changes(
    owner: &Pubkey,
    before: &HashMap<Pubkey, Account>,
    after: &HashMap<Pubkey, Account>,
) -> Vec<(Pubkey, Pubkey, (u64, u64))> {
    let mut changed: Vec<_> = after
        .iter()
        .filter_map(|(address, account)| {
            let (mint, _, has) = holding(account).filter(|(_, of, _)| of == owner)?;
            let had = before.get(address).and_then(holding).map_or(0, |(.., had)| had);
            (had != has).then_some((*address, mint, (had, has)))
        })
        .collect();
    let gone = before.iter().filter(|(address, _)| !after.contains_key(*address)).filter_map(|(address, account)| {
        let (mint, _, had) = holding(account).filter(|(_, of, had)| of == owner && *had > 0)?;
        Some((*address, mint, (had, 0)))
    });
    changed.extend(gone);
    changed.sort_unstable();
    changed
}

/// Mint, owner and amount of a token account.
fn holding(account: &Account) -> Option<(Pubkey, Pubkey, u64)> {
    let ours =
        [ix::TOKEN_PROGRAM, ix::TOKEN_2022_PROGRAM].contains(&account.owner) && account.data.len() >= TOKEN_ACCOUNT;
    let key = |at: usize| Pubkey::try_from(account.data.get(at..at + 32)?).ok();
    let amount = <[u8; 8]>::try_from(account.data.get(64..72)?).ok()?;
    if ours { Some((key(0)?, key(32)?, u64::from_le_bytes(amount))) } else { None }
}

fn change(
    address: &Pubkey,
    mint: Option<&Pubkey>,
    symbol: Option<String>,
    decimals: u8,
    (before, after): (u64, u64),
) -> BalanceChange {
    let sign = if after < before { '-' } else { '+' };
    let difference = u128::from(after.abs_diff(before));
    let called = symbol.clone().or_else(|| mint.map(Pubkey::to_string)).unwrap_or_default();
    BalanceChange {
        address: address.to_string(),
        mint: mint.map(Pubkey::to_string),
        symbol,
        decimals,
        before: before.to_string(),
        after: after.to_string(),
        change: format!("{sign}{difference}"),
        text: format!("{sign}{} {called}", amount::format(difference, decimals)),
    }
}

/// What a mint is called and its decimals, as far as anybody knows them.
async fn mint_name(pool: &PgPool, mint: &Pubkey, decimals: Option<u8>) -> (Option<String>, u8) {
    if *mint == assay_sdk::token::ASY_MINT {
        return (Some("ASY".into()), amount::ASY);
    }
    let sql = "SELECT json ->> 'symbol', (json ->> 'decimals')::int FROM mint_rows WHERE mint = $1";
    let row = sqlx::query_as::<_, (Option<String>, Option<i32>)>(sql).bind(mint.to_string()).fetch_optional(pool).await;
    let (symbol, indexed) = row.ok().flatten().unwrap_or_default();
    let indexed = indexed.and_then(|decimals| u8::try_from(decimals).ok());
    (symbol, decimals.or(indexed).unwrap_or(0))
}

fn only_in(these: &HashMap<Pubkey, Account>, those: &HashMap<Pubkey, Account>, but: &Pubkey) -> Vec<(Pubkey, u64)> {
    let new = these.iter().filter(|(key, account)| account.lamports > 0 && !those.contains_key(*key) && *key != but);
    let mut new: Vec<_> = new.map(|(key, account)| (*key, account.lamports)).collect();
    new.sort_unstable();
    new
}

fn sum(accounts: &[(Pubkey, u64)]) -> u64 {
    accounts.iter().fold(0, |sum, (_, lamports)| sum.saturating_add(*lamports))
}

fn listed(accounts: &[(Pubkey, u64)]) -> Vec<AccountLamports> {
    let one =
        |(key, lamports): &(Pubkey, u64)| AccountLamports { address: key.to_string(), lamports: lamports.to_string() };
    accounts.iter().map(one).collect()
}

/// An instruction with its names.
pub fn step(instruction: &Instruction) -> Step {
    let known = instructions::lookup(&instruction.program_id, &instruction.data);
    let accounts = instruction.accounts.iter().enumerate().map(|(at, meta)| StepAccount {
        name: known.and_then(|known| known.accounts.get(at).cloned()),
        address: meta.pubkey.to_string(),
        signer: meta.is_signer,
        writable: meta.is_writable,
    });
    Step {
        program: known.map_or_else(|| program_name(&instruction.program_id), |known| known.program.clone()),
        program_id: instruction.program_id.to_string(),
        name: known.map(|known| known.name.clone()),
        accounts: accounts.collect(),
        data: STANDARD.encode(&instruction.data),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn empty() -> Summary {
        Summary {
            changes: vec![],
            fee_lamports: "5000".into(),
            rent_lamports: "0".into(),
            rent_returned_lamports: "0".into(),
            compute_units: 1,
            compute_unit_limit: 2,
            opened: vec![],
            closed: vec![],
            at_risk: vec![],
            addresses: Default::default(),
        }
    }

    #[test]
    fn what_others_wrote_cannot_pretend_to_be_another_line() {
        let said = words("Votes, explained at a\nYou get \u{202e}9 SOL", &empty());
        assert_eq!(said, "Votes, explained at a?You get ?9 SOL. Fee 0.000005 SOL.");
    }

    #[test]
    fn closed_accounts_count_with_what_was_in_them() {
        let (owner, mint, at) = (Pubkey::new_unique(), Pubkey::new_unique(), Pubkey::new_unique());
        let mut data = vec![0; TOKEN_ACCOUNT];
        data[..32].copy_from_slice(mint.as_ref());
        data[32..64].copy_from_slice(owner.as_ref());
        data[64..72].copy_from_slice(&7_u64.to_le_bytes());
        let account = Account { lamports: 3, data, owner: ix::TOKEN_2022_PROGRAM, ..Account::default() };
        let (before, after) = (HashMap::from([(at, account)]), HashMap::new());
        assert_eq!(token_changes(&owner, &before, &after), [(at, mint, (7, 0))]);
        assert_eq!(token_changes(&owner, &after, &before), [(at, mint, (0, 7))]);
        assert_eq!(token_changes(&mint, &before, &after), []);
        assert_eq!((only_in(&before, &after, &owner), only_in(&before, &after, &at)), (vec![(at, 3)], vec![]));
    }
}
