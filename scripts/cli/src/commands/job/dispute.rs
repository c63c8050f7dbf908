//! `job challenge` and `job reject`: open a case about a unit of what was delivered.

use std::{fs, path::Path, time::Duration};

use assay_sdk::{
    addresses,
    escrow::{Job, Seat, Strategy},
    ix,
    token::ASY_MINT,
    verification::{self, Case, CaseKind},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::json;
use solana_sdk::{pubkey::Pubkey, signature::Signer};

use super::accept::{delivered, of_chain};
use crate::{
    amount::{self, ASY_DECIMALS, SOL_DECIMALS},
    args::Dispute,
    client::{chain::TOKEN_ACCOUNT_BYTES, send::SIGNATURE_FEE},
    context::Context,
    error::{Error, Result},
    output::facts,
};

const COMPUTE_UNITS: u32 = 250_000;

/// The two ways to dispute a delivery: whose they are depends on the job's strategy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// Of an optimistic job, by anybody but its operator.
    Challenge,
    /// Of an accepted job, by its requester.
    Reject,
}

/// Disputes a unit of what was delivered.
pub async fn run(context: &Context, args: &Dispute, verb: Verb) -> Result<()> {
    let wallet = context.wallet()?;
    let (opener, job) = (wallet.pubkey(), args.job);
    let state = of_chain(context, &job).await?;
    may_dispute(&job, &state, &opener, verb)?;
    let seat = delivered(context, &job, &state).await?;
    in_time(context, &job, &seat, &opener).await?;
    let unit = match (args.unit, &args.expected) {
        (Some(unit), _) => unit,
        (None, Some(file)) => differing(context, &seat, file).await?,
        (None, None) => return Err(Error::Usage("say which unit is wrong with --unit or --expected".into())),
    };
    if unit >= state.units {
        let why = format!("--unit {unit}: the job has {} units, counted from 0", state.units);
        return Err(Error::Usage(why));
    }
    let kind = CaseKind::Challenge { unit };
    let case = addresses::case(&job, &kind);
    if context.account::<Case>(&case).await?.is_some() {
        let why = format!("unit {unit} is disputed already: see `assay job cases {job}`");
        return Err(Error::Refused(why));
    }
    let config: verification::Config = context.config(&addresses::config(&verification::ID)).await?;
    let bond = config.params.challenge_bond;
    check_funds(context, &opener, bond).await?;
    let work = [ix::verification::open_case(&opener, &job, kind, Some(&seat.operator))];
    let signature = context.send(&[&*wallet], COMPUTE_UNITS, &work).await?.to_string();
    let document = json!({
        "job": job.to_string(), "case": case.to_string(), "unit": unit, "operator": seat.operator.to_string(),
        "bond": bond, "status": "disputed", "signature": signature,
    });
    context.out.data(&document, || {
        facts(&[
            ("job", job.to_string()),
            ("case", case.to_string()),
            ("disputed unit", unit.to_string()),
            ("delivered by", seat.operator.to_string()),
            ("at stake", format!("{} ASY", amount::format(bond, ASY_DECIMALS))),
            ("signature", signature.clone()),
        ])
    })
}

/// Whether the job's strategy lets this wallet dispute in this way.
fn may_dispute(job: &Pubkey, state: &Job, opener: &Pubkey, verb: Verb) -> Result<()> {
    let why = match (verb, state.strategy) {
        (Verb::Challenge, Strategy::Optimistic { .. }) => return Ok(()),
        (Verb::Reject, Strategy::Accepted { .. }) if state.requester == *opener => return Ok(()),
        (Verb::Reject, Strategy::Accepted { .. }) => {
            format!("{job} was posted by {}: sign with that wallet, with --keypair", state.requester)
        }
        (Verb::Challenge, Strategy::Accepted { .. }) => {
            format!("{job} is reviewed by its requester alone, who may use `assay job reject {job}`")
        }
        (Verb::Reject, Strategy::Optimistic { .. }) => {
            format!("{job} is open to challenge by anybody: use `assay job challenge {job}`")
        }
        (_, other) => {
            let words = assay_sdk::strategy::words(&other);
            format!("{job} is not reviewed, it is judged by {words}: follow it with `assay job watch {job}`")
        }
    };
    Err(Error::Refused(why))
}

async fn in_time(context: &Context, job: &Pubkey, seat: &Seat, opener: &Pubkey) -> Result<()> {
    if seat.operator == *opener {
        return Err(Error::Refused(format!(
            "{opener} delivered {job} itself: sign with another wallet, with --keypair"
        )));
    }
    let late = context.now().await?.saturating_sub(seat.seal_by);
    if late > 0 {
        let why = format!("the time to object to {job} ended {late} s ago: it counts as accepted");
        return Err(Error::Refused(why));
    }
    Ok(())
}

/// How long a delivery is waited for, and how often it is asked for.
const HAND_OVER_TRIES: u32 = 40;
const HAND_OVER_PAUSE: Duration = Duration::from_millis(500);

