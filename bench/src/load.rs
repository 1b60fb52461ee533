//! A closed loop: so many callers, each of which asks again as soon as it has its answer.

use std::time::{Duration, Instant};

use crate::Outcome;

/// What a load came to.
pub(crate) struct Load {
    /// Answers in a second.
    pub(crate) rate: f64,
    /// Half of the answers were there by then.
    pub(crate) median: Duration,
    /// 99 of 100 answers were there by then.
    pub(crate) p99: Duration,
}

/// Keeps a load up: each caller asks again as soon as it has its answer. `ask(caller, round)` is one call.
pub(crate) async fn keep_up<F, R>(callers: usize, seconds: u64, ask: F) -> Outcome<Load>
where
    F: Fn(usize, usize) -> R + Clone + Send + 'static,
    R: Future<Output = Outcome<()>> + Send,
{
    keep_up_at(None, callers, seconds, ask).await
}

/// The same at no more than so many calls a second, spread evenly.
pub(crate) async fn keep_up_at<F, R>(rate: Option<f64>, callers: usize, seconds: u64, ask: F) -> Outcome<Load>
where
    F: Fn(usize, usize) -> R + Clone + Send + 'static,
    R: Future<Output = Outcome<()>> + Send,
{
    #[allow(clippy::cast_precision_loss, reason = "few callers")]
    let pause = rate.map(|rate| Duration::from_secs_f64(callers as f64 / rate));
    let begin = Instant::now();
    let end = begin + Duration::from_secs(seconds);
    let tasks: Vec<_> = (0..callers)
        .map(|caller| {
            let ask = ask.clone();
            tokio::spawn(async move {
                let mut times = Vec::new();
                let mut due = begin + pause.unwrap_or_default().mul_f64(share(caller, callers));
                for round in 0.. {
                    if let Some(pause) = pause {
                        tokio::time::sleep_until(due.into()).await;
                        due += pause;
                    }
                    let start = Instant::now();
                    if start >= end {
                        break;
                    }
                    ask(caller, round).await?;
                    times.push(start.elapsed());
                }
                Outcome::Ok(times)
            })
        })
        .collect();
    let mut times = Vec::new();
    for task in tasks {
        times.extend(task.await??);
    }
    let elapsed = begin.elapsed();
    times.sort_unstable();
    let at = |part: usize| times.get((times.len() * part / 100).min(times.len().saturating_sub(1))).copied().unwrap_or_default();
    #[allow(clippy::cast_precision_loss, reason = "far below 2^52")]
    let rate = times.len() as f64 / elapsed.as_secs_f64();
    Ok(Load { rate, median: at(50), p99: at(99) })
}

#[allow(clippy::cast_precision_loss, reason = "few callers")]
fn share(caller: usize, callers: usize) -> f64 {
    caller as f64 / callers as f64
}

impl std::fmt::Display for Load {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let ms = |time: Duration| time.as_secs_f64() * 1000.0;
        write!(f, "{:.0}/s, p50 {:.2} ms, p99 {:.2} ms", self.rate, ms(self.median), ms(self.p99))
    }
}
