use super::*;

fn refused(archive: &[u8], why: &str) {
    match archive::check(archive) {
        Err(RuntimeError::BadImage(found)) => assert!(found.contains(why), "{found:?} should contain {why:?}"),
        other => panic!("{other:?} instead of {why:?}"),
    }
}

fn layer() -> Vec<u8> {
    tar(&[("job", b"#!")])
}

/// OCI's layout of an image; with `name`, an image that has one.
fn oci(image: &Image, name: Option<&str>, also: &[(&str, &[u8])]) -> Vec<u8> {
    let config = image.config.to_string();
    let blob = |content: &[u8]| json!({"digest": format!("sha256:{}", sha256(content)), "size": content.len()});
    let manifest =
        json!({"schemaVersion": 2, "config": blob(config.as_bytes()), "layers": [blob(&image.layer)]}).to_string();
    let mut named = blob(manifest.as_bytes());
    if let Some(name) = name {
        named["annotations"] = json!({"org.opencontainers.image.ref.name": name});
    }
    let index = json!({"schemaVersion": 2, "manifests": [named]}).to_string();
    let path = |content: &[u8]| format!("blobs/sha256/{}", sha256(content));
    let (a, b, c) = (path(config.as_bytes()), path(manifest.as_bytes()), path(&image.layer));
    let mut files: Vec<(&str, &[u8])> =
        vec![("index.json", index.as_bytes()), (&a, config.as_bytes()), (&b, manifest.as_bytes()), (&c, &image.layer)];
    files.extend(also);
    tar(&files)
}

#[test]
fn an_image_is_known_by_its_content_in_either_layout() {
    let image = Image::new(layer());
    assert_eq!(archive::check(&image.saved()), Ok(image.id()));
    assert_eq!(archive::check(&oci(&image, None, &[])), Ok(image.id()));
    let mut other = Image::new(tar(&[("job", b"#?")]));
    assert_ne!(image.id(), other.id());
    other.config["config"]["Entrypoint"] = json!(["/other"]);
    assert_eq!(archive::check(&other.saved()), Ok(other.id()));
}

#[test]
fn an_archive_with_two_layouts_must_say_the_same_twice() {
    let (image, other) = (Image::new(layer()), Image::new(tar(&[("job", b"#?")])));
    let both = |saved: &Image| {
        let (config, text) = ("config.json", saved.config.to_string());
        let manifest = json!([{"Config": config, "RepoTags": [], "Layers": ["layer.tar"]}]).to_string();
        let also: [(&str, &[u8]); 3] =
            [("manifest.json", manifest.as_bytes()), (config, text.as_bytes()), ("layer.tar", &saved.layer)];
        oci(&image, None, &also)
    };
    assert_eq!(archive::check(&both(&image)), Ok(image.id()));
    refused(&both(&other), "different images");
}

#[test]
fn what_might_be_taken_for_another_image_is_refused() {
    let mut image = Image::new(layer());
    refused(&oci(&image, Some("docker.io/library/debian:12"), &[]), "has a name");
    image.tags = json!(["docker.io/library/debian:12"]);
    refused(&image.saved(), "has a name");
    let image = Image::new(layer());
    let twice = [image.saved(), tar(&[("./manifest.json", b"[]")])];
    // A tar file ends with two empty blocks; without them the next one goes on.
    let end = twice[0].len() - 1024;
    refused(&[&twice[0][..end], &twice[1]].concat(), "two files of one name");
    refused(&tar(&[("../manifest.json", b"[]")]), "leads out");
}

#[test]
fn layers_that_are_more_than_they_seem_are_refused() {
    // As a gzip file begins.
    refused(&Image::new(vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]).saved(), "compressed");
    for kind in [EntryType::Char, EntryType::Block, EntryType::Fifo] {
        let mut builder = Builder::new(vec![]);
        add(&mut builder, "dev", kind, b"");
        refused(&Image::new(builder.into_inner().unwrap()).saved(), "of type");
    }
    let mut builder = Builder::new(vec![]);
    builder.append_pax_extensions([("GNU.sparse.realsize", b"1099511627776".as_slice())]).unwrap();
    add(&mut builder, "zeros", EntryType::Regular, b"");
    refused(&Image::new(builder.into_inner().unwrap()).saved(), "sparse");
    let mut image = Image::new(layer());
    image.layer = tar(&[("job", b"something else")]);
    refused(&image.saved(), "not those of its configuration");
}

#[test]
fn images_that_ask_for_more_than_a_unit_gets_are_refused() {
    let mut image = Image::new(layer());
    image.config["config"]["Volumes"] = json!({"/data": {}});
    refused(&image.saved(), "volumes");
    let mut image = Image::new(layer());
    image.config["os"] = json!("windows");
    refused(&image.saved(), "for windows");
    let mut image = Image::new(layer());
    image.config["architecture"] = json!("s390x");
    // Machines of that kind may well run it.
    assert!(matches!(archive::check(&image.saved()), Err(RuntimeError::Host(why)) if why.contains("s390x")));
}

#[test]
fn what_is_no_archive_is_refused() {
    refused(b"\0asm", "no tar file");
    refused(&tar(&[("job", b"#!")]), "neither manifest.json nor index.json");
    refused(&tar(&[("manifest.json", b"[]")]), "0 images");
    let saved = Image::new(layer()).saved();
    for length in (512..saved.len() - 1024).step_by(512) {
        assert!(archive::check(&saved[..length]).is_err(), "cut at {length}");
    }
}
