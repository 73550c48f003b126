use proptest::prelude::*;

use super::*;

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/../tests/fixtures/register/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

#[test]
fn a_workbook_is_read_where_its_table_of_assets_is() {
    let register = read(&fixture("orchard.xlsx")).unwrap();
    assert_eq!((register.sheet.as_str(), register.problems.len()), ("Critical assets", 0));
    let shop = RegisterAsset {
        line: 4,
        name: "Orchard shop".into(),
        kind: Some("application".into()),
        tier: Some("mission"),
        data_classes: Some(vec!["pii".into(), "pci".into()]),
        internet_facing: Some(true),
        ratings: [Some(5), Some(4), Some(4)],
        owner: Some("first@example.org".into()),
        matchers: vec![("repository", "https://git.example.com/orchard/shop.git".into())],
        ..RegisterAsset::default()
    };
    assert_eq!(register.assets[0], shop);
    assert_eq!(register.assets[1].kind.as_deref(), Some("data_store"));
    let preview = &register.assets[2];
    assert_eq!((preview.line, preview.tier, preview.lifetime_days), (6, Some("other"), Some(14)));
    assert_eq!((preview.internet_facing, preview.data_classes.clone()), (Some(false), None));
    assert_eq!(register.columns[0], ("No".to_owned(), Some("not used")));
}

#[test]
fn csv_is_read_whatever_stands_between_its_cells() {
    for (from, to) in [(";", ";"), (";", "\t"), (", ", "+"), (";", "|")] {
        let text = String::from_utf8(fixture("orchard.csv")).unwrap().replace(from, to);
        let register = read(format!("\u{feff}{text}").as_bytes()).unwrap();
        assert_eq!(register.problems, []);
        assert_eq!(register.assets.len(), 2);
        assert_eq!(register.assets[0].key.as_deref(), Some("shop"));
        assert_eq!(register.assets[0].environment, Some("production"));
        assert_eq!(register.assets[0].matchers, [("host", "shop.example.com".to_owned())]);
        assert_eq!(register.assets[1].line, 3);
    }
    let wide: Vec<u8> = [0xff, 0xfe]
        .into_iter()
        .chain("Name,Tier\nShop,mission\n".encode_utf16().flat_map(u16::to_le_bytes))
        .collect();
    assert_eq!(read(&wide).unwrap().assets[0].name, "Shop");
}

#[test]
fn every_wrong_cell_is_named_with_its_line() {
    let text = "Name,Tier,Internet facing,C\nShop,gold,perhaps,9\n\n,mission,no,1\nLedger,high,no,4\n";
    let register = read(text.as_bytes()).unwrap();
    let named: Vec<(u64, &str)> =
        register.problems.iter().map(|cell| (cell.line, cell.column.as_str())).collect();
    assert_eq!(named, [(2, "Tier"), (2, "Internet facing"), (2, "C"), (4, "Name")]);
    assert_eq!(register.assets.len(), 1);
    assert_eq!(register.assets[0].tier, Some("business"));
}

#[test]
fn what_is_no_register_is_refused_with_a_reason() {
    let rows = format!("Name,Tier\n{}", "a,low\n".repeat(MOST_ROWS + 200));
    let mut torn = fixture("orchard.xlsx");
    torn.truncate(torn.len() / 2);
    for (file, part) in [
        (b"".to_vec(), "No table"),
        (b"Name\nShop\n".to_vec(), "No table"),
        (
            b"ID,Risk,Description,Asset,Likelihood,Owner,Status\n1,Theft,It goes,Shop,3,Ana,Open\n".to_vec(),
            "No table",
        ),
        (vec![0xff, 0x00, 0xff], "neither"),
        (vec![b'a'; FILE_BYTES + 1], "larger"),
        (rows.into_bytes(), "rows"),
        (torn, "ends too early"),
        (fixture("bomb.xlsx"), "unpacked"),
        (b"PK\x05\x06 but no more".to_vec(), "ends too early"),
    ] {
        let error = read(&file).unwrap_err();
        assert!(error.reason.contains(part), "{error}");
    }
}

#[test]
fn a_cell_in_the_far_corner_costs_nothing() {
    assert_eq!(read(&fixture("far_corner.xlsx")).unwrap().assets.len(), 3);
}

proptest! {
    /// Any bytes are read or refused.
    #[test]
    fn any_bytes_have_an_answer(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = read(&bytes);
    }

    /// A workbook with a byte changed is read or refused.
    #[test]
    fn a_broken_workbook_has_an_answer(at: proptest::sample::Index, byte: u8) {
        let mut bytes = fixture("orchard.xlsx");
        let at = at.index(bytes.len());
        bytes[at] = byte;
        let _ = read(&bytes);
    }
}
