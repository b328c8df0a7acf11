//! Execution of commands.

use std::time::Duration;

use hbl_exchange::Side;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value, json};
use tokio::time::Instant;

use crate::{
    category::Category,
    command::{Command, Owner},
    conn::Out,
    error::CommandError,
    fault::{Faults, Socket},
    json::extend,
    others::OtherOrder,
    refusal::Refusal,
    venue::Venue,
};

impl Venue {
    /// Executes a command.
    pub(crate) fn command(&mut self, command: Command) -> Result<Value, CommandError> {
        self.pump();
        let result = self.dispatch(command);
        self.after();
        result
    }

    fn dispatch(&mut self, command: Command) -> Result<Value, CommandError> {
        let done = Ok(Value::Null);
        match command {
            Command::Truth => Ok(self.truth()),
            Command::Journal => Ok(self.journal.json(&self.markets, self.real_us())),
            Command::Book {
                category,
                symbol,
                depth,
            } => self.book(category, &symbol, depth),
            Command::Published {
                category,
                symbol,
                depth,
            } => self.published(category, &symbol, depth),
            Command::Connections => Ok(self.connections()),
            Command::Counters => Ok(json!(self.counters)),
            Command::State => Ok(json!({
                "settings": self.settings, "faults": self.faults,
                "cuts": self.cuts, "rules": self.rules, "garbles": self.garbles,
            })),
            Command::Set { settings } => {
                let new = merged(&self.settings, settings)?;
                self.set(new);
                done
            }
            Command::Faults { socket, faults } => {
                let old = self.faults.get(&socket).cloned().unwrap_or_default();
                let new = merged(&old, faults)?;
                self.set_faults(socket, new);
                done
            }
            Command::ClearFaults => {
                for socket in Socket::ALL {
                    self.set_faults(socket, Faults::default());
                }
                self.cuts.clear();
                self.rules.clear();
                self.garbles.clear();
                done
            }
            Command::Cut { socket, end } => {
                let open = self.conns.iter();
                let ids = open.filter(|(_, c)| socket.is_none_or(|s| s == c.socket));
                let ids: Vec<u64> = ids.map(|(&id, _)| id).collect();
                for &id in &ids {
                    self.end(id, end);
                }
                Ok(json!({"connections": ids.len()}))
            }
            Command::CutAt(cut) => {
                self.cuts.push(cut);
                done
            }
            Command::Reply(rule) => {
                self.rules.push(rule);
                done
            }
            Command::Garble(garble) => {
                self.garbles.push(garble);
                done
            }
            Command::Listing {
                category,
                symbol,
                listing,
            } => {
                listing.check()?;
                let market = self.market_named(category, &symbol)?;
                self.markets[market as usize].listing = listing;
                done
            }
            Command::Inject {
                socket,
                text,
                hex,
                size,
                binary,
            } => {
                let bytes = match (hex, size) {
                    (Some(hex), _) => from_hex(&hex)?,
                    (None, Some(size)) => format!("\"{}\"", "x".repeat(size)).into_bytes(),
                    (None, None) => text.into_bytes(),
                };
                let ids = self.conns_of(socket);
                for id in &ids {
                    if let Some(conn) = self.conns.get(id) {
                        let bytes = bytes.clone();
                        conn.push(Out::Bytes { bytes, binary });
                    }
                }
                Ok(json!({"connections": ids.len()}))
            }
            Command::Gap {
                category,
                symbol,
                depth,
                count,
            } => {
                self.gap(category, &symbol, depth, count)?;
                done
            }
            Command::Restart {
                category,
                symbol,
                depth,
                as_delta,
            } => {
                self.restart(category, &symbol, depth, as_delta)?;
                done
            }
            Command::Snapshot {
                category,
                symbol,
                depth,
            } => {
                self.mid_snapshot(category, &symbol, depth)?;
                done
            }
            Command::Cross {
                category,
                symbol,
                depth,
            } => {
                self.cross(category, &symbol, depth)?;
                done
            }
            Command::DeleteAbsent {
                category,
                symbol,
                depth,
            } => {
                self.delete_absent(category, &symbol, depth)?;
                done
            }
            place @ Command::Place { .. } => self.place(place),
            Command::CancelOrder { id } => {
                let at = self.order_named(&id)?;
                let category = self.markets[self.records.orders[at].market as usize].category;
                self.cancel_at(at, category).map_err(refused)?;
                done
            }
            Command::CancelOthers => {
                self.cancel_others();
                done
            }
            Command::Fill { id, qty } => {
                let at = self.order_named(&id)?;
                let info = &self.markets[self.records.orders[at].market as usize];
                let lots = match qty {
                    None => None,
                    Some(qty) => {
                        let lots = info.lots(&qty).filter(|&lots| lots > 0);
                        Some(lots.ok_or_else(|| CommandError::Invalid("qty".into()))?)
                    }
                };
                self.fill_order(at, lots);
                let order = &self.records.orders[at];
                let info = &self.markets[order.market as usize];
                Ok(order.json(info, true))
            }
            Command::Funding { symbol, rate } => self.funding(&symbol, rate),
            Command::Replay { topic, count } => {
                let mut again: Vec<_> = self
                    .sent
                    .iter()
                    .rev()
                    .filter(|(t, ..)| *t == topic)
                    .cloned()
                    .collect();
                again.truncate(count as usize);
                for (topic, market, item) in again.into_iter().rev() {
                    self.send_items(topic, &[(market, item)]);
                }
                done
            }
        }
    }

