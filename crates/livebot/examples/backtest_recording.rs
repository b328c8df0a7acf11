//! Runs hftbacktest's own backtester over a recording, buys once in the middle of it, and prints
//! what it saw as one line of JSON.
//!
//! `backtest_recording FILE TICK_SIZE LOT_SIZE`

use std::error::Error;
use std::io::Write;

use hftbacktest::backtest::assettype::LinearAsset;
use hftbacktest::backtest::data::DataSource;
use hftbacktest::backtest::models::{
    CommonFees, ConstantLatency, PowerProbQueueFunc3, ProbQueueModel, TradingValueFeeModel,
};
use hftbacktest::backtest::{Backtest, ExchangeKind, L2AssetBuilder};
use hftbacktest::prelude::{
    Bot, ElapseResult, HashMapMarketDepth, MarketDepth, OrdType, TimeInForce,
};
use hftbacktest::types::BUY_EVENT;

const STEP_NS: i64 = 10_000_000;

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().collect();
    let [_, file, tick, lot] = words.as_slice() else {
        return Err("usage: backtest_recording FILE TICK_SIZE LOT_SIZE".into());
    };
    let (tick, lot): (f64, f64) = (tick.parse()?, lot.parse()?);
    let asset = L2AssetBuilder::default()
        .data(vec![DataSource::File(file.clone())])
        .latency_model(ConstantLatency::new(1_000_000, 1_000_000))
        .asset_type(LinearAsset::new(1.0))
        .fee_model(TradingValueFeeModel::new(CommonFees::new(0.0, 0.0)))
        .exchange(ExchangeKind::NoPartialFillExchange)
        .queue_model(ProbQueueModel::new(PowerProbQueueFunc3::new(3.0)))
        .last_trades_capacity(1_000_000)
        .depth(move || HashMapMarketDepth::new(tick, lot))
        .build()?;
    let mut backtest = Backtest::builder().add_asset(asset).build()?;
    let (mut trades, mut bought, mut sold, mut steps, mut crossed) = (0u64, 0.0, 0.0, 0u64, 0u64);
    loop {
        let result = backtest.elapse(STEP_NS)?;
        steps += 1;
        for trade in backtest.last_trades(0) {
            trades += 1;
            if trade.ev & BUY_EVENT == BUY_EVENT {
                bought += trade.qty;
            } else {
                sold += trade.qty;
            }
        }
        backtest.clear_last_trades(Some(0));
        let depth = backtest.depth(0);
        let (bid, ask) = (depth.best_bid_tick(), depth.best_ask_tick());
        crossed += u64::from(bid >= ask && depth.best_bid().is_finite());
        if result != ElapseResult::Ok {
            break;
        }
        if steps == 50 {
            let price = depth.best_ask() + 100.0 * tick;
            backtest.submit_buy_order(0, 1, price, lot, TimeInForce::GTC, OrdType::Limit, false)?;
        }
    }
    let depth = backtest.depth(0);
    let line = serde_json::json!({
        "trades": trades,
        "bought": bought,
        "sold": sold,
        "bestBid": depth.best_bid(),
        "bestAsk": depth.best_ask(),
        "crossed": crossed,
        "position": backtest.position(0),
        "endTsNs": backtest.current_timestamp().to_string(),
    });
    writeln!(std::io::stdout(), "{line}")?;
    backtest.close()?;
    Ok(())
}
