//! Encodes the vectors that TypeScript decodes (`__test__/bot`), byte for byte.

use core::fmt::Write as _;

use hbl_livebot::{RECORD_BYTES, Record};
use serde_json::Value;

fn bytes_of(record: &Record) -> [u8; RECORD_BYTES] {
    // SAFETY: a record is RECORD_BYTES of plain integers and floats without padding.
    unsafe { core::mem::transmute(*record) }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

fn small<T: TryFrom<u64>>(fields: &Value, name: &str) -> T {
    fields[name]
        .as_u64()
        .and_then(|value| T::try_from(value).ok())
        .unwrap_or_else(|| panic!("{name}"))
}

fn big<T: core::str::FromStr>(fields: &Value, name: &str) -> T {
    fields[name]
        .as_str()
        .and_then(|text| text.parse().ok())
        .unwrap_or_else(|| panic!("{name}"))
}

fn real(fields: &Value, name: &str) -> f64 {
    fields[name].as_f64().unwrap_or_else(|| panic!("{name}"))
}

#[test]
fn every_vector_encodes_to_the_bytes_that_typescript_reads() {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../__test__/support/record-vectors.json"
    );
    let vectors: Vec<Value> =
        serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    assert!(vectors.len() >= 15, "only {} vectors", vectors.len());
    let mut kinds = std::collections::BTreeSet::new();
    for vector in &vectors {
        let (name, f) = (vector["name"].as_str().unwrap(), &vector["fields"]);
        let text = f["text"].as_str().map(|text| Record::text(text.as_bytes()));
        let record = text.unwrap_or_else(|| Record {
            kind: small(f, "kind"),
            side: small(f, "side"),
            flags: small(f, "flags"),
            status: small(f, "status"),
            asset: small(f, "asset"),
            seq: big(f, "seq"),
            exch_ts_ns: big(f, "exchTsNs"),
            local_ts_ns: big(f, "localTsNs"),
            sent_mono_ns: big(f, "sentMonoNs"),
            recv_mono_ns: big(f, "recvMonoNs"),
            px: real(f, "px"),
            qty: real(f, "qty"),
            order_id: big(f, "orderId"),
            leaves_qty: real(f, "leavesQty"),
            exec_qty: real(f, "execQty"),
            exec_px: real(f, "execPx"),
            value: big(f, "value"),
            time_in_force: small(f, "timeInForce"),
            order_type: small(f, "orderType"),
            req: small(f, "req"),
            maker: small(f, "maker"),
            text_len: small(f, "textLen"),
            ev: big(f, "ev"),
            extra: real(f, "extra"),
        });
        kinds.insert(record.kind);
        let expected = vector["hex"].as_str().unwrap();
        assert_eq!(hex(&bytes_of(&record)), expected, "{name}");
    }
    assert_eq!(
        kinds.into_iter().collect::<Vec<_>>(),
        [
            0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18
        ]
    );
}
