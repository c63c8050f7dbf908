//! What is encrypted: kept so, and read by those it is for.

use assay_sdk::private::{MAGIC, encrypt};
use solana_sdk::signature::Keypair;
use solana_sdk::signer::Signer;

use super::*;

fn wallet(seed: u8) -> Keypair {
    Keypair::new_from_array([seed; 32])
}

fn of(seed: u8) -> Policy {
    Policy { key: Some(Arc::new(Key::new(&wallet(seed)).unwrap())), ..quick() }
}

fn secret(uri: String, content: &[u8]) -> Artifact {
    Artifact { encryption: Some(Encryption::Age), ..artifact(uri, content) }
}

/// The folder's files, of which none holds the text.
fn files_without(dir: &tempfile::TempDir, text: &[u8]) -> Vec<Vec<u8>> {
    let files = kept(dir).into_iter().map(|name| std::fs::read(dir.path().join("cache").join(name)).unwrap());
    let files: Vec<_> = files.collect();
    assert!(!files.iter().any(|file| file.windows(text.len()).any(|part| part == text)));
    files
}

#[tokio::test]
async fn it_is_decrypted_in_memory_alone() {
    let text = b"a genome that is nobody's business".repeat(1_000);
    let file = encrypt(&text, &[wallet(1).pubkey()]).unwrap();
    let (base, server) = serve(&file).await;
    let (dir, store) = store(of(1));
    let artifact = secret(format!("{base}/x"), &text);
    for _ in 0..2 {
        assert_eq!(store.fetch(&artifact, text.len() as u64).await.unwrap(), text);
    }
    assert_eq!(server.lock().unwrap().calls.len(), 1, "the second time it is in the cache");
    assert_eq!(kept(&dir), [format!("{}.age", artifact.sha256)]);
    let files = files_without(&dir, b"nobody's business");
    assert!(files[0].starts_with(MAGIC));
    let error = store.fetch(&artifact, text.len() as u64 - 1).await.unwrap_err();
    assert!(error.to_string().contains("decrypts to more than 33999 bytes"), "{error}");
}

/// Also not asked for again and again; until, for instance, its requester has encrypted it anew.
#[tokio::test]
async fn what_is_for_others_is_not_read_and_not_kept() {
    let file = encrypt(TEXT, &[wallet(1).pubkey()]).unwrap();
    let (base, server) = serve(&file).await;
    let (dir, store) = store(of(2));
    let artifact = secret(format!("{base}/x"), TEXT);
    for _ in 0..3 {
        let error = store.fetch(&artifact, 100).await.unwrap_err();
        assert!(error.is_for_others(), "{error}");
        assert!(error.to_string().contains(&wallet(2).pubkey().to_string()), "{error}");
    }
    assert_eq!(server.lock().unwrap().calls.len(), 1);
    assert_eq!(kept(&dir), Vec::<String>::new());
    store.others().clear();
    server.lock().unwrap().content = encrypt(TEXT, &[wallet(1).pubkey(), wallet(2).pubkey()]).unwrap().into();
    assert_eq!(store.fetch(&artifact, 100).await.unwrap(), TEXT);
}

/// The hash in the spec is of what it decrypts to: an age file of another text is as wrong as any other.
#[tokio::test]
async fn it_must_decrypt_to_what_the_spec_says() {
    let (base, _) = serve(&encrypt(b"another text", &[wallet(1).pubkey()]).unwrap()).await;
    let (dir, store) = store(of(1));
    let error = store.fetch(&secret(format!("{base}/x"), TEXT), 100).await.unwrap_err();
    assert!(
        matches!(&error, ArtifactError::HashMismatch { found, .. } if *found == hex::encode(Sha256::digest(b"another text"))),
        "{error}"
    );
    let (plain, _) = serve(TEXT).await;
    let error = store.fetch(&secret(format!("{plain}/x"), TEXT), 100).await.unwrap_err();
    assert!(matches!(&error, ArtifactError::Private { .. }) && !error.is_for_others(), "{error}");
    assert_eq!(kept(&dir), Vec::<String>::new());
}
