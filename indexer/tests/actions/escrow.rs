//! What the escrow program's actions should build.

use assay_sdk::{
    addresses,
    escrow::{Assignment, BidTerms, Capabilities, JobTerms, ModelTerms, Requirements, Royalty, Strategy},
    ix,
    ix::escrow as call,
    token::ASY_MINT,
};

use crate::{
    Built, built, hash,
    support::{ME, key},
    world::*,
};

fn terms() -> JobTerms {
    JobTerms {
        nonce: 77,
        spec_hash: [8; 32],
        uri: "https://a.example/spec".into(),
        units: 32,
        price_per_unit: 12_500,
        strategy: Strategy::ORDINARY,
        assignment: Assignment::Sortition,
        class: 0,
        requirements: Requirements { cores: 1, ..Requirements::default() },
        deadline_seconds: 3_600,
        royalties: vec![],
        milestones: vec![],
    }
}

fn post(more: &str, work: impl Into<Vec<solana_sdk::instruction::Instruction>>) -> Built {
    let spec = hash(8);
    let always = "units=32 price_per_unit=0.0125 uri=https://a.example/spec deadline_seconds=3600 nonce=77";
    built("escrow/post_job", &format!("{always} spec_hash={spec} {more}"), work)
}

fn posts() -> Vec<Built> {
    let job = addresses::job(&ME, 77);
    let accepted = JobTerms {
        strategy: Strategy::Accepted { window: 120 },
        assignment: Assignment::Auction,
        class: 3,
        requirements: Requirements {
            cores: 8,
            memory_mib: 64,
            disk_gib: 2,
            gpus: 1,
            gpu_memory_mib: 80,
            gpu_model: *b"H100",
            region: *b"DE",
            verified: true,
            ..Requirements::default()
        },
        royalties: vec![Royalty { to: PAYEE, bps: 100 }],
        milestones: vec![4_000, 6_000],
        ..terms()
    };
    // Of a Token-2022 mint with two decimals.
    let wide = JobTerms { price_per_unit: 1, strategy: Strategy::Sampled { samples: 4, committee: 3 }, ..terms() };
    let of = |strategy| call::post_job(&ME, &USD, JobTerms { strategy, ..terms() });
    let replicated = Strategy::Replicated { replicas: 2, quorum: 2, most: 7, adaptive: true };
    let round = ix::verification::open_round(&ME, &job);
    let (wide_ix, owners) = (call::post_job(&ME, &WIDE, wide), [ME]);
    let require =
        "class=3 cores=8 memory_mib=64 disk_gib=2 gpus=1 gpu_memory_mib=80 gpu_model=H100 region=DE verified=true";
    vec![
        post(&format!("mint={USD} strategy=replicated"), [call::post_job(&ME, &USD, terms()), round.clone()]),
        post(
            &format!("mint={USD} strategy=replicated replicas=2 most=7 adaptive=true"),
            [of(replicated), round.clone()],
        ),
        post(
            &format!(
                "mint={USD} strategy=accepted window=120 assignment=auction {require} royalties={PAYEE}:100 milestones=4000,6000"
            ),
            [call::post_job(&ME, &USD, accepted)],
        ),
        built(
            "escrow/post_job",
            &format!(
                "mint={WIDE} units=32 price_per_unit=0.01 uri=https://a.example/spec deadline_seconds=3600 nonce=77 \
                 spec_hash={} strategy=sampled",
                hash(8)
            ),
            [call::in_token_2022(wide_ix, &WIDE, &owners), round],
        ),
        post(&format!("mint={USD} strategy=optimistic"), [of(Strategy::Optimistic { window: 86_400 })]),
        post(&format!("mint={USD} strategy=proven key={KEY}"), [of(Strategy::Proven { key: KEY })]),
        post(
            &format!("mint={USD} strategy=attested registrar={OTHER} threshold=2"),
            [of(Strategy::Attested { registrar: OTHER, threshold: 2 })],
        ),
    ]
}

fn jobs() -> Vec<Built> {
    let usd_of = |owner| ix::create_ata(&ME, owner, &USD);
    let wide = |ix| call::in_token_2022(ix, &WIDE, &[REQUESTER]);
    let wide_job = assay_sdk::escrow::Job { mint: WIDE, ..open_job() };
    vec![
        built(
            "escrow/top_up",
            &format!("job={OPEN} price_per_unit=2.5 extra_seconds=9"),
            [call::top_up(&ME, &USD, &OPEN, 2_500_000, 9)],
        ),
        // The price stays as it is.
        built("escrow/top_up", &format!("job={OPEN} extra_seconds=9"), [call::top_up(&ME, &USD, &OPEN, 2_000_000, 9)]),
        built(
            "escrow/cancel_job",
            &format!("job={OPEN}"),
            [
                call::cancel_job(&ME, &OPEN),
                usd_of(&REQUESTER),
                call::refund(&OPEN, &open_job()),
                ix::verification::close_round(&OPEN, &OTHER),
                call::close_job(&OPEN, &REQUESTER, &ME),
            ],
        ),
        built(
            "escrow/cancel_job",
            &format!("job={WIDE_JOB}"),
            [
                call::cancel_job(&ME, &WIDE_JOB),
                wide(ix::create_ata(&ME, &REQUESTER, &WIDE)),
                wide(call::refund(&WIDE_JOB, &wide_job)),
                wide(call::close_job(&WIDE_JOB, &REQUESTER, &ME)),
            ],
        ),
        built("escrow/cancel_job", &format!("job={JOB}"), [call::cancel_job_under(&ME, &JOB, &[OPERATOR])]),
        built(
            "escrow/expire_job",
            &format!("job={OPEN}"),
            [
                call::expire_job(&OPEN, &ME),
                usd_of(&REQUESTER),
                call::refund(&OPEN, &open_job()),
                ix::verification::close_round(&OPEN, &OTHER),
                call::close_job(&OPEN, &REQUESTER, &ME),
            ],
        ),
        built("escrow/refund", &format!("job={JOB}"), [usd_of(&REQUESTER), call::refund(&JOB, &job())]),
        built("escrow/close_job", &format!("job={JOB}"), [call::close_job(&JOB, &REQUESTER, &ME)]),
        built(
            "escrow/release_milestone",
            &format!("job={JOB}"),
            [
                usd_of(&OPERATOR),
                call::release_milestone(&ME, &JOB, &job(), &OPERATOR),
                call::settle_seat(&JOB, &job(), &seat(), &ME),
            ],
        ),
        built(
            "escrow/settle",
            &format!("job={JOB}"),
            [usd_of(&OPERATOR), call::settle_seat(&JOB, &job(), &seat(), &ME)],
        ),
        built(
            "escrow/pay_royalty",
            &format!("job={JOB} leg=0"),
            [usd_of(&PAYEE), call::pay_royalty(&JOB, &job(), 0, &addresses::ata(&PAYEE, &USD))],
        ),
        built(
            "escrow/pay_royalty",
            &format!("job={JOB} leg=0 to={OTHER}"),
            [call::pay_royalty(&JOB, &job(), 0, &OTHER)],
        ),
        built("verification/open_round", &format!("job={JOB}"), [ix::verification::open_round(&ME, &JOB)]),
    ]
}

