//! Bytes are built by hand or by the programs' own Borsh, and compared with the JSON to the letter.

use anchor_lang::{AnchorSerialize, Discriminator, Event};
use assay_escrow::{Job, JobState, Model, Requirements, Seat, SeatState, Strategy, events::*};
use assay_token::Distribution;
use assay_verification::{Case, Round};

use super::*;

fn decoder() -> Decoder {
    Decoder::new().unwrap()
}

fn account<T: AnchorSerialize + Discriminator>(account: &T) -> Vec<u8> {
    let mut bytes = T::DISCRIMINATOR.to_vec();
    account.serialize(&mut bytes).unwrap();
    bytes
}

fn seat() -> Seat {
    Seat {
        version: 1,
        bump: 254,
        index: 2,
        state: SeatState::Sealed,
        job: Pubkey::new_from_array([1; 32]),
        operator: Pubkey::new_from_array([2; 32]),
        payer: Pubkey::new_from_array([3; 32]),
        device: Pubkey::new_from_array([4; 32]),
        seal_by: -5,
        commitment: [0xab; 32],
        progress: 6,
        heartbeat_at: 7,
    }
}

fn seat_json() -> Value {
    json!({
        "version": 1, "bump": 254, "index": 2, "state": "Sealed",
        "job": Pubkey::new_from_array([1; 32]).to_string(), "operator": Pubkey::new_from_array([2; 32]).to_string(),
        "payer": Pubkey::new_from_array([3; 32]).to_string(), "device": Pubkey::new_from_array([4; 32]).to_string(),
        "seal_by": "-5", "commitment": "ab".repeat(32), "progress": "6", "heartbeat_at": "7",
    })
}

#[test]
fn a_seat_by_hand() {
    let mut bytes = Seat::DISCRIMINATOR.to_vec();
    bytes.extend([1, 254, 2, 1]);
    bytes.extend([1; 32]);
    bytes.extend([2; 32]);
    bytes.extend([3; 32]);
    bytes.extend([4; 32]);
    bytes.extend((-5_i64).to_le_bytes());
    bytes.extend([0xab; 32]);
    bytes.extend(6_u64.to_le_bytes());
    bytes.extend(7_i64.to_le_bytes());
    assert_eq!(bytes, account(&seat()));
    let decoded = decoder().account(&assay_escrow::ID, &bytes).unwrap();
    assert_eq!(decoded, Decoded { program: "escrow", kind: "Seat".into(), json: seat_json() });
}

#[test]
fn a_job_with_a_string_and_large_numbers() {
    let job = Job {
        version: 1,
        bump: 2,
        vault_bump: 3,
        state: JobState::Verified,
        class: 4,
        replicas: 3,
        cases: 0,
        seats: 7,
        winners: 3,
        losers: 4,
        released: 0,
        fee_bps: 250,
        cancel_floor_bps: 1_000,
        requester: Pubkey::new_from_array([5; 32]),
        mint: Pubkey::new_from_array([6; 32]),
        nonce: u64::MAX,
        spec_hash: [7; 32],
        units: 32,
        seat_price: 9_007_199_254_740_993,
        bond: 1,
        exposure: 2,
        posted_at: 3,
        seal_by: 4,
        seal_window: 5,
        reveal_window: 6,
        bounty: 5_000,
        requirements: Requirements { cores: 7, memory_mib: 8, ..Requirements::default() },
        seed_slot: 9,
        seeded_at: 10,
        seed: [8; 32],
        ended_at: 11,
        root: [9; 32],
        strategy: Strategy::ORDINARY,
        uri: "file:///spec.json".into(),
        prices: vec![],
        milestones: vec![2_500, 7_500],
        legs: vec![],
    };
    let json = decoder().account(&assay_escrow::ID, &account(&job)).unwrap().json;
    let expected = [
        ("state", json!("Verified")),
        ("nonce", json!("18446744073709551615")),
        ("seat_price", json!("9007199254740993")),
        ("fee_bps", json!(250)),
        ("seal_window", json!(5)),
        ("posted_at", json!("3")),
        ("root", json!("09".repeat(32))),
        ("uri", json!("file:///spec.json")),
        ("milestones", json!([2_500, 7_500])),
    ];
    for (field, value) in expected {
        assert_eq!(json[field], value, "{field}");
    }
    assert_eq!(json.as_object().unwrap().len(), 37);
}

#[test]
fn an_event_carries_the_last_state() {
    let event = SeatSlashed {
        job: Pubkey::new_from_array([1; 32]),
        seat: Pubkey::new_from_array([3; 32]),
        operator: Pubkey::new_from_array([2; 32]),
        reason: SlashReason::Ghost,
        amount: 7,
        last: seat(),
    };
    let decoded = decoder().event(&assay_escrow::ID, &event.data()).unwrap();
    assert_eq!((decoded.program, decoded.kind.as_str()), ("escrow", "SeatSlashed"));
    assert_eq!(decoded.json["reason"], json!("Ghost"));
    assert_eq!(decoded.json["amount"], json!("7"));
    assert_eq!(decoded.json["last"], seat_json());
}

