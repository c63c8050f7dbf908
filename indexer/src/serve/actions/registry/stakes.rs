//! Stakes: into a pool, and out again.

use assay_sdk::{
    addresses, ix,
    staking::{self, Pool, Position, Ticket},
    token::ASY_MINT,
};
use solana_sdk::pubkey::Pubkey;

use super::{
    super::{
        amount::asy,
        call::{Action, Call, Plan},
        param::{Kind, Param, may, need},
        refusal::{Refusal, Result},
    },
    build,
    staking::{OPERATOR, pool_of},
};

/// Tickets withdrawn in one transaction.
const TICKETS_AT_ONCE: usize = 4;
const OWNER: Param = may("owner", "Address of the position's owner (you)", Kind::Address);
const PART: Param = need("amount", "Amount in whole ASY, or all", Kind::AsyOrAll);

/// Of this file.
pub const ACTIONS: &[Action] = &[
    Action::new(
        "staking",
        "stake",
        ("Stake ASY", "Stake"),
        "Stakes ASY in your own pool or another operator's, opening your position there if need be. It weighs from the next epoch \
         on, is slashed when the operator is wrong, and comes back by unstaking.",
        &[need("amount", "Amount in whole ASY", Kind::Asy), OPERATOR],
        build!(stake),
    )
    .entry(),
    Action::new(
        "staking",
        "open_position",
        ("Open a position", "Open"),
        "Opens your position in an operator's pool, if its commission is not above what you say.",
        &[
            need("operator", "Address of the pool's operator", Kind::Address),
            may("max_commission_bps", "Most commission in bps (what it is now)", Kind::Whole(0, 10_000)),
        ],
        build!(open_position),
    )
    .entry()
    .then("staking/stake"),
    Action::new(
        "staking",
        "close_position",
        ("Close a position", "Close"),
        "Closes a position that holds nothing; the rent is its owner's. Anyone may.",
        &[need("operator", "Address of the pool's operator", Kind::Address), OWNER],
        build!(close_position),
    ),
    Action::new(
        "staking",
        "request_unstake",
        ("Unstake", "Unstake"),
        "Turns active stake into a ticket that can be withdrawn after unbonding. Until then it can still be slashed. What is locked \
         for seats stays behind.",
        &[PART, OPERATOR],
        build!(unstake),
    )
    .then("staking/withdraw"),
    Action::new(
        "staking",
        "withdraw",
        ("Withdraw what was unstaked", "Withdraw"),
        "Pays out tickets whose time has come, less what was slashed meanwhile: the one you name, or up to four that are ready. \
         Anyone may; it goes to their owner.",
        &[OPERATOR, OWNER, may("ticket", "Number of the ticket (all that are ready)", Kind::Whole(0, u64::MAX as u128))],
        build!(withdraw),
    ),
    Action::new(
        "staking",
        "redelegate",
        ("Move a stake", "Move"),
        "Moves stake of yours from one pool to another without unbonding, if the pool it leaves has nothing at stake.",
        &[
            need("from", "Address of the operator whose pool it leaves", Kind::Address),
            need("to", "Address of the operator whose pool it enters", Kind::Address),
            PART,
        ],
        build!(redelegate),
    )
    .entry(),
    Action::new(
        "staking",
        "claim_rewards",
        ("Claim rewards", "Claim"),
        "Pays out a position's rewards, and with the operator's own the commission. Anyone may; it goes to the owner.",
        &[OPERATOR, OWNER],
        build!(claim),
    ),
];

const RISK: &str = "the stake, as far as the pool is slashed for wrong or withheld results";

async fn stake(call: Call<'_>) -> Result<Plan> {
    let (me, amount) = (call.account, call.args.asy("amount")?);
    let operator = call.args.address_or("operator", me)?;
    let pool = pool_of(&call, &operator).await?;
    let there: Option<Position> = call.maybe(&position_at(&operator, &me)).await?;
    let open = there.is_none().then(|| ix::staking::open_position(&operator, &me, pool.commission_bps));
    let work: Vec<_> = open.into_iter().chain([ix::staking::delegate(&operator, &me, amount)]).collect();
    Ok(Plan::new(work, format!("Stakes {} in the pool of {operator}", asy(amount))).risk(RISK))
}

fn position_at(operator: &Pubkey, owner: &Pubkey) -> Pubkey {
    addresses::position(&addresses::pool(operator), owner)
}

async fn open_position(call: Call<'_>) -> Result<Plan> {
    let operator = call.args.address("operator")?;
    let most = match call.args.maybe("max_commission_bps")? {
        Some(most) => most,
        None => pool_of(&call, &operator).await?.commission_bps,
    };
    let work = ix::staking::open_position(&operator, &call.account, most);
    let position = position_at(&operator, &call.account);
    Ok(Plan::new([work], format!("Opens your position in the pool of {operator}")).makes("position", &position))
}

async fn close_position(call: Call<'_>) -> Result<Plan> {
    let (operator, owner) = (call.args.address("operator")?, call.args.address_or("owner", call.account)?);
    let work = ix::staking::close_position(&operator, &owner);
    Ok(Plan::new([work], format!("Closes the position of {owner} in the pool of {operator}")))
}

