//! Slack hangs up after three seconds: what takes longer is answered later.

use std::time::Duration;

use actix_web::rt;
use tokio::sync::oneshot;

/// How long to keep Slack waiting.
const PATIENCE: Duration = Duration::from_millis(2300);

/// Runs `work` to its end, whatever happens to the request. Its result comes back in time, or goes to `late`.
pub(crate) async fn answer_in_time<T: 'static>(
    work: impl Future<Output = T> + 'static,
    late: impl AsyncFnOnce(T) + 'static,
) -> Option<T> {
    let (sender, receiver) = oneshot::channel();
    rt::spawn(async move {
        let result = work.await;
        // The receiver is gone when patience has run out.
        if let Err(result) = sender.send(result) {
            late(result).await;
        }
    });
    tokio::time::timeout(PATIENCE, receiver).await.ok().and_then(Result::ok)
}
