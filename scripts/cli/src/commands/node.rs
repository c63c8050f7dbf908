//! `operator init`, `profile` and `dashboard`: what assay-node does on its own machine, with this command line's wallet,
//! chain and API.

use std::{
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use assay_sdk::profile::{Profile, Signed};
use serde_json::json;
use solana_sdk::pubkey::Pubkey;

use super::run::{NODE, exec, sibling};
use crate::{
    args::Format,
    context::Context,
    error::{Error, Result},
    output::facts,
};

/// The profile's file in a node's data folder.
const PROFILE: &str = "profile.json";

/// Flags that tell assay-node what this command line knows.
fn told(context: &Context, data: &Path) -> Vec<OsString> {
    let settings = &context.settings;
    let pairs: [(&str, OsString); 4] = [
        ("--url", settings.url.clone().into()),
        ("--keypair", settings.keypair.clone().into()),
        ("--data", data.into()),
        ("--api", settings.api.clone().into()),
    ];
    pairs.into_iter().flat_map(|(flag, value)| [flag.into(), value]).collect()
}

fn wants_json(context: &Context) -> bool {
    context.settings.output != Format::Display
}

/// Makes a node's folder and settings; becomes assay-node for it.
pub fn init(context: &Context, data: &Path, file: Option<&Path>) -> Result<()> {
    // Its own words if there is none.
    context.wallet()?;
    let mut args = vec![OsString::from("init")];
    args.extend(told(context, data));
    args.extend(file.into_iter().flat_map(|file| ["--settings".into(), file.into()]));
    args.extend(wants_json(context).then(|| "--json".into()));
    exec(NODE, &args)
}

/// Shows a running node; becomes assay-node for it.
pub fn dashboard(context: &Context, data: Option<&Path>, url: Option<String>, once: bool) -> Result<()> {
    let mut args = vec![OsString::from("dashboard")];
    args.extend(data.into_iter().flat_map(|data| ["--data".into(), data.into()]));
    args.extend(url.into_iter().flat_map(|url| ["--node".into(), url.into()]));
    match (once, wants_json(context)) {
        (_, true) => args.push("--json".into()),
        (true, false) => args.push("--once".into()),
        _ => {}
    }
    exec(NODE, &args)
}

/// Which profile is asked for.
pub struct Asked {
    /// The node's data folder.
    pub data: Option<PathBuf>,
    /// Whether to measure anew.
    pub measure: bool,
    /// A file that is no node's.
    pub verify: Option<PathBuf>,
    /// Whose it must be.
    pub of: Option<Pubkey>,
}

/// Shows a profile, once its signature is verified.
pub fn profile(context: &Context, asked: &Asked) -> Result<()> {
    let data = asked.data.as_deref();
    if let (Some(data), true) = (data, asked.measure) {
        measure(context, data)?;
    }
    let file = asked.verify.clone().or_else(|| data.map(|data| data.join(PROFILE)));
    let file = file.ok_or_else(|| Error::Usage("name a node's folder with --data, or a file with --verify".into()))?;
    if asked.verify.is_none() && !file.exists() {
        let why = format!("{} is not there: measure it with --measure, or `assay operator init`", file.display());
        return Err(Error::Refused(why));
    }
    let document = fs::read(&file).map_err(Error::file("read", &file))?;
    let refused = |why| Error::Refused(format!("{}: {why}", file.display()));
    let signed = Signed::parse(&document).map_err(refused)?;
    if let Some(operator) = &asked.of {
        signed.verify_of(operator).map_err(refused)?;
    }
    let shown = json!({"verified": true, "file": file, "profile": signed.profile, "signature": signed.signature});
    context.out.data(&shown, || page(&signed.profile))
}

/// Has assay-node measure this machine and sign with the wallet.
fn measure(context: &Context, data: &Path) -> Result<()> {
    context.wallet()?;
    fs::create_dir_all(data).map_err(Error::file("create", data))?;
    let node = sibling(NODE)?;
    let mut command = Command::new(&node);
    command.args(["profile", "--measure"]).args(told(context, data)).stdout(Stdio::null());
    let status = command.status().map_err(Error::file("run", &node))?;
    if status.success() { Ok(()) } else { Err(Error::Refused(format!("{NODE} could not measure this machine"))) }
}

fn page(profile: &Profile) -> String {
    let (hardware, speed) = (&profile.hardware, &profile.speed);
    let cpu = &hardware.cpu;
    let mega = |fuel: u64| format!("{}.{} M/s", fuel / 1_000_000, fuel / 100_000 % 10);
    let gpus: Vec<_> = hardware.gpus.iter().map(|gpu| format!("{} ({} MiB)", gpu.model, gpu.memory_mib)).collect();
    facts(&[
        ("signed by", profile.operator.clone()),
        ("measured at", format!("{} (unix seconds)", profile.measured_at)),
        ("processor", format!("{} {}", cpu.architecture, cpu.model)),
        ("cores", format!("{} of {}", cpu.cores, cpu.cores_built_in)),
        ("features", cpu.features.join(" ")),
        ("memory", format!("{} of {} MiB", hardware.memory_mib, hardware.memory_built_in_mib)),
        ("disk", format!("{} MiB, {} free", hardware.disk_mib, hardware.disk_free_mib)),
        ("gpus", if gpus.is_empty() { "none".into() } else { gpus.join(", ") }),
        ("engine", speed.engine.clone()),
        ("one core", mega(speed.fuel_per_second_one_core)),
        ("all cores", mega(speed.fuel_per_second_all_cores)),
        ("memory speed", format!("{} MiB/s", speed.memory_mib_per_second)),
        ("disk speed", format!("{} MiB/s", speed.disk_mib_per_second)),
    ])
}
