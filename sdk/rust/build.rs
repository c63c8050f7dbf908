//! Compiles the IDLs of earlier layouts in: all that are in `idl/old`.

use std::{env, error::Error, fs, path::PathBuf};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("../../idl/old").canonicalize()?;
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut entries = vec![];
    for file in fs::read_dir(&folder)? {
        let path = file?.path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        let (program, version) = stem.split_once(".v").ok_or_else(|| format!("{stem}: name it <program>.v<N>.json"))?;
        let version: u8 = version.parse().map_err(|_| format!("{stem}: its version is no small number"))?;
        entries.push(format!("({program:?}, {version}, include_str!({:?})),", path.display().to_string()));
    }
    entries.sort();
    let text = format!("pub(crate) const OLD: &[(&str, u8, &str)] = &[{}];", entries.concat());
    fs::write(PathBuf::from(env::var("OUT_DIR")?).join("old_idls.rs"), text)?;
    Ok(())
}
