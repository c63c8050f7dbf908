//! Puts every file of `templates/` into the binary: a new kind of job is a new file, and nothing else.

use std::{env, error::Error, fmt::Write, fs, path::Path};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=templates");
    let folder = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("templates");
    let mut files: Vec<_> =
        fs::read_dir(&folder)?.map(|entry| Ok(entry?.path())).collect::<Result<_, std::io::Error>>()?;
    files.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    files.sort();
    let mut code = String::from("&[");
    for path in files {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        write!(code, "({name:?}, include_str!({:?})),", path.display().to_string())?;
    }
    code.push(']');
    fs::write(Path::new(&env::var("OUT_DIR")?).join("templates.rs"), code)?;
    Ok(())
}
