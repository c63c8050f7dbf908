//! `job report`: a job's accounts, from the chain alone.

use std::time::Duration;

use assay_sdk::{
    addresses,
    escrow::{Job, Seat, SeatState},
    token::{self, ASY_MINT},
    verification::Round,
};
use serde::Serialize;
use serde_json::{Value, json};
use solana_sdk::{account::Account, pubkey::Pubkey};
use tokio::time::sleep;

use super::{
    indexed::Expected,
    status::status,
    story::{Dispute, Juror, Story},
    strategy, text,
};
use crate::{
    amount::{self, ASY_DECIMALS, SOL_DECIMALS},
    args::Report,
    client::chain::{read, supply, token_amount},
    context::Context,
    error::{Error, Result},
    output::{facts, table},
};

/// The indexer is given so many more looks, so long apart, to agree.
const MORE_LOOKS: u32 = 15;
const PAUSE: Duration = Duration::from_millis(500);

/// An operator and base units.
#[derive(Debug, PartialEq, Serialize)]
pub struct Line {
    operator: String,
    amount: u64,
}

/// The document: amounts are base units and lamports, as numbers.
#[derive(Debug, PartialEq, Serialize)]
pub struct Document {
    job: String,
    state: String,
    root: Option<String>,
    expected_root: Option<String>,
    units: u64,
    /// How it was judged, as the API has it.
    strategy: Value,
    paid: Vec<Line>,
    slashed: Vec<Line>,
    cases: Vec<Dispute>,
    jurors: Vec<Juror>,
    vault_balance_after: u64,
    supply_check: bool,
    transactions: u64,
    compute_units: u64,
    rent_peak_lamports: u64,
    rent_left_lamports: u64,
    indexed_equals_chain: bool,
}

/// ASY as its mint and its program count it, in base units.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Supply {
    pub minted: u64,
    pub supply: u64,
    /// By this job's slashes.
    pub burned_here: u64,
}

impl Supply {
    /// What was minted and is no more was burned: at least what this job burned, and nothing came from nowhere.
    pub fn adds_up(&self) -> bool {
        self.minted.checked_sub(self.supply).is_some_and(|burned| burned >= self.burned_here)
    }
}

/// What the chain says at one moment.
struct Look {
    story: Story,
    /// Transactions that failed.
    failed: usize,
    supply: Supply,
    document: Document,
    expected: Expected,
}

/// Reports on a job.
pub async fn run(context: &Context, args: &Report) -> Result<()> {
    let mut look = look(context, &args.job).await?;
    for again in 0..=MORE_LOOKS {
        let differences = match context.api.get(&format!("/v1/jobs/{}", args.job), &[]).await {
            Ok(reply) => look.expected.differences(&reply),
            Err(why) => vec![why.to_string()],
        };
        look.document.indexed_equals_chain = differences.is_empty();
        if differences.is_empty() || again == MORE_LOOKS {
            differences.iter().for_each(|line| context.out.talk(line));
            break;
        }
        // The indexer may be behind, or ahead of what was read of the chain.
        sleep(PAUSE).await;
        look = self::look(context, &args.job).await?;
    }
    look.document.expected_root = args.expected_root.clone();
    let decimals = context.currencies().await?.into_iter().find(|currency| currency.mint == look.story.mint);
    let decimals = decimals.map_or(0, |currency| currency.decimals);
    context.out.data(&look.document, || display(context, &look, decimals))?;
    match &args.expected_root {
        Some(expected) if look.document.root.as_ref() != Some(expected) => {
            let root = look.document.root.as_deref().unwrap_or("none");
            Err(Error::Refused(format!("the root is {root}, but {expected} was expected: do not use this result")))
        }
        _ => Ok(()),
    }
}

/// History and accounts are two requests: an account that is closed in between is in neither, and is found on another look.
async fn look(context: &Context, job: &Pubkey) -> Result<Look> {
    for _ in 0..MORE_LOOKS {
        match look_once(context, job).await {
            Err(Error::BadAccount(_)) => sleep(PAUSE).await,
            done => return done,
        }
    }
    look_once(context, job).await
}

async fn look_once(context: &Context, job: &Pubkey) -> Result<Look> {
    let (history, failed) = context.history(job).await?;
    let mut story = Story::tell(job, &history)?;
    let addresses = story.accounts(job);
    let accounts = context.raw_accounts(&addresses).await?;
    // Not every verdict is told by an event of its own: the account has it, as soon as there is one.
    if let Some(state) = live(&accounts, 0).map(|account| read::<Job>(job, &account.data)).transpose()?
        && !state.is_live()
    {
        story.judge(&json!({"root": hex::encode(state.root), "winners": state.winners, "losers": state.losers}));
    }
    let supply = supply_now(context, story.burned).await?;
    let expected = Expected::new(&story, &addresses, &accounts)?;
    let document = document(job, &story, &accounts, supply)?;
    Ok(Look { story, failed, supply, document, expected })
}

async fn supply_now(context: &Context, burned_here: u64) -> Result<Supply> {
    let config = addresses::config(&token::ID);
    let found = context.raw_accounts(&[ASY_MINT, config]).await?;
    let [Some(mint), Some(config_account)] = found.as_slice() else {
        return Err(Error::BadAccount(ASY_MINT.to_string()));
    };
    let minted = read::<token::Config>(&config, &config_account.data)?.minted;
    Ok(Supply { minted, supply: supply(&ASY_MINT, &mint.data)?, burned_here })
}

