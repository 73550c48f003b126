//! Whatever bytes come in, every scanner format answers: no panic, no endless loop, no unbounded memory.

#![no_main]

use std::io::Cursor;
use std::ops::ControlFlow;

use abate_integrations::scanner::{Head, ScanFormat, SecretKey};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut file = Cursor::new(bytes);
    if let Ok(head) = Head::read(&mut file) {
        let _ = ScanFormat::recognise(&head);
    }
    let key = SecretKey::new([5; 32]);
    for format in ScanFormat::all() {
        let _ = format.parse(&mut file, &key, &mut |_| ControlFlow::Continue(()));
    }
});
