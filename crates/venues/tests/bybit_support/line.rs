//! The line between core and venue: what is lost, late, repeated or unreadable on it.

use hbl_venues::bybit::core::Socket;

use super::{Input, Line, Run, START_MS};
use crate::bybit_settings;

impl Run {
    pub(super) fn put(&mut self, at: u64, input: Input) {
        self.queued += 1;
        self.queue.insert((at, self.queued), input);
    }

    pub(super) fn connect(&mut self, socket: Socket, conn: u64) {
        self.connects += 1;
        let fails = self.faults && self.random.one_in(3);
        let line = Line {
            conn,
            open: !fails,
            mute: false,
            last_ms: self.ms + 20,
        };
        self.lines.insert(socket, line);
        self.venue.gone(socket);
        let at = self.ms + 20;
        if fails {
            self.put(at, Input::Closed(socket, conn));
        } else {
            self.put(at, Input::Opened(socket, conn));
        }
    }

    pub(super) fn sent(&mut self, socket: Socket, text: &str) {
        assert!(
            !text.contains(bybit_settings::SECRET),
            "the secret is on the wire"
        );
        let Some(line) = self.lines.get(&socket) else {
            return;
        };
        if !line.open || line.mute {
            return;
        }
        // Cut before it arrives, or after it did and before the answer goes out.
        let (before, after) = if self.faults {
            (self.random.one_in(40), self.random.one_in(40))
        } else {
            (false, false)
        };
        if before {
            self.cut(socket);
            return;
        }
        let answers = self
            .venue
            .text(socket, text, START_MS + self.ms, &mut self.random);
        if after {
            self.cut(socket);
            return;
        }
        for answer in answers {
            let lost = self.faults && socket == Socket::Trade && self.random.one_in(12);
            if !lost {
                self.deliver(socket, answer);
            }
        }
        self.broadcast();
    }

    pub(super) fn deliver(&mut self, socket: Socket, text: String) {
        let Some(line) = self.lines.get_mut(&socket) else {
            return;
        };
        if !line.open || line.mute {
            return;
        }
        let delay = if self.faults {
            self.random.below(60)
        } else {
            5
        };
        line.last_ms = line.last_ms.max(self.ms + delay);
        let (at, conn) = (line.last_ms, line.conn);
        let text = match socket {
            Socket::Private => self.garble(text),
            _ => text,
        };
        let twice = self.faults && socket == Socket::Private && self.random.one_in(10);
        if twice {
            self.put(at, Input::Frame(socket, conn, text.clone()));
        }
        self.put(at, Input::Frame(socket, conn, text));
    }

    /// Sometimes makes one field of the account's items unreadable.
    pub(super) fn garble(&mut self, text: String) -> String {
        if !self.oddities || !self.faults || !self.random.one_in(8) {
            return text;
        }
        let mut frame: serde_json::Value = serde_json::from_str(&text).unwrap();
        let is_answer = frame["result"].is_object();
        let items = match is_answer {
            true => &mut frame["result"]["list"],
            false => &mut frame["data"],
        };
        let Some(item) = items.as_array_mut().and_then(|items| items.last_mut()) else {
            return text;
        };
        let fields = [
            "price",
            "orderStatus",
            "cumExecQty",
            "execQty",
            "execPrice",
            "execTime",
            "size",
            "side",
            "orderId",
            "positionIdx",
            "qty",
        ];
        let there: Vec<&str> = fields
            .into_iter()
            .filter(|f| item.get(f).is_some())
            .collect();
        if there.is_empty() {
            return text;
        }
        let field = there[self.random.below(there.len() as u64) as usize];
        item[field] = match self.random.below(3) {
            0 => serde_json::Value::Null,
            // Another id would be another order.
            1 if field != "orderId" => "?".into(),
            _ => serde_json::json!([1]),
        };
        self.garbled += 1;
        frame.to_string()
    }

    pub(super) fn broadcast(&mut self) {
        for (socket, text, vital) in self.venue.take_pushed() {
            let lost = self.faults && !vital && self.random.one_in(30);
            if !lost {
                self.deliver(socket, text);
            }
        }
    }

    pub(super) fn cut(&mut self, socket: Socket) {
        self.venue.gone(socket);
        if let Some(line) = self.lines.get_mut(&socket)
            && line.open
        {
            line.open = false;
            let (at, conn) = (line.last_ms.max(self.ms + 5), line.conn);
            self.put(at, Input::Closed(socket, conn));
        }
    }
}
