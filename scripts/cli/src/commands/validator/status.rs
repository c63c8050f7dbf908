//! `validator status`: what an operator has at stake, what it weighs, and what keeps it from work.

use assay_sdk::{
    addresses,
    escrow::{self, Device},
    staking::Position,
    verification::{self, Ballot},
};
use serde::Serialize;
use serde_json::json;
use solana_sdk::pubkey::Pubkey;

use super::{Chain, Me, asy, join::WORKING_LAMPORTS};
use crate::{
    amount::{self, SOL_DECIMALS},
    commands::operator::{BALLOT_OPERATOR, SEAT_OPERATOR},
    context::Context,
    duration::words,
    error::Result,
    output::{facts, table},
};

/// Where a Device's operator is: after discriminator, version, bump and state.
const DEVICE_OPERATOR: usize = 8 + 1 + 1;

/// One thing that must be so.
#[derive(Serialize)]
struct Check {
    name: &'static str,
    ok: bool,
    /// What is so, or what to do.
    text: String,
}

impl Check {
    fn new(name: &'static str, ok: bool, so: String, otherwise: String) -> Self {
        Self { name, ok, text: if ok { so } else { otherwise } }
    }
}

/// Shows it.
pub async fn run(context: &Context, operator: Option<Pubkey>) -> Result<()> {
    let me = Me::read(context, operator).await?;
    let chain = Chain::read(context).await?;
    let lamports = context.lamports(&me.operator).await?;
    let devices = context.accounts_of::<Device>(&escrow::ID, Some((DEVICE_OPERATOR, &me.operator))).await?;
    let seats = context.accounts_of::<escrow::Seat>(&escrow::ID, Some((SEAT_OPERATOR, &me.operator))).await?.len();
    let chairs = context.accounts_of::<Ballot>(&verification::ID, Some((BALLOT_OPERATOR, &me.operator))).await?.len();
    let checks = checks(&me, &chain, lamports, &devices);
    let ready = checks.iter().all(|check| check.ok);
    let epoch = chain.staking.epoch(chain.now);
    let (weight, total) = (me.pool.weight.effective(epoch), chain.totals.weight.settled(epoch));
    let rewards = rewards(context, &me, &chain).await?;
    let scores: Vec<_> = scores(&me, &chain);
    let document = json!({
        "operator": me.operator.to_string(), "ready": ready, "checks": checks, "lamports": lamports.to_string(),
        "active": me.pool.active.to_string(), "locked": me.pool.locked.to_string(),
        "cooling": me.pool.cooling.to_string(), "self_stake": me.pool.self_stake().to_string(),
        "weight": weight.to_string(), "weight_next_epoch": me.pool.weight.now.to_string(),
        "total_weight": total.to_string(), "epoch": epoch.to_string(), "commission_bps": me.pool.commission_bps,
        "rewards": rewards.to_string(), "jailed_until": me.pool.jailed_until.to_string(), "scores": scores
            .iter().map(|(class, score, can)| json!({"class": class, "score_bps": score, "staked_enough": can}))
            .collect::<Vec<_>>(),
        "devices": devices.len(), "seats": seats, "chairs": chairs,
    });
    context.out.data(&document, || {
        let share = u128::from(weight).saturating_mul(10_000).checked_div(total.into()).unwrap_or(0);
        let mut page = facts(&[
            ("operator", me.operator.to_string()),
            ("wallet", format!("{} SOL", amount::format(lamports, SOL_DECIMALS))),
            ("at work", format!("{}, {} of it bonds", asy(me.pool.active), asy(me.pool.locked))),
            ("weight", format!("{} of {} ({}.{:02} %)", asy(weight), asy(total), share / 100, share % 100)),
            ("rewards", asy(rewards)),
            ("machines", devices.len().to_string()),
            ("seats, chairs", format!("{seats}, {chairs}")),
        ]);
        page.push_str(&told(&scores, &checks));
        page
    })
}

fn told(scores: &[(u8, u16, bool)], checks: &[Check]) -> String {
    let mut rows = table(&["class", "score", "stake"]);
    for (class, score, enough) in scores {
        let (score, stake) =
            (format!("{:.1} %", f64::from(*score) / 100.0), if *enough { "enough" } else { "too little" });
        rows.add_row([class.to_string(), score, stake.into()]);
    }
    let line = |Check { ok, text, .. }: &Check| format!("{} {text}\n", if *ok { "ok   " } else { "WRONG" });
    format!("\n{rows}\n\n{}", checks.iter().map(line).collect::<String>())
}

