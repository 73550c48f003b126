//! Whatever bytes come in, every parser of files that people or tools send answers: no panic, no endless loop, no
//! unbounded memory.

#![no_main]

use std::io::Cursor;
use std::ops::ControlFlow;

use abate_integrations::scanner::{Head, ScanFormat, SecretKey};
use abate_integrations::vex::VexFormat;
use abate_integrations::workshop::WorkshopFormat;
use abate_integrations::{feed, register};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut file = Cursor::new(bytes);
    if let Ok(head) = Head::read(&mut file) {
        let _ = ScanFormat::recognise(&head);
        let _ = WorkshopFormat::recognise(&head, &mut file);
        let _ = VexFormat::recognise(&head, &mut file);
    }
    let key = SecretKey::new([5; 32]);
    for format in ScanFormat::all() {
        let _ = format.parse(&mut file, &key, &mut |_| ControlFlow::Continue(()));
    }
    for format in WorkshopFormat::all() {
        let _ = format.read(&mut file);
    }
    for format in VexFormat::ALL {
        let _ = format.read(&mut file);
    }
    let _ = register::read(bytes);
    let _ = feed::kev::read(bytes);
    let _ = feed::epss::read(bytes, &mut |_| Ok(()));
    let _ = feed::ssvc::read(bytes);
});
