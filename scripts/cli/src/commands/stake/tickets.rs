//! Stake on its way out.

use assay_sdk::{
    ix,
    staking::{self, Pool, Ticket},
    token::ASY_MINT,
};
use serde_json::json;
use solana_sdk::{pubkey::Pubkey, signature::Signer};

use super::{COMPUTE_UNITS, asy, pool_of};
use crate::{
    context::Context,
    duration::words,
    error::{Error, Result},
    output::facts,
};

/// Tickets withdrawn in one transaction.
const TICKETS_AT_ONCE: usize = 4;
/// Where a Ticket's owner is: after discriminator, version, bump and pool.
const TICKET_OWNER: usize = 8 + 1 + 1 + 32;

/// Base units that a ticket is worth now.
pub(super) fn worth(pool: &Pool, ticket: &Ticket) -> u64 {
    let alive = ticket.era == pool.cooling_era;
    let value = alive.then(|| staking::math::amount_for(ticket.shares, pool.cooling, pool.cooling_shares)).flatten();
    value.unwrap_or(0)
}

/// Withdraws the tickets that are ready, or one.
pub async fn withdraw(context: &Context, only: Option<u64>, operator: Option<Pubkey>) -> Result<()> {
    let wallet = context.wallet()?;
    let owner = wallet.pubkey();
    let operator = operator.unwrap_or(owner);
    let mut pool = pool_of(context, &operator).await?;
    let (tickets, now) = (of(context, &operator, &owner).await?, context.now().await?);
    let left = |ticket: &Ticket| words(u64::try_from(ticket.ready_at - now).unwrap_or(0));
    let mut ready: Vec<_> = tickets.iter().filter(|ticket| ticket.ready_at <= now).collect();
    if let Some(nonce) = only {
        let Some(ticket) = tickets.iter().find(|ticket| ticket.nonce == nonce) else {
            return Err(Error::Refused(format!("there is no ticket {nonce}: see `assay stake show`")));
        };
        if ticket.ready_at > now {
            return Err(Error::Refused(format!("ticket {nonce} is still unbonding: wait {}", left(ticket))));
        }
        ready = vec![ticket];
    }
    if ready.is_empty() {
        context.out.talk(match tickets.iter().min_by_key(|ticket| ticket.ready_at) {
            Some(next) => format!("nothing is ready: ticket {} is in {}", next.nonce, left(next)),
            None => "nothing is unbonding: start with `assay stake unstake`".into(),
        });
    }
    let (mut signatures, mut total) = (vec![], 0_u64);
    for some in ready.chunks(TICKETS_AT_ONCE) {
        let mut work = vec![ix::create_ata(&owner, &owner, &ASY_MINT)];
        work.extend(some.iter().map(|ticket| ix::staking::withdraw_of(&operator, &owner, ticket.nonce)));
        signatures.push(context.send(&[&*wallet], COMPUTE_UNITS, &work).await?.to_string());
        // One after the other, as the program rounds.
        let era = pool.cooling_era;
        for ticket in some.iter().filter(|ticket| ticket.era == era) {
            total += pool.take_cooled(ticket.shares).map_err(|why| Error::Refused(why.to_string()))?;
        }
    }
    let nonces: Vec<_> = ready.iter().map(|ticket| ticket.nonce.to_string()).collect();
    let document = json!({
        "operator": operator.to_string(), "owner": owner.to_string(), "tickets": nonces, "amount": total.to_string(), "signatures": signatures,
    });
    context.out.data(&document, || {
        let signatures = signatures.join(", ");
        facts(&[("withdrawn", asy(total)), ("tickets", nonces.join(", ")), ("signatures", signatures)])
    })
}

/// The tickets of an owner in an operator's pool, oldest first.
pub(super) async fn of(context: &Context, operator: &Pubkey, owner: &Pubkey) -> Result<Vec<Ticket>> {
    let pool = assay_sdk::addresses::pool(operator);
    let found = context.accounts_of::<Ticket>(&staking::ID, Some((TICKET_OWNER, owner))).await?;
    let mut tickets: Vec<_> =
        found.into_iter().map(|(_, ticket)| ticket).filter(|ticket| ticket.pool == pool).collect();
    tickets.sort_by_key(|ticket| ticket.nonce);
    Ok(tickets)
}

#[cfg(test)]
mod tests {
    use assay_sdk::anchor_lang::AccountSerialize;

    use super::*;

    #[test]
    fn a_tickets_owner_is_where_the_filter_looks() {
        let owner = Pubkey::new_from_array([7; 32]);
        let pool = Pubkey::default();
        let ticket = Ticket { version: 1, bump: 2, pool, owner, nonce: 0, shares: 0, era: 0, ready_at: 0 };
        let mut bytes = vec![];
        ticket.try_serialize(&mut bytes).unwrap();
        assert_eq!(bytes[TICKET_OWNER..TICKET_OWNER + 32], owner.to_bytes());
    }
}
