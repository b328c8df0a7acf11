//! Frames of the private socket.

use hbl_venues::bybit::frames::execution::ExecutionItem;
use hbl_venues::bybit::frames::order::OrderItem;
use hbl_venues::bybit::frames::position::PositionItem;
use hbl_venues::bybit::frames::private::{PrivateFrame, parse};
use serde_json::Value;

use super::json::{LOT, TICK, agrees, same, same_items, scale, value};

pub fn check(bytes: &[u8]) {
    let read = parse(bytes);
    let Some(json) = value(bytes) else {
        return;
    };
    let check_time = |ns: i64| {
        let ms = json["creationTime"].as_i64().unwrap();
        assert_eq!(i128::from(ns), i128::from(ms) * 1_000_000);
    };
    match read {
        Ok(PrivateFrame::Orders(at, items)) => {
            check_time(at);
            orders(&items, &json["data"]);
        }
        Ok(PrivateFrame::Executions(items)) => executions(&items, &json["data"]),
        Ok(PrivateFrame::Positions(at, items)) => {
            check_time(at);
            positions(&items, &json["data"]);
        }
        Ok(PrivateFrame::Wallets(at, items)) => {
            check_time(at);
            same_items(&items, &json["data"], |item| {
                vec![
                    ("accountType", &item.account_type),
                    ("totalEquity", &item.total_equity),
                ]
            });
            for (item, json) in items.iter().zip(json["data"].as_array().unwrap()) {
                if let Some(coins) = json.get("coin") {
                    same_items(&item.coin, coins, |coin| {
                        vec![
                            ("coin", &coin.coin),
                            ("walletBalance", &coin.wallet_balance),
                        ]
                    });
                }
            }
        }
        Ok(PrivateFrame::Auth(reply) | PrivateFrame::Reply(reply)) => {
            same(&reply.op, json.get("op"));
            if reply.success {
                let refused =
                    json["success"] == false || json["retCode"].as_i64().is_some_and(|c| c != 0);
                assert!(!refused);
            }
        }
        Ok(PrivateFrame::OtherTopic(topic)) => assert_eq!(json["topic"], topic),
        Ok(PrivateFrame::Pong) | Err(_) => {}
    }
}

pub fn orders(items: &[OrderItem<'_>], json: &Value) {
    same_items(items, json, |item| {
        vec![
            ("symbol", &item.symbol),
            ("orderId", &item.order_id),
            ("orderLinkId", &item.order_link_id),
            ("side", &item.side),
            ("price", &item.price),
            ("qty", &item.qty),
            ("orderStatus", &item.order_status),
            ("cumExecQty", &item.cum_exec_qty),
            ("avgPrice", &item.avg_price),
            ("updatedTime", &item.updated_time),
        ]
    });
    for item in items {
        if let Ok(update) = item.update(&scale(), 7) {
            // A finer lot is taken when a quantity lies between two.
            if update.lot == scale().lot {
                agrees(item.qty.or_empty(), LOT, Ok(update.qty_lots));
                agrees(item.cum_exec_qty.or_empty(), LOT, Ok(update.cum_lots));
            }
            if update.price_tick != 0 {
                agrees(item.price.or_empty(), TICK, Ok(update.price_tick));
            }
            assert!(update.updated_ns >= 0);
            let _ = update.phase.is_terminal();
        }
    }
}

pub fn executions(items: &[ExecutionItem<'_>], json: &Value) {
    same_items(items, json, |item| {
        vec![
            ("symbol", &item.symbol),
            ("orderId", &item.order_id),
            ("orderLinkId", &item.order_link_id),
            ("execId", &item.exec_id),
            ("execPrice", &item.exec_price),
            ("execQty", &item.exec_qty),
            ("execType", &item.exec_type),
            ("isMaker", &item.is_maker),
        ]
    });
    for item in items {
        if let Ok(Some(fill)) = item.fill(&scale()) {
            assert!(fill.lots > 0 && !fill.exec_id.is_empty() && fill.exec_ns >= 0);
            if fill.lot == scale().lot {
                agrees(item.exec_qty.or_empty(), LOT, Ok(fill.lots));
            }
            if fill.between.is_none() {
                agrees(item.exec_price.or_empty(), TICK, Ok(fill.tick));
            }
        }
    }
}

pub fn positions(items: &[PositionItem<'_>], json: &Value) {
    same_items(items, json, |item| {
        vec![
            ("symbol", &item.symbol),
            ("side", &item.side),
            ("size", &item.size),
            ("positionIdx", &item.position_idx),
            ("updatedTime", &item.updated_time),
        ]
    });
    for item in items {
        if let Ok(leg) = item.leg(&scale(), 7) {
            assert!(leg.idx <= 2);
            let read = if item.side.get() == Some("Sell") {
                -leg.lots
            } else {
                leg.lots
            };
            if leg.lot == scale().lot {
                agrees(item.size.or_empty(), LOT, Ok(read));
            }
        }
    }
}