fn seats() -> Vec<Built> {
    let asy = ix::create_ata(&ME, &REQUESTER, &ASY_MINT);
    let bid_terms = BidTerms { price: 1_500_000, expires_at: 5_000, posted_at: 1_000, exposure: 4_500_000_000 };
    vec![
        built("escrow/claim_seat", &format!("job={OPEN} device=3"), [call::claim_seat(&ME, &OPEN, &open_job(), 3)]),
        built("escrow/heartbeat", &format!("job={JOB} progress=4"), [call::heartbeat(&ME, &JOB, 4)]),
        built("escrow/deliver", &format!("job={JOB} digest={}", hash(2)), [call::deliver(&ME, &JOB, [2; 32])]),
        built(
            "escrow/expire_seat",
            &format!("job={JOB} operator={OPERATOR}"),
            [asy.clone(), call::for_seat(call::expire_seat(&JOB, &REQUESTER, &OPERATOR, &ME), &seat())],
        ),
        built(
            "escrow/slash_seat",
            &format!("job={JOB}"),
            [asy, call::for_seat(call::slash_seat(&JOB, &REQUESTER, &OPERATOR, &ME), &seat())],
        ),
        built(
            "escrow/place_bid",
            &format!("job={JOB} device=3 price=1.5 expires_at=5000"),
            [call::place_bid(&ME, &JOB, 2, 3, bid_terms)],
        ),
        built("escrow/withdraw_bid", &format!("job={JOB}"), [call::withdraw_bid(&ME, &JOB, &ME)]),
        built(
            "escrow/withdraw_bid",
            &format!("job={JOB} operator={OPERATOR}"),
            [call::withdraw_bid(&ME, &JOB, &OPERATOR)],
        ),
        built("escrow/award_bid", &format!("job={JOB} operator={OPERATOR}"), [call::award_bid(&ME, &bid())]),
    ]
}

fn machines() -> Vec<Built> {
    let capabilities = Capabilities {
        engines: 1,
        cores: 4,
        memory_mib: 2_048,
        disk_gib: 10,
        gpus: 2,
        gpu_memory_mib: 80,
        gpu_model: *b"A10\0",
        region: *b"FR",
    };
    let full = "index=3 slots=2 cores=4 memory_mib=2048 disk_gib=10 gpus=2 gpu_memory_mib=80 gpu_model=A10 region=FR price_floor=1.5";
    let small =
        Capabilities { disk_gib: 0, gpus: 0, gpu_memory_mib: 0, gpu_model: [0; 4], region: [0; 2], ..capabilities };
    let model = ModelTerms { payee: ME, content_hash: [1; 32], royalty_bps: 250, uri: "ipfs://m".into() };
    let (one, two) = (hash(1), hash(2));
    vec![
        built("escrow/register_device", full, [call::register_device(&ME, 3, capabilities, 2, 1_500_000_000)]),
        built(
            "escrow/update_device",
            "index=3 slots=2 cores=4 memory_mib=2048",
            [call::update_device(&ME, 3, small, 2, 0)],
        ),
        built("escrow/set_available", "index=3 available=false", [call::set_available(&ME, 3, false)]),
        built("escrow/retire_device", "index=3", [call::retire_device(&ME, 3)]),
        built(
            "escrow/publish_model",
            &format!("id=6 content_hash={one} royalty_bps=250 uri=ipfs://m"),
            [call::publish_model(&ME, 6, model)],
        ),
        built(
            "escrow/new_version",
            &format!("id=6 content_hash={two} uri=ipfs://n"),
            [call::new_version(&ME, 6, [2; 32], "ipfs://n".into())],
        ),
        built("escrow/set_payee", &format!("id=6 payee={}", key(9)), [call::set_payee(&ME, 6, key(9))]),
        built("escrow/retire_model", "id=6", [call::retire_model(&ME, 6)]),
    ]
}

pub fn all() -> Vec<Built> {
    [posts(), jobs(), seats(), machines()].into_iter().flatten().collect()
}