/// The first unit of what was delivered that is not what the file says.
async fn differing(context: &Context, seat: &Seat, file: &Path) -> Result<u64> {
    let text = fs::read(file).map_err(Error::file("read", file))?;
    let expected: Vec<String> = serde_json::from_slice(&text)
        .map_err(|why| Error::Usage(format!("{} is no JSON array of outputs ({why})", file.display())))?;
    let mut found = context.result(&seat.job, &seat.commitment).await;
    // It is handed over a moment after it is delivered.
    for _ in 0..HAND_OVER_TRIES {
        if !matches!(found, Err(Error::Api { status: 404, .. })) {
            break;
        }
        tokio::time::sleep(HAND_OVER_PAUSE).await;
        found = context.result(&seat.job, &seat.commitment).await;
    }
    let document = found.map_err(|why| match why {
        Error::Api { status: 404, .. } => {
            let why = format!("{} has not handed over what it delivered: name any unit with --unit", seat.operator);
            Error::Refused(why)
        }
        other => other,
    })?;
    first_difference(&document.outputs, &expected).ok_or_else(|| {
        Error::Refused(format!("what was delivered is what {} says: there is nothing to object to", file.display()))
    })
}

/// Outputs are written as text, or in base64 where not all are text: see `job show --result`.
fn first_difference(outputs: &[Vec<u8>], expected: &[String]) -> Option<u64> {
    let equals = |output: &[u8], expected: &str| {
        output == expected.as_bytes() || STANDARD.decode(expected).is_ok_and(|bytes| bytes == output)
    };
    let units = outputs.len().max(expected.len());
    let differs = |unit: &usize| match (outputs.get(*unit), expected.get(*unit)) {
        (Some(output), Some(expected)) => !equals(output, expected),
        _ => true,
    };
    (0..units).find(differs).map(|unit| unit as u64)
}

/// Checks that the wallet has the bond, and what the case's accounts cost.
async fn check_funds(context: &Context, opener: &Pubkey, bond: u64) -> Result<()> {
    let held = context.holdings(opener, &[ASY_MINT]).await?[0].unwrap_or(0);
    let (address, hint) = (opener.to_string(), context.money_hint(opener));
    if held < bond {
        let (have, need) = (amount::format(held, ASY_DECIMALS), amount::format(bond, ASY_DECIMALS));
        return Err(Error::NoTokens { address, have, need, symbol: "ASY".into(), hint });
    }
    let mut lamports = SIGNATURE_FEE;
    for bytes in [Case::SPACE, TOKEN_ACCOUNT_BYTES] {
        lamports += context.rent(bytes).await?;
    }
    let have = context.lamports(opener).await?;
    if have < lamports {
        let (have, need) = (amount::format(have, SOL_DECIMALS), amount::format(lamports, SOL_DECIMALS));
        return Err(Error::NoSol { address, have, need, hint });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use assay_sdk::anchor_lang::{AnchorDeserialize, Space};

    use super::*;

    #[test]
    fn who_may_dispute_depends_on_the_strategy() {
        let key = |n: u8| Pubkey::new_from_array([n; 32]);
        let blank = || Job::deserialize(&mut vec![0; 2 * Job::INIT_SPACE].as_slice()).unwrap();
        let job = |strategy| Job { strategy, requester: key(1), ..blank() };
        let (optimistic, accepted) = (Strategy::Optimistic { window: 60 }, Strategy::Accepted { window: 60 });
        let table = [
            (Verb::Challenge, optimistic, 2, ""),
            (Verb::Reject, accepted, 1, ""),
            (Verb::Reject, accepted, 2, "sign with that wallet"),
            (Verb::Challenge, accepted, 1, "assay job reject"),
            (Verb::Reject, optimistic, 1, "assay job challenge"),
            (Verb::Challenge, Strategy::ORDINARY, 2, "judged by 2 of 3 agree"),
        ];
        for (verb, strategy, opener, said) in table {
            let found = may_dispute(&key(9), &job(strategy), &key(opener), verb);
            match (found, said) {
                (Ok(()), "") => {}
                (Err(why), said) if !said.is_empty() => assert!(why.to_string().contains(said), "{why}"),
                (found, _) => panic!("{verb:?} {strategy:?} {opener}: {found:?}"),
            }
        }
    }

    #[test]
    fn the_first_difference_is_found_in_text_and_in_base64() {
        let outputs = [b"a\n".to_vec(), b"b".to_vec(), vec![0xff, 1]];
        let find = |expected: &[&str]| {
            first_difference(&outputs, &expected.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>())
        };
        assert_eq!(find(&["a\n", "b", "/wE="]), None);
        assert_eq!(find(&["a\n", "c", "x"]), Some(1));
        assert_eq!(find(&["YQo=", "Yg==", "/wI="]), Some(2));
        assert_eq!(find(&["a\n", "b"]), Some(2), "one is missing");
    }
}
