//! ASY: supply, burned, emission, fees, reserve.

use serde_json::json;
use utoipa_axum::router::OpenApiRouter;

use super::{
    numbers::{Numbers, route, whole},
    stats::amount,
};
use crate::serve::State;

pub fn routes() -> OpenApiRouter<State> {
    OpenApiRouter::new().routes(route(&TOKEN))
}

static TOKEN: Numbers = Numbers {
    path: "/v1/token",
    id: "token",
    tag: "token",
    text: "ASY: its mint and supply, what was burned, emission, the split of fees and what was collected of each mint, the \
        reserve's swaps. What the token's Config says is null until it is initialized.",
    filters: &[],
    schema: "Token",
    properties: || {
        let text = json!({"type": ["string", "null"]});
        let count = json!({"type": ["integer", "null"]});
        json!({
            "mint": text, "max_supply": text, "paused": {"type": ["boolean", "null"]},
            "supply": {"type": "object", "required": ["minted", "burned", "current"],
                "properties": {"minted": amount(), "burned": amount(), "current": amount()}},
            "emission": {"type": "object", "properties": {"emitted": amount(), "next_epoch": text, "next_amount": text,
                "next_at": text, "first": text, "keep_bps": count, "epoch_seconds": text}},
            "fees": {"type": "object", "properties": {
                "split": {"type": ["object", "null"], "properties": {"burn_bps": count, "reserve_bps": count, "rewards_bps": count,
                    "treasury_bps": count}},
                "collected": {"type": "array", "items": {"type": "object", "properties": {
                    "mint": {"$ref": "#/components/schemas/Address"}, "burned": amount(), "reserve": amount(),
                    "rewards": amount(), "treasury": amount()}}}}},
            "reserve": {"type": "object", "properties": {"mint": text, "swaps": {"type": "array", "items": {"type": "object",
                "properties": {"mint": text, "reserve_mint": text, "swaps": text, "given": amount(), "received": amount()}}}}},
        })
    },
    statement: |_| Ok(whole(BODY, "", vec![])),
};

const BODY: &str = "SELECT jsonb_build_object(
    'mint', c.data -> 'mint', 'max_supply', c.data -> 'max_supply', 'paused', c.data -> 'paused',
    'supply', jsonb_build_object('minted', n.minted::text, 'burned', n.burned::text, 'current', (n.minted - n.burned)::text),
    'emission', jsonb_build_object('emitted', total_of('emitted')::text, 'next_epoch', c.data -> 'next_epoch',
        'next_amount', c.data -> 'next_amount', 'next_at', c.data -> 'next_at', 'first', c.data #> '{params,emission,first}',
        'keep_bps', c.data #> '{params,emission,keep_bps}', 'epoch_seconds', c.data #> '{params,emission,epoch_seconds}'),
    'fees', jsonb_build_object('split', c.data #> '{params,split}', 'collected', (
        SELECT coalesce(jsonb_agg(jsonb_build_object('mint', mint, 'burned', burned::text, 'reserve', reserve::text,
            'rewards', rewards::text, 'treasury', treasury::text) ORDER BY mint), '[]')
        FROM (SELECT mint, coalesce(sum(value) FILTER (WHERE metric = 'collected_burned'), 0) AS burned,
                coalesce(sum(value) FILTER (WHERE metric = 'collected_reserve'), 0) AS reserve,
                coalesce(sum(value) FILTER (WHERE metric = 'collected_rewards'), 0) AS rewards,
                coalesce(sum(value) FILTER (WHERE metric = 'collected_treasury'), 0) AS treasury
            FROM rollups WHERE step = 'all' AND metric IN ('collected_burned', 'collected_reserve', 'collected_rewards',
                'collected_treasury')
            GROUP BY mint) m)),
    'reserve', jsonb_build_object('mint', c.data #> '{params,reserve_mint}', 'swaps', (
        SELECT coalesce(jsonb_agg(jsonb_build_object('mint', data -> 'mint', 'reserve_mint', data -> 'reserve_mint',
            'swaps', data -> 'swaps', 'given', data -> 'given', 'received', data -> 'received') ORDER BY address), '[]')
        FROM swap_logs WHERE closed_slot IS NULL)))
    FROM (SELECT coalesce(sum((data ->> 'minted')::numeric), 0) AS minted, total_of('burned') AS burned FROM token_configs) n
    LEFT JOIN (SELECT data FROM token_configs WHERE closed_slot IS NULL ORDER BY address LIMIT 1) c ON true";