/// Class, score in bps, and whether the stake is enough for it.
fn scores(me: &Me, chain: &Chain) -> Vec<(u8, u16, bool)> {
    let mut scores: Vec<_> = me
        .records
        .iter()
        .map(|(class, record)| {
            let enough = me.pool.active >= chain.least(*class);
            (*class, record.score_bps(chain.now).unwrap_or(0), enough)
        })
        .collect();
    scores.sort_unstable();
    scores
}

/// What can be claimed: as the program will count it.
async fn rewards(context: &Context, me: &Me, chain: &Chain) -> Result<u64> {
    let address = addresses::position(&addresses::pool(&me.operator), &me.operator);
    let Some(mut position) = context.account::<Position>(&address).await? else { return Ok(0) };
    let (mut pool, mut totals) = (me.pool.clone(), chain.totals.clone());
    let earned = totals.roll(chain.staking.epoch(chain.now)).and_then(|()| {
        pool.earn(&mut totals, chain.staking.params.max_commission_bps) //
    });
    if earned.is_err() {
        return Ok(0);
    }
    position.settle(&pool);
    Ok(position.owed.min(pool.rewards_due).saturating_add(pool.commission_due))
}

fn checks(me: &Me, chain: &Chain, lamports: u64, devices: &[(Pubkey, Device)]) -> Vec<Check> {
    let params = &chain.staking.params;
    let own = me.pool.self_stake();
    let epoch = chain.staking.epoch(chain.now);
    let sol = amount::format(lamports, SOL_DECIMALS);
    let least = amount::format(WORKING_LAMPORTS, SOL_DECIMALS);
    let jailed = u64::try_from(me.pool.jailed_until.saturating_sub(chain.now)).unwrap_or(0);
    let classes = me.records.keys().filter(|class| me.pool.active >= chain.least(**class)).count();
    let working = devices.iter().filter(|(_, device)| device.available).count();
    vec![
        Check::new(
            "lamports",
            lamports >= WORKING_LAMPORTS,
            format!("{sol} SOL for fees and rent"),
            format!("less than {least} SOL for fees and rent: send some"),
        ),
        Check::new(
            "self_stake",
            own >= params.min_self_stake,
            format!("{} of its own", asy(own)),
            format!("{} of its own, and {} are needed: `assay validator join`", asy(own), asy(params.min_self_stake)),
        ),
        Check::new(
            "jail",
            jailed == 0,
            "not in jail".into(),
            format!(
                "in jail for {}: it lost a seat; wait, then `assay crank --once --kinds sync-weight`",
                words(jailed)
            ),
        ),
        Check::new(
            "weight",
            me.pool.weight.effective(epoch) > 0,
            "it weighs in draws".into(),
            format!(
                "it weighs nothing yet: stake weighs from the next epoch on, in {} at most; after a jail `assay crank --once --kinds sync-weight`",
                words(u64::try_from(params.epoch_seconds).unwrap_or(0))
            ),
        ),
        Check::new(
            "records",
            classes > 0,
            format!("{classes} classes to work in"),
            "no open record in a class that the stake is enough for: `assay validator join`".into(),
        ),
        Check::new(
            "machine",
            working > 0,
            format!("{working} machines take work"),
            "no machine takes work: `assay operator run --data node` registers this one".into(),
        ),
    ]
}

#[cfg(test)]
mod tests {
    use assay_sdk::anchor_lang::{AnchorDeserialize, AnchorSerialize, Space};

    use super::*;

    #[test]
    fn a_machines_operator_is_where_the_filter_looks() {
        let mut device = Device::deserialize(&mut vec![0; Device::INIT_SPACE].as_slice()).unwrap();
        device.operator = Pubkey::new_from_array([7; 32]);
        let mut bytes = vec![0; 8];
        device.serialize(&mut bytes).unwrap();
        assert_eq!(bytes[DEVICE_OPERATOR..DEVICE_OPERATOR + 32], [7; 32]);
    }
}
