//! How a node's command line says where artifacts come from, and how much room they get.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use assay_sdk::private::Key;
use ipnet::IpNet;
use reqwest::Url;
use zeroize::Zeroizing;

use super::error::{ArtifactError, Result, io_error};
use super::{Ipfs, Policy, S3};

/// Options of artifacts.
#[derive(clap::Args, Debug, Clone)]
#[command(next_help_heading = "Artifacts")]
pub struct Fetching {
    /// Read artifacts from file:// uris (local chains only)
    #[arg(long)]
    local_files: bool,
    /// Networks that uris may lead to although they are not public, such as 10.0.0.0/8. Requesters write the uris: allow none
    /// where they must not reach. The API's own address is always allowed
    #[arg(long, env = "ASSAY_ARTIFACT_NET", value_name = "CIDR", value_delimiter = ',')]
    artifact_net: Vec<IpNet>,
    /// Disk for artifacts, in MiB; what was not used for longest goes first
    #[arg(long, value_name = "MIB", default_value_t = 10_240, value_parser = clap::value_parser!(u64).range(1..1 << 40))]
    artifact_disk_mib: u64,
    /// Memory for the artifacts of jobs at hand, in MiB
    #[arg(long, value_name = "MIB", default_value_t = 1_024, value_parser = clap::value_parser!(u64).range(1..1 << 40))]
    artifact_memory_mib: u64,
    /// Server of s3:// uris [default: AWS]
    #[arg(long, env = "ASSAY_S3_ENDPOINT", value_name = "URL")]
    s3_endpoint: Option<String>,
    /// Its region
    #[arg(long, env = "ASSAY_S3_REGION", value_name = "NAME", default_value = "us-east-1")]
    s3_region: String,
    /// File with a key's id and its secret, a line each
    #[arg(long, env = "ASSAY_S3_KEY_FILE", value_name = "FILE", requires = "s3_bucket")]
    s3_key_file: Option<PathBuf>,
    /// Buckets that the key is for: every requester may then name objects in them. All others are asked without a key
    #[arg(long, env = "ASSAY_S3_BUCKET", value_name = "NAME", value_delimiter = ',')]
    s3_bucket: Vec<String>,
    /// Kubo's API for ipfs:// uris, such as http://127.0.0.1:5001; where it is given no gateway is asked
    #[arg(long, env = "ASSAY_IPFS_API", value_name = "URL")]
    ipfs_api: Option<Url>,
    /// A gateway for ipfs:// uris, such as http://127.0.0.1:8080; one that redirects is no use
    #[arg(long, env = "ASSAY_IPFS_GATEWAY", value_name = "URL")]
    ipfs_gateway: Option<Url>,
}

impl Fetching {
    /// As a policy, for a node with this API and this key.
    ///
    /// # Errors
    /// [`ArtifactError::Io`] or [`ArtifactError::Setting`] when the key file cannot be read.
    pub fn policy(&self, api: Option<&str>, key: Key) -> Result<Policy> {
        let keys = self.s3_key_file.as_deref().map(read_keys).transpose()?;
        Ok(Policy {
            local_files: self.local_files,
            nets: self.artifact_net.clone(),
            api: api.and_then(|api| Url::parse(api).ok()),
            disk: self.artifact_disk_mib << 20,
            memory: self.artifact_memory_mib << 20,
            s3: S3 {
                endpoint: self.s3_endpoint.clone(),
                region: self.s3_region.clone(),
                keys,
                buckets: self.s3_bucket.clone(),
            },
            ipfs: self.ipfs_api.clone().map(Ipfs::Api).or_else(|| self.ipfs_gateway.clone().map(Ipfs::Gateway)),
            key: Some(Arc::new(key)),
            ..Policy::default()
        })
    }
}

/// Key id and secret. An error names the file and quotes nothing of it.
fn read_keys(path: &Path) -> Result<(String, Zeroizing<String>)> {
    let text = Zeroizing::new(std::fs::read_to_string(path).map_err(io_error(path))?);
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    match (lines.next(), lines.next(), lines.next()) {
        (Some(id), Some(secret), None) => Ok((id.to_owned(), Zeroizing::new(secret.to_owned()))),
        _ => Err(ArtifactError::Setting(format!(
            "{} is no key file: write the key's id on its first line and the secret on its second",
            path.display()
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_file_has_two_lines() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "AKIA\n hush \n").unwrap();
        let (id, secret) = read_keys(file.path()).unwrap();
        assert_eq!((id.as_str(), secret.as_str()), ("AKIA", "hush"));
        std::fs::write(file.path(), "hush\n").unwrap();
        let error = read_keys(file.path()).unwrap_err().to_string();
        assert!(error.contains("first line") && !error.contains("hush"), "{error}");
    }
}
