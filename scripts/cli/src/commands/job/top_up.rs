//! `job top-up`: a higher price or a later deadline for a job that nobody has a seat of, in one transaction.

use assay_sdk::{
    addresses,
    escrow::{Job, JobState, PaymentMint, math},
    ix,
    verification::Round,
};
use serde_json::json;
use solana_sdk::{pubkey::Pubkey, signature::Signer};

use super::accept::of_chain;
use crate::{
    amount,
    args::TopUp,
    context::Context,
    duration::words,
    error::{Error, Result},
    output::facts,
};

const COMPUTE_UNITS: u32 = 200_000;

/// Tops a job up.
pub async fn run(context: &Context, args: &TopUp) -> Result<()> {
    let wallet = context.wallet()?;
    let (requester, job) = (wallet.pubkey(), args.job);
    let state = of_chain(context, &job).await?;
    may_top_up(&job, &state, &requester)?;
    let payment = payment(context, &state.mint).await?;
    let before = state.seat_price.checked_div(state.units).unwrap_or(0);
    let price = match &args.price_per_unit {
        None => before,
        Some(text) => {
            amount::parse(text, payment.decimals).map_err(|why| Error::Usage(format!("--price-per-unit: {why}")))?
        }
    };
    let written = |base| format!("{} {}", amount::format(base, payment.decimals), context.symbol(&payment.mint));
    let extra = args.extra_time.unwrap_or(0);
    if price < before || (price == before && extra == 0) {
        let why = format!(
            "a unit of {job} pays {} already: offer more, or give it more time with --extra-time",
            written(before)
        );
        return Err(Error::Usage(why));
    }
    let too_much = || Error::Usage("units times price times seats is more than can ever exist: offer less".into());
    let deposit = added(&state, price).ok_or_else(too_much)?;
    check_funds(context, &requester, &payment, deposit).await?;
    let mut work = vec![ix::escrow::top_up(&requester, &state.mint, &job, price, extra)];
    if extra > 0 && state.strategy.has_round() {
        // The round has the deadline that was: it goes, and a new one comes.
        let round = context.account::<Round>(&addresses::round(&job)).await?;
        work.extend(round.map(|round| ix::verification::close_round(&job, &round.payer)));
        work.push(ix::verification::open_round(&requester, &job));
    }
    let signature = context.send(&[&*wallet], COMPUTE_UNITS, &work).await?.to_string();
    let seal_by = state.seal_by.saturating_add(extra.into());
    let document = json!({
        "job": job.to_string(), "mint": state.mint.to_string(), "price_per_unit": price.to_string(),
        "deposit": deposit.to_string(), "extra_seconds": extra, "seal_by": seal_by.to_string(), "signature": signature,
    });
    context.out.data(&document, || {
        facts(&[
            ("job", job.to_string()),
            ("a unit pays", written(price)),
            ("locked besides", written(deposit)),
            ("more time", if extra == 0 { String::new() } else { words(extra.into()) }),
            ("signature", signature.clone()),
        ])
    })
}

fn may_top_up(job: &Pubkey, state: &Job, requester: &Pubkey) -> Result<()> {
    if state.requester != *requester {
        let why = format!("{job} was posted by {}: sign with that wallet, with --keypair", state.requester);
        return Err(Error::Refused(why));
    }
    if state.state != JobState::Open || state.seats != 0 {
        let why = format!(
            "{job} is {:?} with {} seats taken, whose operators agreed to its terms as they are: follow it with `assay job \
             watch {job}`",
            state.state,
            state.seats.count_ones()
        );
        return Err(Error::Refused(why));
    }
    Ok(())
}

/// The mint's terms and decimals.
async fn payment(context: &Context, mint: &Pubkey) -> Result<PaymentMint> {
    let found = context.account(&addresses::payment(mint)).await?;
    found.ok_or_else(|| Error::Refused(format!("{mint} is allowed as payment no more: the job cannot be topped up")))
}

/// Base units that a higher price locks besides, for all seats that may ever be asked for.
fn added(state: &Job, price_per_unit: u64) -> Option<u64> {
    let before = state.owed().ok()?;
    let mut raised = state.clone();
    raised.seat_price = math::seat_price(state.units, price_per_unit)?;
    raised.price_seats(state.assignment()).ok()?;
    raised.owed().ok()?.checked_sub(before)
}

async fn check_funds(context: &Context, requester: &Pubkey, payment: &PaymentMint, need: u64) -> Result<()> {
    let have = context.holdings(requester, &[payment.mint]).await?[0].unwrap_or(0);
    if have >= need {
        return Ok(());
    }
    let [have, need] = [have, need].map(|base| amount::format(base, payment.decimals));
    let (address, symbol) = (requester.to_string(), context.symbol(&payment.mint));
    Err(Error::NoTokens { address, have, need, symbol, hint: context.money_hint(requester) })
}

#[cfg(test)]
mod tests {
    use assay_sdk::{
        anchor_lang::{AnchorDeserialize, Space},
        escrow::Strategy,
    };

    use super::*;

    fn job(strategy: Strategy) -> Job {
        let zeros = vec![0; Job::INIT_SPACE];
        let blank = Job::deserialize(&mut zeros.as_slice()).unwrap();
        Job { units: 32, seat_price: 320, strategy, replicas: strategy.first(), ..blank }
    }

    #[test]
    fn a_higher_price_is_paid_for_every_seat() {
        assert_eq!(added(&job(Strategy::ORDINARY), 12), Some(3 * 64));
        assert_eq!(added(&job(Strategy::ORDINARY), 10), Some(0));
        assert_eq!(added(&job(Strategy::Accepted { window: 9 }), 11), Some(32));
        assert_eq!(added(&job(Strategy::ORDINARY), u64::MAX), None);
    }

    #[test]
    fn only_its_requester_and_only_before_anybody_came() {
        let (me, address) = (Pubkey::new_from_array([7; 32]), Pubkey::default());
        let mine = Job { requester: me, ..job(Strategy::ORDINARY) };
        assert!(may_top_up(&address, &mine, &me).is_ok());
        let said = |state: Job, by: Pubkey| may_top_up(&address, &state, &by).unwrap_err().to_string();
        assert!(said(mine.clone(), address).contains("was posted by"));
        assert!(said(Job { seats: 1, ..mine }, me).contains("with 1 seats taken"));
    }
}