#[test]
fn configs_of_different_programs_are_told_apart() {
    use assay_staking::{Config, StakingParams};
    let params = StakingParams { weight_cap: 3, ..StakingParams::default() };
    let config = Config { version: 1, bump: 2, params, ..Config::default() };
    let decoded = decoder().account(&assay_staking::ID, &account(&config)).unwrap();
    assert_eq!((decoded.program, decoded.kind.as_str()), ("staking", "Config"));
    assert_eq!(decoded.json["params"]["weight_cap"], json!("3"));
    // The escrow's Config has the same discriminator and another layout, of another length.
    let error = decoder().account(&assay_escrow::ID, &account(&config)).unwrap_err();
    assert!(error.to_string().starts_with("Config: "), "{error}");
}

#[test]
fn short_long_and_foreign_data_are_errors() {
    let good = account(&seat());
    let table = [
        (good[..good.len() - 1].to_vec(), "Seat: the data ends 1 bytes before the field `heartbeat_at` does"),
        ([good.as_slice(), &[0, 0]].concat(), "Seat: 2 bytes are left over"),
        (vec![1, 2, 3], "escrow has no account with discriminator 010203; this build's IDL may be too old"),
        ([&good[..11], &[9], &good[12..]].concat(), "Seat: `state` is variant 9 of SeatState, which has none"),
    ];
    for (bytes, expected) in table {
        assert_eq!(decoder().account(&assay_escrow::ID, &bytes).unwrap_err().to_string(), expected);
    }
    let stranger = Pubkey::new_from_array([9; 32]);
    assert_eq!(decoder().account(&stranger, &good), Err(DecodeError::UnknownProgram(stranger)));
}

/// As the programs make them: with all the room that they may ever need, which nothing fills yet or something did before.
#[test]
fn accounts_may_have_room_to_grow() {
    use anchor_lang::{AnchorDeserialize, Space};
    let model = Model { author: Pubkey::new_from_array([3; 32]), uri: "ipfs://x".into(), ..blank() };
    let case = Case { version: 1, ..Case::deserialize(&mut &[0; 4_096][..]).unwrap() };
    let round = Round { version: 1, shown: None, ..Round::deserialize(&mut &[0; 4_096][..]).unwrap() };
    let given = Distribution { version: 1, ..Distribution::deserialize(&mut &[0; 4_096][..]).unwrap() };
    let table = [
        (assay_escrow::ID, account(&Model { version: 1, ..model }), 8 + Model::INIT_SPACE, "uri", json!("ipfs://x")),
        (assay_verification::ID, account(&case), Case::SPACE, "votes", json!([])),
        (assay_verification::ID, account(&round), Round::space(true), "shown", Value::Null),
        (assay_token::ID, account(&given), Distribution::space(9), "claims", json!(0)),
    ];
    for (program, bytes, space, field, value) in table {
        assert!(bytes.len() < space, "{field}: there is room");
        for left in [0, 7] {
            let mut bytes = bytes.clone();
            bytes.resize(space, left);
            assert_eq!(decoder().account(&program, &bytes).unwrap().json[field], value);
        }
    }
}

fn blank() -> Model {
    anchor_lang::AnchorDeserialize::deserialize(&mut &[0; 1_024][..]).unwrap()
}

#[test]
fn an_idl_is_checked_when_it_is_read() {
    let broken = IDLS[3].replace("\"name\": \"Seat\"", "\"name\": \"Chair\"");
    assert!(Program::read(&broken, 1).is_ok(), "renamed everywhere");
    let broken = IDLS[3].replace(&assay_escrow::ID.to_string(), "nowhere");
    assert!(matches!(Program::read(&broken, 1), Err(DecodeError::BadIdl(name, _)) if name == "assay_escrow"));
}

