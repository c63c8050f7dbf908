//! Connections: taken, bounded, and ended in order.

use std::{net::SocketAddr, time::Duration};

use axum::{Extension, Router, extract::ConnectInfo};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{
        conn::auto::Builder,
        graceful::{GracefulShutdown, Watcher},
    },
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;

/// How long requests under way get to end.
const PATIENCE: Duration = Duration::from_secs(5);

/// Serves until `stop`; requests under way get five seconds to end. A connection whose next request's headers are not
/// whole after `headers` is closed.
pub async fn serve(listener: TcpListener, router: Router, stop: CancellationToken, headers: Duration) {
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(headers);
    // WebSockets over HTTP/2.
    builder.http2().timer(TokioTimer::new()).enable_connect_protocol();
    let connections = GracefulShutdown::new();
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => {
                tokio::spawn(connection(builder.clone(), stream, peer, router.clone(), connections.watcher()));
            }
            // One that ended before it began is gone; when there are too many files, some must be closed first.
            Err(why) => {
                tracing::debug!("a connection was not taken: {why}");
                sleep(Duration::from_millis(50)).await;
            }
        }
    }
    // Whoever comes now finds the port free, and another instance.
    drop(listener);
    if timeout(PATIENCE, connections.shutdown()).await.is_err() {
        tracing::warn!("some requests did not end in time and were cut");
    }
}

async fn connection(
    builder: Builder<TokioExecutor>,
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    watcher: Watcher,
) {
    if let Err(why) = stream.set_nodelay(true) {
        tracing::debug!("small packets wait: {why}");
    }
    // One layer around all routes, rather than one around each.
    let router = Router::new().fallback_service(router).layer(Extension(ConnectInfo(peer)));
    let service = TowerToHyperService::new(router);
    let connection = builder.serve_connection_with_upgrades(TokioIo::new(stream), service).into_owned();
    if let Err(why) = watcher.watch(connection).await {
        tracing::debug!("a connection ended: {why}");
    }
}
