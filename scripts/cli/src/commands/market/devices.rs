//! `market devices`: who computes, and on what.

use serde_json::{Value, json};

use crate::{
    amount::{self, ASY_DECIMALS},
    args::{DeviceOrder, DeviceState, Devices},
    commands::job::{number, text},
    context::Context,
    error::Result,
    output::table,
};

/// Lists machines.
pub async fn devices(context: &Context, args: &Devices) -> Result<()> {
    let (items, more) = context.api.list("/v1/devices", &query(args), args.limit.into()).await?;
    context.out.data(&json!({"items": items, "more": more}), || {
        if items.is_empty() {
            return "no machines".into();
        }
        let headings =
            ["operator", "no.", "state", "busy", "cores", "memory", "disk", "GPUs", "region", "floor", "verified"];
        let mut rows = table(&headings);
        for item in &items {
            rows.add_row(row(item));
        }
        let hint = if more { "\nthere are more: raise --limit" } else { "" };
        format!("{rows}{hint}")
    })
}

fn query(args: &Devices) -> Vec<(&'static str, String)> {
    let state = args.state.map(|state| {
        match state {
            DeviceState::Registered => "registered",
            DeviceState::Verified => "verified",
            DeviceState::Available => "available",
            DeviceState::Busy => "busy",
            DeviceState::Retired => "retired",
        }
        .to_owned()
    });
    let sort = match args.sort {
        DeviceOrder::Address => "address",
        DeviceOrder::Price => "price",
    };
    let all = [
        ("operator", args.operator.map(|operator| operator.to_string())),
        ("state", state),
        ("cores_min", args.cores.map(|least| least.to_string())),
        ("memory_mib_min", args.memory_mib.map(|least| least.to_string())),
        ("disk_gib_min", args.disk_gib.map(|least| least.to_string())),
        ("gpus_min", args.gpus.map(|least| least.to_string())),
        ("gpu_model", args.gpu_model.clone()),
        ("region", args.region.clone()),
        ("verified", args.verified.then(|| "true".to_owned())),
        ("price_max", args.price_max.map(|most| most.to_string())),
        ("sort", Some(sort.to_owned())),
    ];
    all.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

fn row(item: &Value) -> [String; 11] {
    let can = &item["capabilities"];
    let gpus = match number(can, "gpus") {
        0 => String::new(),
        gpus => format!("{gpus} x {} ({} MiB)", letters(&text(can, "gpu_model")), text(can, "gpu_memory_mib")),
    };
    let floor = match number(item, "price_floor") {
        0 => "none".to_owned(),
        floor => format!("{} ASY/h", amount::format(floor, ASY_DECIMALS)),
    };
    [
        text(item, "operator").into_owned(),
        text(item, "index").into_owned(),
        text(item, "state").into_owned(),
        format!("{} of {}", text(item, "busy"), text(item, "slots")),
        text(can, "cores").into_owned(),
        format!("{} MiB", text(can, "memory_mib")),
        format!("{} GiB", text(can, "disk_gib")),
        gpus,
        letters(&text(can, "region")),
        floor,
        if item["verified"] == true { "yes" } else { "no" }.to_owned(),
    ]
}

/// The letters of a code that is told in hex, without the zeros after them.
fn letters(hex: &str) -> String {
    let bytes = hex::decode(hex).unwrap_or_default();
    bytes.into_iter().filter(|byte| byte.is_ascii_alphanumeric()).map(char::from).collect()
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::args::{Cli, Command, MarketCommand};

    #[test]
    fn flags_become_filters() {
        let line = "assay market devices --cores 8 --gpu-model H100 --verified --price-max 1.5 --sort price";
        let Ok(Command::Market(MarketCommand::Devices(args))) =
            Cli::try_parse_from(line.split_whitespace()).map(|cli| cli.command)
        else {
            panic!("{line} does not parse")
        };
        let expected = [
            ("cores_min", "8"),
            ("gpu_model", "H100"),
            ("verified", "true"),
            ("price_max", "1500000000"),
            ("sort", "price"),
        ];
        assert_eq!(query(&args), expected.map(|(name, value)| (name, value.to_owned())));
    }

    #[test]
    fn a_machine_is_a_row() {
        let can = json!({"cores": 8, "memory_mib": 1024, "disk_gib": 5, "gpus": 2, "gpu_model": "4c340000", "gpu_memory_mib": 24,
            "region": "4445"});
        let item = json!({"operator": "A", "index": 1, "state": "busy", "busy": 1, "slots": 2, "capabilities": can,
            "price_floor": "1500000000", "verified": true});
        let expected =
            ["A", "1", "busy", "1 of 2", "8", "1024 MiB", "5 GiB", "2 x L4 (24 MiB)", "DE", "1.5 ASY/h", "yes"];
        assert_eq!(row(&item), expected.map(str::to_owned));
    }
}
