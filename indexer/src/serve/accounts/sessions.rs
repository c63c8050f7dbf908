//! Refresh tokens: 32 random bytes each, kept as their hash, replaced at each use.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};
use solana_sdk::pubkey::Pubkey;
use sqlx::{PgConnection, PgPool};

use super::{Act, audit, unauthorized};
use crate::serve::problem::Problem;

/// How long one may be used, in seconds.
pub const LIFE: i64 = 30 * 24 * 3600;

fn hash(token: &str) -> Option<Vec<u8>> {
    let bytes = URL_SAFE_NO_PAD.decode(token).ok().filter(|bytes| bytes.len() == 32)?;
    Some(Sha256::digest(bytes).to_vec())
}

async fn issue(connection: &mut PgConnection, session: i64) -> sqlx::Result<String> {
    let token = rand::random::<[u8; 32]>();
    let sql =
        "INSERT INTO refresh_tokens (hash, session, expires_at) VALUES ($1, $2, now() + $3 * interval '1 second')";
    let insert = sqlx::query(sql).bind(Sha256::digest(token).as_slice()).bind(session).bind(LIFE);
    insert.execute(connection).await?;
    Ok(URL_SAFE_NO_PAD.encode(token))
}

/// Begins a session and returns its first token.
pub async fn begin(connection: &mut PgConnection, wallet: &Pubkey) -> sqlx::Result<String> {
    let session = sqlx::query_scalar("INSERT INTO sessions (wallet) VALUES ($1) RETURNING id");
    let session: i64 = session.bind(wallet.to_string()).fetch_one(&mut *connection).await?;
    issue(connection, session).await
}

/// Takes a token for the next one; returns whose it is. One that was used before ends its session: it was copied, and
/// nobody can tell which of the two holders is the thief.
pub async fn rotate(pool: &PgPool, token: &str) -> Result<(Pubkey, String), Problem> {
    let refused = || unauthorized("the refresh token is not ours, has expired or was ended; sign in again");
    let hash = hash(token).ok_or_else(refused)?;
    let mut tx = pool.begin().await?;
    let taken: Option<(i64, String)> = sqlx::query_as(
        "UPDATE refresh_tokens t SET used_at = now() FROM sessions s
         WHERE t.hash = $1 AND t.used_at IS NULL AND t.expires_at > now() AND s.id = t.session AND s.revoked_at IS NULL
         RETURNING s.id, s.wallet",
    )
    .bind(&hash)
    .fetch_optional(&mut *tx)
    .await?;
    if let Some((session, wallet)) = taken {
        let next = issue(&mut tx, session).await?;
        tx.commit().await?;
        return Ok((super::wallet(&wallet)?, next));
    }
    let ended: Option<(i64, String)> = sqlx::query_as(
        "UPDATE sessions s SET revoked_at = now() FROM refresh_tokens t
         WHERE t.hash = $1 AND t.used_at IS NOT NULL AND s.id = t.session AND s.revoked_at IS NULL
         RETURNING s.id, s.wallet",
    )
    .bind(&hash)
    .fetch_optional(&mut *tx)
    .await?;
    if let Some((session, wallet)) = ended {
        let object = session.to_string();
        let act = Act { wallet: Some(super::wallet(&wallet)?), action: "session.reused", object: Some(&object) };
        audit(&mut *tx, act).await?;
    }
    tx.commit().await?;
    Err(refused())
}

/// Ends the session that a token is of; says of which wallet, if it went on until now.
pub async fn end(connection: &mut PgConnection, token: &str) -> sqlx::Result<Option<(i64, String)>> {
    let Some(hash) = hash(token) else { return Ok(None) };
    sqlx::query_as(
        "UPDATE sessions s SET revoked_at = now() FROM refresh_tokens t
         WHERE t.hash = $1 AND s.id = t.session AND s.revoked_at IS NULL RETURNING s.id, s.wallet",
    )
    .bind(hash)
    .fetch_optional(connection)
    .await
}

/// Drops what can no longer be used.
pub async fn sweep(pool: &PgPool) -> sqlx::Result<()> {
    sqlx::query("DELETE FROM auth_nonces WHERE expires_at < now()").execute(pool).await?;
    sqlx::query("DELETE FROM refresh_tokens WHERE expires_at < now()").execute(pool).await?;
    let sql = "DELETE FROM sessions s WHERE NOT EXISTS (SELECT FROM refresh_tokens t WHERE t.session = s.id)
         AND s.created_at < now() - interval '1 hour'";
    sqlx::query(sql).execute(pool).await?;
    Ok(())
}
