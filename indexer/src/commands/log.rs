//! Logs to standard error; with the feature `otel`, traces to a collector as well.

use std::io::IsTerminal;

use tracing_subscriber::{EnvFilter, Layer, Registry, fmt, layer::SubscriberExt, util::SubscriberInitExt};

use crate::{Error, Result, config::Config};

const DEFAULT: &str = "info,sqlx=warn,solana_pubsub_client=error,solana_rpc_client=warn";

/// What must be ended well, so that nothing that was traced is lost.
pub struct Logs {
    #[cfg(feature = "otel")]
    traces: Option<opentelemetry_sdk::trace::SdkTracerProvider>,
}

impl Logs {
    /// Starts logging, as RUST_LOG and the settings say.
    ///
    /// # Errors
    /// [`Error::Setting`] for `--otlp-endpoint` in a build without it; [`Error::Start`] when there are logs already.
    pub fn start(config: &Config) -> Result<Self> {
        let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(DEFAULT));
        let terminal = std::io::stderr().is_terminal();
        let lines = fmt::layer().with_writer(std::io::stderr).with_ansi(terminal);
        let lines: Box<dyn Layer<Registry> + Send + Sync> =
            if config.log_json { lines.json().boxed() } else { lines.boxed() };
        let layers = tracing_subscriber::registry().with(lines.with_filter(filter));
        let taken = |why: tracing_subscriber::util::TryInitError| Error::Start(why.to_string());
        #[cfg(feature = "otel")]
        if let Some(endpoint) = &config.otlp_endpoint {
            let (traces, layer) = traces(endpoint)?;
            layers.with(layer).try_init().map_err(taken)?;
            return Ok(Self { traces: Some(traces) });
        }
        #[cfg(not(feature = "otel"))]
        if config.otlp_endpoint.is_some() {
            let why = "--otlp-endpoint: this build has no OpenTelemetry; build it with `--features otel`";
            return Err(Error::Setting(why.into()));
        }
        layers.try_init().map_err(taken)?;
        Ok(Self {
            #[cfg(feature = "otel")]
            traces: None,
        })
    }

    /// Sends what waits.
    pub fn stop(self) {
        #[cfg(feature = "otel")]
        if let Some(Err(why)) = self.traces.map(|traces| traces.shutdown()) {
            eprintln!("the last traces could not be sent: {why}");
        }
    }
}

#[cfg(feature = "otel")]
fn traces<S>(endpoint: &str) -> Result<(opentelemetry_sdk::trace::SdkTracerProvider, impl Layer<S>)>
where
    S: tracing::Subscriber + for<'a> tracing_subscriber::registry::LookupSpan<'a>,
{
    use opentelemetry::trace::TracerProvider as _;
    use opentelemetry_otlp::{SpanExporter, WithExportConfig as _};
    use opentelemetry_sdk::{Resource, trace::SdkTracerProvider};

    let exporter = SpanExporter::builder().with_tonic().with_endpoint(endpoint).build();
    let exporter = exporter.map_err(|_| Error::Setting("--otlp-endpoint is no address of a collector".into()))?;
    let resource = Resource::builder().with_service_name("assay-indexer").build();
    let provider = SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource).build();
    // Our own spans alone: those of the exporter's transport would be traced for ever.
    let filter = EnvFilter::new("off,assay_indexer=info,tower_http=info");
    let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("assay-indexer"));
    Ok((provider, layer.with_filter(filter)))
}