/// The account at a place of [`Story::accounts`], if it is there.
fn live(accounts: &[Option<Account>], at: usize) -> Option<&Account> {
    accounts.get(at).and_then(Option::as_ref).filter(|account| !account.data.is_empty())
}

/// Puts the document together. `accounts` are those of [`Story::accounts`] as they are now.
pub fn document(job: &Pubkey, story: &Story, accounts: &[Option<Account>], supply: Supply) -> Result<Document> {
    let live = |at| live(accounts, at);
    let vault = addresses::job_vault(job);
    let state = match (&story.job_closed, live(0)) {
        (Some(last), _) => text(last, "state").to_lowercase(),
        (None, Some(account)) => {
            let round = live(2).map(|round| read::<Round>(job, &round.data)).transpose()?;
            let seats = story.parts.iter().enumerate().filter_map(|(at, part)| live(at + 3).map(|seat| (part, seat)));
            let seats = seats.map(|(part, seat)| read::<Seat>(&part.seat, &seat.data)).collect::<Result<Vec<_>>>()?;
            let delivered = seats.iter().any(|seat| seat.state == SeatState::Delivered);
            status(&read::<Job>(job, &account.data)?, round.as_ref(), delivered).to_owned()
        }
        (None, None) => return Err(Error::BadAccount(job.to_string())),
    };
    let lines = |amount: fn(&super::story::Part) -> u64| {
        let all = story.parts.iter().filter(|part| amount(part) > 0);
        all.map(|part| Line { operator: part.operator.to_string(), amount: amount(part) }).collect()
    };
    Ok(Document {
        job: job.to_string(),
        state,
        root: story.root.clone(),
        expected_root: None,
        units: story.units,
        strategy: story.strategy.clone(),
        paid: lines(|part| part.paid),
        slashed: lines(|part| part.slashed),
        cases: story.disputes.clone(),
        jurors: story.jurors.clone(),
        vault_balance_after: live(1).map_or(Ok(0), |account| token_amount(&vault, &account.data))?,
        supply_check: supply.adds_up(),
        transactions: story.transactions,
        compute_units: story.compute_units,
        rent_peak_lamports: story.rent_peak,
        rent_left_lamports: accounts.iter().flatten().map(|account| account.lamports).sum(),
        indexed_equals_chain: false,
    })
}

fn display(context: &Context, look: &Look, decimals: u8) -> String {
    let Look { story, failed, supply, document, .. } = look;
    let symbol = context.symbol(&story.mint);
    let money = |base| format!("{} {symbol}", amount::format(base, decimals));
    let asy = |base| format!("{} ASY", amount::format(base, ASY_DECIMALS));
    let sol = |lamports| format!("{} SOL", amount::format(lamports, SOL_DECIMALS));
    let or_nothing = |base, shown: String| if base == 0 { String::new() } else { shown };

    let mut rows = table(&["operator", "outcome", "paid", "fee", "slashed"]);
    for part in &story.parts {
        let (paid, fee) = (or_nothing(part.paid, money(part.paid)), or_nothing(part.fee, money(part.fee)));
        let slashed = or_nothing(part.slashed, asy(part.slashed));
        rows.add_row([&part.operator.to_string(), part.outcome, paid.as_str(), &fee, &slashed]);
    }
    let mut disputes = table(&["case", "about", "opened by", "ruling"]);
    for dispute in &story.disputes {
        let ruling = match dispute.upheld {
            Some(true) => "decided: the operator was right",
            Some(false) => "decided: the operator was wrong",
            None => &dispute.ruling,
        };
        disputes.add_row([&*dispute.case, &*dispute.about, &*dispute.opener, ruling]);
    }
    let mut jurors = table(&["juror", "paid", "slashed"]);
    for juror in &story.jurors {
        let part = |base| or_nothing(base, asy(base));
        jurors.add_row([&*juror.operator, &*part(juror.paid), &*part(juror.slashed)]);
    }
    let more = [disputes, jurors].into_iter().filter(|table| !table.is_empty());
    let more: String = more.map(|table| format!("{table}\n\n")).collect();
    let match_word = match &document.expected_root {
        Some(expected) if document.root.as_ref() == Some(expected) => " (as expected)",
        Some(_) => " (NOT what was expected)",
        None => "",
    };
    let yes = |good: bool| if good { "yes" } else { "NO" };
    let minted_less = supply.minted.saturating_sub(supply.supply);
    let ledger = format!(
        "{}: {} minted, {} in circulation, {} burned, of which {} by this job",
        yes(document.supply_check),
        asy(supply.minted),
        asy(supply.supply),
        asy(minted_less),
        asy(supply.burned_here)
    );
    let figures = facts(&[
        ("job", document.job.clone()),
        ("state", document.state.clone()),
        ("root", format!("{}{match_word}", document.root.as_deref().unwrap_or("none"))),
        ("work", format!("{} units", document.units)),
        ("judged by", strategy::of(&json!({"strategy": story.strategy}))),
        ("paid in", money(story.deposit)),
        ("refunded", money(story.refunded)),
        ("left in vault", money(document.vault_balance_after)),
        ("transactions", format!("{} ({failed} more failed)", document.transactions)),
        ("compute units", document.compute_units.to_string()),
        ("rent at peak", sol(document.rent_peak_lamports)),
        ("rent left", sol(document.rent_left_lamports)),
        ("supply adds up", ledger),
        ("indexer agrees", yes(document.indexed_equals_chain).into()),
    ]);
    format!("{rows}\n\n{more}{figures}")
}
