pub async fn run(_: crate::serve::Shared, _: std::time::Duration, _: Option<u32>) {}