    /// Changes the settings.
    pub(crate) fn set(&mut self, new: crate::settings::Settings) {
        if new.stale_rest && !self.settings.stale_rest {
            self.stale = Some(Box::new(self.records.clone()));
        }
        if !new.stale_rest {
            self.stale = None;
        }
        self.settings = new;
    }

    /// Changes the faults of a kind of socket.
    pub(crate) fn set_faults(&mut self, socket: Socket, new: Faults) {
        let until = Instant::now() + Duration::from_millis(new.refuse_ms);
        self.refuse_until.insert(socket, until);
        self.faults.insert(socket, new);
        self.unpark();
    }

    fn order_named(&self, id: &str) -> Result<usize, CommandError> {
        let at = self.by_id.get(id).or_else(|| self.by_link.get(id));
        at.copied()
            .ok_or_else(|| CommandError::Unknown(id.to_owned()))
    }

    fn market_named(&self, category: Category, symbol: &str) -> Result<u32, CommandError> {
        let unknown = || CommandError::Unknown(format!("{} {symbol}", category.name()));
        self.market(category, symbol).ok_or_else(unknown)
    }

    fn place(&mut self, command: Command) -> Result<Value, CommandError> {
        let Command::Place {
            category,
            symbol,
            side,
            qty,
            price,
            time_in_force,
            owner,
            order_link_id,
            position_idx,
        } = command
        else {
            return Ok(Value::Null);
        };
        let market = self.market_named(category, &symbol)?;
        match owner {
            Owner::Other => {
                let order = OtherOrder {
                    side: &side,
                    qty: &qty,
                    price: price.as_deref(),
                    tif: &time_in_force,
                };
                self.place_other(market, &order)
            }
            Owner::Account => {
                let args = json!({
                    "category": category.name(), "symbol": symbol, "side": side, "qty": qty,
                    "orderType": if price.is_some() { "Limit" } else { "Market" },
                    "price": price.unwrap_or_default(), "timeInForce": time_in_force,
                    "orderLinkId": order_link_id, "positionIdx": position_idx,
                    "marketUnit": "baseCoin",
                });
                self.create(&args, true).map_err(refused)
            }
        }
    }

    fn book(&self, category: Category, symbol: &str, depth: usize) -> Result<Value, CommandError> {
        let market = self.market_named(category, symbol)?;
        let bids = self.levels(market, Side::Buy, depth);
        let asks = self.levels(market, Side::Sell, depth);
        let mut book = self.sides(market, &bids, &asks);
        book["seq"] = self.markets[market as usize].seq.into();
        Ok(book)
    }

    fn published(
        &self,
        category: Category,
        symbol: &str,
        depth: usize,
    ) -> Result<Value, CommandError> {
        let topic = format!("orderbook.{depth}.{symbol}");
        let at = self
            .stream(category, &topic)
            .ok_or(CommandError::Unknown(topic))?;
        let stream = &self.streams[at];
        let mut book = self.sides(stream.market, &stream.bids, &stream.asks);
        book["u"] = stream.u.into();
        Ok(book)
    }

    fn sides(&self, market: u32, bids: &[(i64, i64)], asks: &[(i64, i64)]) -> Value {
        let info = &self.markets[market as usize];
        let side = |levels: &[(i64, i64)]| -> Vec<[String; 2]> {
            let levels = levels.iter();
            levels
                .map(|&(tick, lots)| [info.px(tick), info.qty(lots)])
                .collect()
        };
        json!({"bids": side(bids), "asks": side(asks)})
    }

    fn truth(&self) -> Value {
        let orders: Vec<Value> = self
            .records
            .orders
            .iter()
            .map(|order| {
                let mut item = order.json(&self.markets[order.market as usize], true);
                extend(&mut item, json!({"foreign": order.foreign}));
                item
            })
            .collect();
        let executions: Vec<&Value> = self.records.executions.iter().map(|e| &e.item).collect();
        let mut positions = Vec::new();
        for market in 0..self.markets.len() as u32 {
            if self.markets[market as usize].category == Category::Linear {
                positions.extend(self.legs(&self.records, market));
            }
        }
        json!({
            "orders": orders, "executions": executions, "positions": positions,
            "wallet": self.wallet(&self.records), "nowMs": self.now_ms(),
        })
    }

    fn connections(&self) -> Value {
        let open: Vec<Value> = self
            .conns
            .values()
            .map(|c| {
                json!({
                    "socket": c.socket.name(), "connId": c.conn_id,
                    "authed": c.authed, "topics": c.topics,
                })
            })
            .collect();
        Value::Array(open)
    }
}

fn refused(refusal: Refusal) -> CommandError {
    CommandError::Refused {
        code: refusal.code,
        text: refusal.text,
    }
}

/// `old` with the named fields changed.
fn merged<T: Serialize + DeserializeOwned>(
    old: &T,
    changes: Map<String, Value>,
) -> Result<T, CommandError> {
    let invalid = |error: serde_json::Error| CommandError::Invalid(error.to_string());
    let mut value = serde_json::to_value(old).map_err(invalid)?;
    extend(&mut value, Value::Object(changes));
    serde_json::from_value(value).map_err(invalid)
}

fn from_hex(hex: &str) -> Result<Vec<u8>, CommandError> {
    let invalid = || CommandError::Invalid("hex".into());
    if !hex.len().is_multiple_of(2) || !hex.is_ascii() {
        return Err(invalid());
    }
    let bytes = (0..hex.len()).step_by(2);
    bytes
        .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).map_err(|_| invalid()))
        .collect()
}
