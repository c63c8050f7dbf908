//! What the actions of the other programs should build.

use assay_sdk::{
    addresses,
    distribution::Claim,
    governance::Choice,
    ix::{self, TOKEN_PROGRAM, governance, reputation, staking, token},
    token::ASY_MINT,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use solana_sdk::instruction::{AccountMeta, Instruction};

use crate::{Built, built, hash, support::ME, world::*};

fn pools() -> Vec<Built> {
    let other = addresses::pool(&OTHER);
    vec![
        built("staking/open_pool", "commission_bps=300", [staking::open_pool_with(&ME, 300)]),
        built(
            "staking/open_pool",
            "classes=1,0,1",
            [staking::open_pool(&ME), reputation::open_record(&ME, 0), reputation::open_record(&ME, 1)],
        ),
        built("staking/close_pool", "", [staking::close_pool(&ME)]),
        built("staking/set_commission", "commission_bps=70", [staking::set_commission(&ME, 70)]),
        built("staking/fund_rewards", "amount=0.5", [staking::fund_rewards(&ME, 500_000_000)]),
        built("staking/advance_epoch", "", [staking::advance_epoch()]),
        built("staking/sync_weight", &format!("operator={OTHER}"), [staking::sync_weight(&other)]),
        built("reputation/open_record", "class=4", [reputation::open_record(&ME, 4)]),
        built(
            "reputation/upgrade_record",
            &format!("operator={OTHER} class=4"),
            [reputation::upgrade_record(&ME, &addresses::record(&OTHER, 4))],
        ),
    ]
}

fn stakes() -> Vec<Built> {
    let of = |name, more: &str, work: Vec<Instruction>| built(name, &format!("operator={OPERATOR} {more}"), work);
    vec![
        // There is a position in this pool, and none in the other.
        of("staking/stake", "amount=2", vec![staking::delegate(&OPERATOR, &ME, 2_000_000_000)]),
        built(
            "staking/stake",
            &format!("operator={OTHER} amount=2"),
            [staking::open_position(&OTHER, &ME, 300), staking::delegate(&OTHER, &ME, 2_000_000_000)],
        ),
        of("staking/open_position", "", vec![staking::open_position(&OPERATOR, &ME, 250)]),
        of("staking/open_position", "max_commission_bps=400", vec![staking::open_position(&OPERATOR, &ME, 400)]),
        of("staking/close_position", "", vec![staking::close_position(&OPERATOR, &ME)]),
        // 400 of 1,000 shares of 700 base units; 7 of these are 10 shares.
        of("staking/request_unstake", "amount=all", vec![staking::undelegate(&OPERATOR, &ME, 6, 400)]),
        of("staking/request_unstake", "amount=0.000000007", vec![staking::undelegate(&OPERATOR, &ME, 6, 10)]),
        // Ticket 5 is not ready.
        of("staking/withdraw", "", vec![staking::withdraw_of(&OPERATOR, &ME, 4)]),
        of("staking/withdraw", "ticket=5", vec![staking::withdraw_of(&OPERATOR, &ME, 5)]),
        built(
            "staking/redelegate",
            &format!("from={OPERATOR} to={OTHER} amount=all"),
            [staking::open_position(&OTHER, &ME, 300), staking::redelegate(&ME, &OPERATOR, &OTHER, 400)],
        ),
        of("staking/claim_rewards", "", vec![staking::claim_rewards(&OPERATOR, &ME)]),
        of(
            "staking/claim_rewards",
            &format!("owner={OTHER}"),
            vec![ix::create_ata(&ME, &OTHER, &ASY_MINT), staking::claim_rewards(&OPERATOR, &OTHER)],
        ),
    ]
}

fn tokens() -> Vec<Built> {
    let (usd, root) = ((USD, TOKEN_PROGRAM), hash(7));
    let opening = token::Opening {
        opener: ME,
        payer: ME,
        mint: usd,
        id: 8,
        root: [7; 32],
        total: 2_500_000,
        max_claims: 10,
        expires_at: 99,
    };
    let mine = Claim { index: 3, claimant: ME, amount: 250_000, proof: vec![[1; 32]] };
    let wide = token::open_fee_vault_of(&ix::TOKEN_2022_PROGRAM, &ME, &WIDE, 2);
    vec![
        built("token/burn", "amount=1", [token::burn(&ME, &addresses::ata(&ME, &ASY_MINT), 1_000_000_000)]),
        built("token/mint_to", "amount=1", [token::mint_to(&ME, &addresses::ata(&ME, &ASY_MINT), 1_000_000_000)]),
        built(
            "token/open_distribution",
            &format!("mint={USD} total=2.5 root={root} max_claims=10 expires_at=99 id=8"),
            [token::open_distribution(&opening)],
        ),
        built(
            "token/claim",
            &format!("distribution={DISTRIBUTION} index=3 amount=0.25 proof={}", hash(1)),
            [token::claim(&DISTRIBUTION, usd, &mine)],
        ),
        built(
            "token/sweep_distribution",
            &format!("distribution={DISTRIBUTION}"),
            [ix::create_ata(&ME, &OTHER, &USD), token::sweep_distribution(&DISTRIBUTION, usd, &OTHER, &PAYEE)],
        ),
        built("token/open_fee_vault", &format!("mint={WIDE} shard=2"), [wide]),
        built(
            "token/collect_fees",
            &format!("mint={USD} shard=1"),
            [token::collect_fees(&USD, &addresses::fee_vault(&USD, 1))],
        ),
        built("token/emit_epoch", "", [token::emit_epoch()]),
    ]
}

fn votes() -> Vec<Built> {
    let pool = addresses::pool(&OPERATOR);
    let call = Instruction {
        program_id: PROGRAM,
        accounts: vec![AccountMeta::new(OTHER, false), AccountMeta::new_readonly(PAYEE, true)],
        data: vec![1, 2, 3],
    };
    let meta = |account: &assay_sdk::governance::ActionAccount| AccountMeta {
        pubkey: account.address,
        is_signer: account.signer,
        is_writable: account.writable,
    };
    let terms = action_terms();
    let run = Instruction {
        program_id: terms.program,
        accounts: terms.accounts.iter().map(meta).collect(),
        data: terms.data.clone(),
    };
    let data = STANDARD.encode([1, 2, 3]);
    vec![
        built(
            "governance/propose",
            &format!("description_hash={} uri=https://a.example/why operator={OPERATOR}", hash(1)),
            [governance::propose(&ME, &pool, 9, [1; 32], "https://a.example/why")],
        ),
        built(
            "governance/add_action",
            &format!("id=5 call_program={PROGRAM} call_data={data} call_accounts={OTHER}:w,{PAYEE}:s"),
            [governance::add_action(&ME, 5, 2, &call)],
        ),
        built("governance/start_vote", &format!("id=5 operator={OPERATOR}"), [governance::start_vote(&ME, &pool, 5)]),
        built(
            "governance/vote",
            &format!("id=5 operator={OPERATOR} choice=no"),
            [governance::vote(&ME, &pool, 5, Choice::No, [4; 32])],
        ),
        built(
            "governance/vote",
            &format!("id=5 choice=abstain actions_hash={}", hash(6)),
            [governance::vote(&ME, &addresses::pool(&ME), 5, Choice::Abstain, [6; 32])],
        ),
        built("governance/finish_vote", "id=5", [governance::finish_vote(5)]),
        // Nobody's signature is used unless it is said.
        built("governance/execute", "id=5", [governance::execute(5, 1, &run)]),
        built("governance/execute", "id=5 cosign=true", [governance::execute_with(5, 1, &run, 1)]),
        built("governance/cancel", "id=5", [governance::cancel(&ME, 5)]),
        built("governance/veto", "id=5", [governance::veto(&ME, 5)]),
        built("governance/close_action", "id=5", [governance::close_action(&OTHER, 5, 1)]),
        built("governance/close_action", "id=5 index=0", [governance::close_action(&OTHER, 5, 0)]),
        built("governance/close_proposal", "id=5", [governance::close_proposal(&OTHER, 5)]),
        built("governance/close_vote", &format!("id=5 operator={OPERATOR}"), [governance::close_vote(&ME, &pool, 5)]),
    ]
}

pub fn all() -> Vec<Built> {
    [pools(), stakes(), tokens(), votes()].into_iter().flatten().collect()
}
