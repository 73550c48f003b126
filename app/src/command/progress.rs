//! Progress on a terminal; nothing where the output goes elsewhere.

use std::io::IsTerminal as _;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// How often it is drawn.
const TICK: Duration = Duration::from_millis(100);
const SPINNER: &str = "{spinner} {msg} {elapsed}";
const BYTES: &str = "{msg} [{bar:30}] {bytes}/{total_bytes} {eta}";
const COUNT: &str = "{msg} [{bar:30}] {pos}/{len} {eta}";

/// Something that takes a while.
pub(super) fn spinner(message: String) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new_spinner().with_message(message);
    style(&bar, SPINNER);
    bar.enable_steady_tick(TICK);
    bar
}

/// From now on it counts bytes.
pub(super) fn count_bytes(bar: &ProgressBar, message: String, total: u64) {
    start(bar, BYTES, message, Some(total));
}

/// From now on it counts things.
pub(super) fn count(bar: &ProgressBar, message: String, total: u64) {
    start(bar, COUNT, message, Some(total));
}

/// From now on nobody knows how long it takes.
pub(super) fn wait(bar: &ProgressBar, message: String) {
    start(bar, SPINNER, message, None);
}

fn start(bar: &ProgressBar, template: &str, message: String, total: Option<u64>) {
    bar.set_message(message);
    bar.set_position(0);
    bar.set_length(total.unwrap_or(0));
    style(bar, template);
}

/// A template that cannot be read leaves the bar as it was, which is no reason to stop.
fn style(bar: &ProgressBar, template: &str) {
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
}