/// Types that no account has yet: options, vectors, tuples, enums with fields.
#[test]
fn every_shape_of_type() {
    let idl = json!({
        "address": assay_token::ID.to_string(), "metadata": {"name": "assay_token", "version": "0", "spec": "0.1.0"},
        "instructions": [],
        "accounts": [{"name": "All", "discriminator": [0, 0, 0, 0, 0, 0, 0, 1]}],
        "types": [
            {"name": "All", "type": {"kind": "struct", "fields": [
                {"name": "flag", "type": "bool"}, {"name": "none", "type": {"option": "u64"}},
                {"name": "some", "type": {"option": "u64"}}, {"name": "list", "type": {"vec": "u16"}},
                {"name": "pair", "type": {"array": ["i32", 2]}}, {"name": "blob", "type": "bytes"},
                {"name": "big", "type": "u128"}, {"name": "tuple", "type": {"defined": {"name": "Tuple"}}},
                {"name": "unit", "type": {"defined": {"name": "Choice"}}},
                {"name": "with", "type": {"defined": {"name": "Choice"}}},
                {"name": "named", "type": {"defined": {"name": "Choice"}}}
            ]}},
            {"name": "Tuple", "type": {"kind": "struct", "fields": ["u8", "u64"]}},
            {"name": "Choice", "type": {"kind": "enum", "variants": [
                {"name": "Unit"}, {"name": "With", "fields": ["u8"]},
                {"name": "Named", "fields": [{"name": "at", "type": "i64"}]}
            ]}}
        ]
    });
    let (id, program) = Program::read(&idl.to_string(), 1).unwrap();
    let decoder = Decoder { programs: HashMap::from([(id, vec![program])]) };
    let mut bytes = vec![0, 0, 0, 0, 0, 0, 0, 1];
    bytes.extend([1, 0, 1, 7, 0, 0, 0, 0, 0, 0, 0]);
    bytes.extend([2, 0, 0, 0, 1, 0, 2, 1]);
    bytes.extend([0xff, 0xff, 0xff, 0xff, 5, 0, 0, 0]);
    bytes.extend([3, 0, 0, 0, 0xde, 0xad, 0x01]);
    bytes.extend(u128::MAX.to_le_bytes());
    bytes.extend([8, 9, 0, 0, 0, 0, 0, 0, 0]);
    bytes.extend([0, 1, 4, 2, 6, 0, 0, 0, 0, 0, 0, 0]);
    let expected = json!({
        "flag": true, "none": null, "some": "7", "list": [1, 258], "pair": [-1, 5], "blob": "dead01",
        "big": u128::MAX.to_string(), "tuple": [8, "9"], "unit": "Unit", "with": {"With": [4]},
        "named": {"Named": {"at": "6"}},
    });
    assert_eq!(decoder.account(&id, &bytes).unwrap().json, expected);
    // A length that lies does not make it loop or allocate.
    let mut lie = bytes[..19].to_vec();
    lie.extend([0xff; 4]);
    assert!(matches!(decoder.account(&id, &lie), Err(DecodeError::TooShort { field, .. }) if field == "list"));
}

/// A record as the first build left it, and the same of a layout that nobody knows.
#[test]
fn an_older_layout_is_read_by_its_own_idl_or_refused() {
    let record = |version: u8| {
        let mut bytes = assay_reputation::Record::DISCRIMINATOR.to_vec();
        let operator = Pubkey::new_from_array([2; 32]);
        let old = assay_reputation::RecordV1 {
            version,
            bump: 7,
            operator,
            class: 3,
            good: 11,
            bad: 12,
            updated_at: -1,
            consecutive_valid: 4,
            valid: 5,
            wrong: 6,
            silent: 8,
        };
        old.serialize(&mut bytes).unwrap();
        bytes
    };
    let expected = json!({
        "version": 1, "bump": 7, "operator": Pubkey::new_from_array([2; 32]).to_string(), "class": 3, "good": "11",
        "bad": "12", "updated_at": "-1", "consecutive_valid": 4, "valid": 5, "wrong": 6, "silent": 8,
    });
    let decoded = decoder().account(&assay_reputation::ID, &record(1)).unwrap();
    assert_eq!(decoded, Decoded { program: "reputation", kind: "Record".into(), json: expected });
    for version in [0, 3] {
        let refused = decoder().account(&assay_reputation::ID, &record(version));
        assert_eq!(refused, Err(DecodeError::UnknownLayout { kind: "Record".into(), version }));
    }
    let mut none = bytes_of_version(9);
    assert_eq!(
        decoder().account(&assay_escrow::ID, &none),
        Err(DecodeError::UnknownLayout { kind: "Seat".into(), version: 9 })
    );
    none[8] = assay_escrow::VERSION;
    assert!(decoder().account(&assay_escrow::ID, &none).is_ok());
}

fn bytes_of_version(version: u8) -> Vec<u8> {
    account(&Seat { version, ..seat() })
}

#[test]
fn an_old_idl_must_be_what_its_name_says() {
    let old = include_str!("../../../idl/old/reputation.v1.json");
    assert!(Decoder::with(&[("reputation", 1, old)]).is_ok());
    for wrong in [("escrow", 1), ("reputation", assay_reputation::VERSION)] {
        let refused = Decoder::with(&[(wrong.0, wrong.1, old)]);
        assert!(matches!(refused, Err(DecodeError::BadIdl(..))), "{wrong:?}");
    }
}
