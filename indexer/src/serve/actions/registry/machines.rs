//! Machines and models.

use assay_sdk::{
    addresses,
    escrow::{Capabilities, MAX_ROYALTY_BPS, MAX_URI, ModelTerms},
    ix,
};

use super::{
    super::{
        amount::asy,
        call::{Action, Call, Plan},
        param::{Kind, Param, may, need},
        refusal::Result,
    },
    build,
    post::code,
};

const U8: Kind = Kind::Whole(0, u8::MAX as u128);
const U32: Kind = Kind::Whole(0, u32::MAX as u128);
const INDEX: Param = need("index", "Number of the machine among yours", Kind::Whole(0, u16::MAX as u128));
const ID: Param = need("id", "Number of the model among yours", U32);

const MACHINE: &[Param] = &[
    INDEX,
    need("slots", "Seats that it works for at once", Kind::Whole(1, u16::MAX as u128)),
    need("cores", "Cores of each slot", Kind::Whole(1, u16::MAX as u128)),
    need("memory_mib", "Memory of each slot in MiB", Kind::Whole(1, u32::MAX as u128)),
    may("engines", "Bit set of engines: 1 is WebAssembly, 2 containers, 4 encrypted jobs (1)", U8),
    may("disk_gib", "Disk of each slot in GiB (0)", U32),
    may("gpus", "GPUs of each slot (0)", U8),
    may("gpu_memory_mib", "Memory of each GPU in MiB (0)", U32),
    may("gpu_model", "GPU model, such as H100", Kind::Text(4)),
    may("region", "Country: two letters", Kind::Text(2)),
    may("price_floor", "Least price of an hour in whole ASY, for quotes (0)", Kind::Asy),
];

/// Of this file.
pub const ACTIONS: &[Action] = &[
    Action::new(
        "escrow",
        "register_device",
        ("Register a machine", "Register"),
        "Registers a machine of yours: available, not verified. What it says of itself, jobs are matched by.",
        MACHINE,
        build!(register),
    )
    .entry(),
    Action::new(
        "escrow",
        "update_device",
        ("Change a machine", "Change"),
        "Says anew what a machine is. Other capabilities or slots need that it does not work, and end its verification.",
        MACHINE,
        build!(update),
    ),
    Action::new(
        "escrow",
        "set_available",
        ("Make a machine available, or not", "Set"),
        "Whether a machine takes new work. What it works for stays.",
        &[INDEX, need("available", "Takes new work", Kind::Flag)],
        build!(available),
    ),
    Action::new(
        "escrow",
        "retire_device",
        ("Retire a machine", "Retire"),
        "Retires a machine that does not work; its rent returns to you.",
        &[INDEX],
        build!(retire),
    ),
    Action::new(
        "escrow",
        "publish_model",
        ("Publish a model", "Publish"),
        "Publishes a model of yours: jobs that name it pay its royalty, which never changes.",
        &[
            ID,
            need("content_hash", "Hash of its content: 32 bytes in hex", Kind::Hex(32)),
            need("royalty_bps", "Royalty in bps of the price", Kind::Whole(0, MAX_ROYALTY_BPS as u128)),
            need("uri", "Where it is: url", Kind::Url(MAX_URI)),
            may("payee", "Address of who is paid (you)", Kind::Address),
        ],
        build!(publish),
    )
    .entry(),
    Action::new(
        "escrow",
        "new_version",
        ("Give a model a new version", "Publish"),
        "Gives a model of yours a new content. Its royalty stays.",
        &[
            ID,
            need("content_hash", "Hash of its content: 32 bytes in hex", Kind::Hex(32)),
            need("uri", "Where it is: url", Kind::Url(MAX_URI)),
        ],
        build!(new_version),
    ),
    Action::new(
        "escrow",
        "set_payee",
        ("Pay a model's royalty to another", "Set"),
        "Has jobs that name the model from now on pay somebody else. Jobs already posted pay as they agreed.",
        &[ID, need("payee", "Address of who is paid", Kind::Address)],
        build!(set_payee),
    ),
    Action::new(
        "escrow",
        "retire_model",
        ("Retire a model", "Retire"),
        "Retires a model of yours; its rent returns to you. Jobs already posted pay as they agreed.",
        &[ID],
        build!(retire_model),
    ),
];

