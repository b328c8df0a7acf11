//! Frames of the trade socket.

use hbl_venues::bybit::frames::trade::{TradeFrame, parse};
use hbl_venues::bybit::session::ret_code::outcome;

use super::json::{same, value};

pub fn check(bytes: &[u8]) {
    let read = parse(bytes);
    let Some(json) = value(bytes) else {
        return;
    };
    match read {
        Ok(TradeFrame::Outcome(answer)) => {
            let code = &json["retCode"];
            if let Some(code) = code.as_i64() {
                assert_eq!(answer.code, code);
            }
            if answer.code == 0 {
                let failed = json["success"] == false && code.is_null();
                assert!(!failed, "a failure was read as a success");
            }
            let _ = outcome(answer.code);
            same(&answer.op, json.get("op"));
            if json.get("req_id").is_none() {
                same(&answer.req_id, json.get("reqId"));
            }
            let data = &json["data"];
            same(&answer.order_id, data.get("orderId"));
            same(&answer.link_id, data.get("orderLinkId"));
            let none = Vec::new();
            let list = data["list"].as_array().unwrap_or(&none);
            assert_eq!(answer.batch.len(), list.len());
            let codes = json["retExtInfo"]["list"].as_array().unwrap_or(&none);
            for (at, item) in answer.batch.iter().enumerate() {
                same(&item.order_id, list[at].get("orderId"));
                let code = codes.get(at).and_then(|code| code["code"].as_i64());
                assert!(code.is_none_or(|code| item.code == code));
            }
        }
        Ok(TradeFrame::Auth(code, _)) => {
            assert_eq!(json["op"], "auth");
            assert!(json["retCode"].as_i64().is_none_or(|said| said == code));
        }
        Ok(TradeFrame::Pong) => {
            assert!(json["op"] == "pong" || json["retMsg"] == "pong" || json["ret_msg"] == "pong");
        }
        Err(_) => {}
    }
}