/// The position of who asks, the shares that are worth what it wants to take, and what they are worth.
async fn part(call: &Call<'_>, operator: &Pubkey) -> Result<(Position, u128, u64)> {
    let pool = pool_of(call, operator).await?;
    let position: Position = call.read("position of yours", &position_at(operator, &call.account)).await?;
    let wanted = match call.args.must("amount")? {
        "all" => None,
        _ => Some(call.args.asy("amount")?),
    };
    let (shares, worth) = shares(&pool, &position, wanted)?;
    Ok((position, shares, worth))
}

/// The shares of a position that are worth at least what is asked for, and what all or those are worth.
fn shares(pool: &Pool, position: &Position, wanted: Option<u64>) -> Result<(u128, u64)> {
    // Shares of an earlier era were slashed to nothing.
    let held = if position.era == pool.active_era { position.shares } else { 0 };
    let value = staking::math::amount_for(held, pool.active, pool.active_shares).unwrap_or(0);
    let amount = wanted.unwrap_or(value);
    if amount == 0 || amount > value {
        return Err(Refusal::refused(format!("there are {} staked: ask for more than 0 and at most that", asy(value))));
    }
    let Some(wanted) = wanted else { return Ok((held, value)) };
    let exact = u128::from(wanted).checked_mul(pool.active_shares);
    let up = exact.map(|product| product.div_ceil(u128::from(pool.active.max(1))));
    Ok((up.unwrap_or(u128::MAX).min(held), amount))
}

async fn unstake(call: Call<'_>) -> Result<Plan> {
    let operator = call.args.address_or("operator", call.account)?;
    let (position, shares, worth) = part(&call, &operator).await?;
    let work = ix::staking::undelegate(&operator, &call.account, position.next_ticket, shares);
    let ticket = addresses::ticket(&addresses::pool(&operator), &call.account, position.next_ticket);
    let says = format!("Unstakes {} from the pool of {operator}, as ticket {}", asy(worth), position.next_ticket);
    Ok(Plan::new([work], says).risk("what is slashed until the ticket is withdrawn").makes("ticket", &ticket))
}

async fn withdraw(call: Call<'_>) -> Result<Plan> {
    let operator = call.args.address_or("operator", call.account)?;
    let owner = call.args.address_or("owner", call.account)?;
    let tickets = match call.args.maybe("ticket")? {
        Some(one) => vec![one],
        None => ready(&call, &addresses::pool(&operator), &owner).await?,
    };
    if tickets.is_empty() {
        return Err(Refusal::refused(format!("no ticket of {owner} in the pool of {operator} is ready")));
    }
    let mut work = call.make_ata(&owner, &ASY_MINT, &ix::TOKEN_PROGRAM).await?;
    work.extend(tickets.iter().map(|ticket| ix::staking::withdraw_of(&operator, &owner, *ticket)));
    let numbers: Vec<_> = tickets.iter().map(u64::to_string).collect();
    Ok(Plan::new(work, format!("Pays out to {owner} the tickets {}", numbers.join(", "))))
}

/// Numbers of the tickets whose time has come, the oldest first, as many as fit.
async fn ready(call: &Call<'_>, pool: &Pubkey, owner: &Pubkey) -> Result<Vec<u64>> {
    let sql = "SELECT address FROM tickets WHERE owner = $1 AND data ->> 'pool' = $2 AND closed_slot IS NULL
               ORDER BY (data ->> 'ready_at')::bigint LIMIT 50";
    let rows = sqlx::query_scalar::<_, String>(sql).bind(owner.to_string()).bind(pool.to_string());
    let addresses: Vec<Pubkey> = rows.fetch_all(call.pool).await?.iter().filter_map(|text| text.parse().ok()).collect();
    if addresses.is_empty() {
        return Ok(vec![]);
    }
    let now = call.now().await?;
    let found = call.chain.accounts(&addresses).await?.into_iter().flatten();
    let tickets = found.filter_map(|account| assay_sdk::account::<Ticket>(&account.data).ok());
    Ok(tickets.filter(|ticket| ticket.ready_at <= now).map(|ticket| ticket.nonce).take(TICKETS_AT_ONCE).collect())
}

async fn redelegate(call: Call<'_>) -> Result<Plan> {
    let (me, from, to) = (call.account, call.args.address("from")?, call.args.address("to")?);
    let (_, shares, worth) = part(&call, &from).await?;
    let there: Option<Position> = call.maybe(&position_at(&to, &me)).await?;
    let mut work = vec![];
    if there.is_none() {
        work.push(ix::staking::open_position(&to, &me, pool_of(&call, &to).await?.commission_bps));
    }
    work.push(ix::staking::redelegate(&me, &from, &to, shares));
    Ok(Plan::new(work, format!("Moves {} from the pool of {from} to that of {to}", asy(worth))).risk(RISK))
}

async fn claim(call: Call<'_>) -> Result<Plan> {
    let operator = call.args.address_or("operator", call.account)?;
    let owner = call.args.address_or("owner", call.account)?;
    let mut work = call.make_ata(&owner, &ASY_MINT, &ix::TOKEN_PROGRAM).await?;
    work.push(ix::staking::claim_rewards(&operator, &owner));
    Ok(Plan::new(work, format!("Pays out the rewards of {owner} in the pool of {operator}")))
}