struct Machine {
    index: u16,
    capabilities: Capabilities,
    slots: u16,
    price_floor: u64,
}

fn machine(call: &Call<'_>) -> Result<Machine> {
    let args = call.args;
    let capabilities = Capabilities {
        engines: args.or("engines", 1)?,
        cores: args.whole("cores")?,
        memory_mib: args.whole("memory_mib")?,
        disk_gib: args.or("disk_gib", 0)?,
        gpus: args.or("gpus", 0)?,
        gpu_memory_mib: args.or("gpu_memory_mib", 0)?,
        gpu_model: code(call, "gpu_model")?,
        region: code(call, "region")?,
    };
    let price_floor = if args.text("price_floor").is_some() { args.asy("price_floor")? } else { 0 };
    Ok(Machine { index: args.whole("index")?, capabilities, slots: args.whole("slots")?, price_floor })
}

async fn register(call: Call<'_>) -> Result<Plan> {
    let Machine { index, capabilities, slots, price_floor } = machine(&call)?;
    let work = ix::escrow::register_device(&call.account, index, capabilities, slots, price_floor);
    let says = format!("Registers machine {index} with {slots} slots, for {} an hour or more", asy(price_floor));
    Ok(Plan::new([work], says).makes("device", &addresses::device(&call.account, index)))
}

async fn update(call: Call<'_>) -> Result<Plan> {
    let Machine { index, capabilities, slots, price_floor } = machine(&call)?;
    let work = ix::escrow::update_device(&call.account, index, capabilities, slots, price_floor);
    Ok(Plan::new([work], format!("Changes machine {index} to {slots} slots")))
}

async fn available(call: Call<'_>) -> Result<Plan> {
    let (index, available): (u16, _) = (call.args.whole("index")?, call.args.flag("available"));
    let work = ix::escrow::set_available(&call.account, index, available);
    let takes = if available { "takes" } else { "takes no" };
    Ok(Plan::new([work], format!("Machine {index} {takes} new work from now on")))
}

async fn retire(call: Call<'_>) -> Result<Plan> {
    let index = call.args.whole("index")?;
    Ok(Plan::new([ix::escrow::retire_device(&call.account, index)], format!("Retires machine {index}")))
}

async fn publish(call: Call<'_>) -> Result<Plan> {
    let args = call.args;
    let id = args.whole("id")?;
    let terms = ModelTerms {
        payee: args.address_or("payee", call.account)?,
        content_hash: args.bytes("content_hash")?,
        royalty_bps: args.whole("royalty_bps")?,
        uri: args.must("uri")?.into(),
    };
    let says = format!("Publishes model {id} with a royalty of {} bps to {}", terms.royalty_bps, terms.payee);
    let work = ix::escrow::publish_model(&call.account, id, terms);
    Ok(Plan::new([work], says).makes("model", &addresses::model(&call.account, id)))
}

async fn new_version(call: Call<'_>) -> Result<Plan> {
    let (id, hash) = (call.args.whole("id")?, call.args.bytes("content_hash")?);
    let work = ix::escrow::new_version(&call.account, id, hash, call.args.must("uri")?.into());
    Ok(Plan::new([work], format!("Gives model {id} a new version")))
}

async fn set_payee(call: Call<'_>) -> Result<Plan> {
    let (id, payee) = (call.args.whole("id")?, call.args.address("payee")?);
    Ok(Plan::new([ix::escrow::set_payee(&call.account, id, payee)], format!("Pays royalties of model {id} to {payee}")))
}

async fn retire_model(call: Call<'_>) -> Result<Plan> {
    let id = call.args.whole("id")?;
    Ok(Plan::new([ix::escrow::retire_model(&call.account, id)], format!("Retires model {id}")))
}
