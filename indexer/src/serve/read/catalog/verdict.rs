//! Rounds, cases and ballots, attestors, keys, canaries.

use super::{
    super::resource::{ACCOUNT, ADDRESS, Kind, Lookup, OPEN, Resource},
    filter, sort,
};

const PHASES: &[&str] = &["Sealing", "Checking", "Revealing", "Tied", "Auditing", "Final"];
const STATES: &[&str] = &["answering", "called", "judging", "resolved", "concluded", "closed"];
const KINDS: &[&str] = &["challenge", "demand", "sample", "tie"];

pub static ROUNDS: Resource = Resource {
    path: "/v1/rounds",
    id: "rounds",
    noun: "round",
    schema: "Round",
    tag: "verdict",
    text: "Verifications of jobs.",
    table: "rounds",
    row: "SELECT json, slot FROM round_rows r WHERE r.address = p.key",
    filters: &[
        filter("job", Kind::Address, "t.job = $", "The job."),
        filter("phase", Kind::OneOf(PHASES), "t.data ->> 'phase' = $", "Its phase."),
        filter("seal_by_from", Kind::Time, "(t.data ->> 'seal_by')::bigint >= $::bigint", "Deadline then or later."),
        filter("seal_by_to", Kind::Time, "(t.data ->> 'seal_by')::bigint <= $::bigint", "Deadline then or earlier."),
        OPEN,
    ],
    sorts: &[ADDRESS, sort("seal_by", "bigint", "(t.data ->> 'seal_by')::bigint")],
    account: Some(("verification", "Round")),
    one: Some(Lookup { row: "SELECT json, slot FROM round_rows WHERE address = $1", parts: &[], newest: "o.slot" }),
    ..Resource::BASE
};

pub static CASES: Resource = Resource {
    path: "/v1/cases",
    id: "cases",
    noun: "case",
    schema: "Case",
    tag: "cases",
    text: "Disputes about jobs, those opened last first.",
    table: "cases",
    row: "SELECT json, slot FROM case_rows r WHERE r.address = p.key",
    filters: &[
        filter("job", Kind::Address, "t.job = $", "The job."),
        filter("state", Kind::OneOf(STATES), "case_state(t.data, t.closed_slot) = $", "Its phase, until it is closed."),
        filter("kind", Kind::OneOf(KINDS), "t.kind = $", "What it is about."),
        filter("opener", Kind::Address, "t.data ->> 'opener' = $", "Who opened it."),
        filter("until_from", Kind::Time, "(t.data ->> 'until')::bigint >= $::bigint", "Deadline then or later."),
        filter("until_to", Kind::Time, "(t.data ->> 'until')::bigint <= $::bigint", "Deadline then or earlier."),
    ],
    sorts: &[
        sort("opened_at", "bigint", "t.opened_slot"),
        sort("until", "bigint", "(t.data ->> 'until')::bigint"),
        ADDRESS,
    ],
    default_sort: "-opened_at",
    account: Some(("verification", "Case")),
    added: &[
        ACCOUNT[0],
        ACCOUNT[1],
        ACCOUNT[2],
        (
            "state",
            r#"{"type": "string", "enum": ["answering", "called", "judging", "resolved", "concluded", "closed"]}"#,
        ),
        ("opened_at", r#"{"type": ["string", "null"], "format": "date-time"}"#),
        (
            "ballots",
            r##"{"type": "array", "items": {"$ref": "#/components/schemas/Ballot"}, "description": "Where one case is shown"}"##,
        ),
    ],
    one: Some(super::super::cases::LOOKUP),
    ..Resource::BASE
};

pub static BALLOTS: Resource = Resource {
    path: "/v1/ballots",
    id: "ballots",
    noun: "ballot",
    schema: "Ballot",
    tag: "cases",
    text: "Jurors' chairs in cases.",
    table: "ballots",
    row: "SELECT json, slot FROM ballot_rows r WHERE r.address = p.key",
    filters: &[
        filter("case", Kind::Address, "t.of_case = $", "The case."),
        filter("operator", Kind::Address, "t.operator = $", "The juror."),
        filter("state", Kind::OneOf(&["Joined", "Sealed", "Revealed"]), "t.data ->> 'state' = $", "Its state."),
        OPEN,
    ],
    account: Some(("verification", "Ballot")),
    one: Some(Lookup { row: "SELECT json, slot FROM ballot_rows WHERE address = $1", parts: &[], newest: "o.slot" }),
    ..Resource::BASE
};

pub static ATTESTORS: Resource = Resource {
    path: "/v1/attestors",
    id: "attestors",
    noun: "attestor",
    schema: "Attestor",
    tag: "verdict",
    text: "Enclaves and oracles whose signatures settle jobs, those that expire last first.",
    table: "attestors",
    row: "SELECT json, slot FROM attestor_rows r WHERE r.address = p.key",
    filters: &[
        filter("registrar", Kind::Address, "t.registrar = $", "Who vouches for it."),
        filter("revoked", Kind::Flag, "t.data ->> 'revoked' = $", "Whether it was revoked."),
        filter("expires_from", Kind::Time, "(t.data ->> 'expires_at')::bigint >= $::bigint", "Expires then or later."),
        OPEN,
    ],
    sorts: &[sort("expires_at", "bigint", "(t.data ->> 'expires_at')::bigint")],
    default_sort: "-expires_at",
    account: Some(("verification", "Attestor")),
    one: Some(Lookup { row: "SELECT json, slot FROM attestor_rows WHERE address = $1", parts: &[], newest: "o.slot" }),
    ..Resource::BASE
};

pub static KEYS: Resource = Resource {
    path: "/v1/keys",
    id: "keys",
    noun: "key",
    schema: "ProofKey",
    tag: "verdict",
    text: "Keys that proofs are verified with.",
    table: "proof_keys",
    row: "SELECT json, slot FROM proof_key_rows r WHERE r.address = p.key",
    filters: &[filter("payer", Kind::Address, "t.data ->> 'payer' = $", "Who registered it."), OPEN],
    sorts: &[ADDRESS, sort("closes_at", "bigint", "(t.data ->> 'closes_at')::bigint")],
    account: Some(("verification", "ProofKey")),
    one: Some(Lookup { row: "SELECT json, slot FROM proof_key_rows WHERE address = $1", parts: &[], newest: "o.slot" }),
    ..Resource::BASE
};

pub static CANARIES: Resource = Resource {
    path: "/v1/canaries",
    id: "canaries",
    noun: "canary",
    schema: "Canary",
    tag: "verdict",
    text: "Commitments to known answers, newest first.",
    table: "canaries",
    row: "SELECT json, slot FROM canary_rows r WHERE r.address = p.key",
    filters: &[
        filter("payer", Kind::Address, "t.data ->> 'payer' = $", "Who made it."),
        filter("created_from", Kind::Time, "(t.data ->> 'created_at')::bigint >= $::bigint", "Made then or later."),
        filter("created_to", Kind::Time, "(t.data ->> 'created_at')::bigint <= $::bigint", "Made then or earlier."),
        OPEN,
    ],
    sorts: &[sort("created_at", "bigint", "(t.data ->> 'created_at')::bigint")],
    default_sort: "-created_at",
    account: Some(("verification", "Canary")),
    one: Some(Lookup { row: "SELECT json, slot FROM canary_rows WHERE address = $1", parts: &[], newest: "o.slot" }),
    ..Resource::BASE
};
