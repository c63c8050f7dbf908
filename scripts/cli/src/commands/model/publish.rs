//! What an author says of its models.

use std::fs;

use assay_sdk::{
    addresses,
    escrow::{self, MAX_URI, Model, ModelTerms},
    ix,
};
use serde_json::json;
use sha2::{Digest, Sha256};
use solana_sdk::{instruction::Instruction, pubkey::Pubkey, signature::Signer};

use crate::{
    args::{Content, Publish},
    client::store::Source,
    config::How,
    context::Context,
    error::{Error, Result},
    output::facts,
};

const COMPUTE_UNITS: u32 = 100_000;
/// Where a Model's author is: after discriminator, version and bump.
const MODEL_AUTHOR: usize = 8 + 1 + 1;

/// Publishes a model.
pub async fn publish(context: &Context, args: &Publish) -> Result<()> {
    let wallet = context.wallet()?;
    let author = wallet.pubkey();
    let id = match args.id {
        Some(id) => id,
        None => free(context, &author).await?,
    };
    let address = addresses::model(&author, id);
    if context.account::<Model>(&address).await?.is_some() {
        let why = format!("model {id} is there already: give it a new content with `assay model version {id}`");
        return Err(Error::Refused(why));
    }
    let payee = args.payee.unwrap_or(author);
    let (content_hash, uri) = store(context, &args.content).await?;
    let terms = ModelTerms { payee, content_hash, royalty_bps: args.royalty, uri: uri.clone() };
    let work = [ix::escrow::publish_model(&author, id, terms)];
    let signature = context.send(&[&*wallet], COMPUTE_UNITS, &work).await?.to_string();
    let (model, hash) = (address.to_string(), hex::encode(content_hash));
    let document = json!({
        "model": model, "author": author.to_string(), "id": id, "payee": payee.to_string(), "content_hash": hash,
        "royalty_bps": args.royalty, "uri": uri, "signature": signature,
    });
    context.out.data(&document, || {
        facts(&[
            ("model", model.clone()),
            ("number", id.to_string()),
            ("content", hash.clone()),
            ("where", uri.clone()),
            ("royalty", super::percent(args.royalty.into())),
            ("pays", payee.to_string()),
            ("signature", signature.clone()),
        ])
    })
}

/// Gives a model a new content.
pub async fn version(context: &Context, id: u32, content: &Content) -> Result<()> {
    let (author, model) = own(context, id).await?;
    let (content_hash, uri) = store(context, content).await?;
    if content_hash == model.content_hash && uri == model.uri {
        return Err(Error::Refused(format!("model {id} has this content already, at {uri}")));
    }
    let (hash, revision) = (hex::encode(content_hash), model.revision.saturating_add(1));
    let signature = change(context, ix::escrow::new_version(&author, id, content_hash, uri.clone())).await?;
    let model = addresses::model(&author, id).to_string();
    let document = json!({
        "model": model, "id": id, "revision": revision, "content_hash": hash, "uri": uri, "signature": signature,
    });
    context.out.data(&document, || {
        facts(&[
            ("model", model.clone()),
            ("revision", revision.to_string()),
            ("content", hash.clone()),
            ("where", uri.clone()),
            ("signature", signature.clone()),
        ])
    })
}

/// Has later jobs pay somebody else.
pub async fn payee(context: &Context, id: u32, payee: Pubkey) -> Result<()> {
    let (author, before) = own(context, id).await?;
    let signature = change(context, ix::escrow::set_payee(&author, id, payee)).await?;
    let model = addresses::model(&author, id).to_string();
    let document = json!({
        "model": model, "id": id, "before": before.payee.to_string(), "payee": payee.to_string(),
        "signature": signature,
    });
    context.out.data(&document, || {
        let (before, payee) = (before.payee.to_string(), payee.to_string());
        facts(&[("model", model.clone()), ("paid", before), ("pays", payee), ("signature", signature.clone())])
    })
}

/// Retires a model.
pub async fn retire(context: &Context, id: u32) -> Result<()> {
    let (author, _) = own(context, id).await?;
    let signature = change(context, ix::escrow::retire_model(&author, id)).await?;
    let model = addresses::model(&author, id).to_string();
    let document = json!({"model": model, "id": id, "retired": true, "signature": signature});
    context.out.data(&document, || facts(&[("retired", model.clone()), ("signature", signature.clone())]))
}

async fn change(context: &Context, work: Instruction) -> Result<String> {
    let wallet = context.wallet()?;
    context.send(&[&*wallet], COMPUTE_UNITS, &[work]).await.map(|signature| signature.to_string())
}

/// The wallet, and its model of that number.
async fn own(context: &Context, id: u32) -> Result<(Pubkey, Model)> {
    let author = context.wallet()?.pubkey();
    let model = context.account(&addresses::model(&author, id)).await?;
    let missing = || Error::Refused(format!("{author} has no model {id}: see `assay model list --mine`"));
    Ok((author, model.ok_or_else(missing)?))
}

/// The first number that none of an author's models has.
async fn free(context: &Context, author: &Pubkey) -> Result<u32> {
    let models = context.accounts_of::<Model>(&escrow::ID, Some((MODEL_AUTHOR, author))).await?;
    let taken: Vec<_> = models.into_iter().map(|(_, model)| model.id).collect();
    Ok((0..).find(|id| !taken.contains(id)).unwrap_or(0))
}

/// The content's hash and where it is: stored with the indexer where nothing else is said.
async fn store(context: &Context, content: &Content) -> Result<([u8; 32], String)> {
    let mut hash = [0; 32];
    let uri = content.uri.clone();
    let (hash, uri) = match (&content.file, &content.hash) {
        (Some(path), _) => {
            let bytes = fs::read(path).map_err(Error::file("read", path))?;
            hash = Sha256::digest(&bytes).into();
            let name = hex::encode(hash);
            // Nothing is stored for a transaction that is only shown.
            if uri.is_none() && context.settings.sending.how == How::Send {
                context.out.talk(format!("storing {} bytes as {name}", bytes.len()));
                context.store(&Source::Bytes(bytes)).await?;
            }
            (hash, uri.unwrap_or_else(|| context.api.url(&format!("/v1/blobs/{name}"))))
        }
        (None, Some(text)) => {
            hex::decode_to_slice(text, &mut hash).map_err(|_| Error::Usage("--hash is not 64 hex digits".into()))?;
            (hash, uri.unwrap_or_default())
        }
        (None, None) => return Err(Error::Usage("name the content's file, or its --hash".into())),
    };
    if !(1..=MAX_URI).contains(&uri.len()) {
        let why = format!("the uri has {} bytes, and 1 to {MAX_URI} are allowed: name another with --uri", uri.len());
        return Err(Error::Usage(why));
    }
    Ok((hash, uri))
}

#[cfg(test)]
mod tests {
    use assay_sdk::anchor_lang::{AnchorDeserialize, AnchorSerialize, Space};

    use super::*;

    #[test]
    fn a_models_author_is_where_the_filter_looks() {
        let mut model = Model::deserialize(&mut vec![0; Model::INIT_SPACE].as_slice()).unwrap();
        model.author = Pubkey::new_from_array([7; 32]);
        let mut bytes = vec![0; 8];
        model.serialize(&mut bytes).unwrap();
        assert_eq!(bytes[MODEL_AUTHOR..MODEL_AUTHOR + 32], [7; 32]);
    }
}
