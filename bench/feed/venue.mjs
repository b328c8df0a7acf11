// A venue on loopback that speaks Binance's combined streams: trades at a steady rate, each with its
// send time (CLOCK_MONOTONIC, ms) as its quantity. Prints its port; ends with its parent.
import { createServer } from 'node:http';
import process from 'node:process';
import { WebSocketServer } from 'ws';

const perSecond = Number(process.argv[2]);
const http = createServer((_, response) => {
  response.end(JSON.stringify({ lastUpdateId: 1, bids: [], asks: [] }));
});
const server = new WebSocketServer({ server: http });
const monotonicMs = () => Number(process.hrtime.bigint()) / 1e6;

server.on('connection', (socket) => {
  socket.on('message', (data) => {
    const { id, params } = JSON.parse(data.toString());
    socket.send(JSON.stringify({ result: null, id }));
    if (params.some((stream) => stream.endsWith('@trade'))) talk(socket);
  });
});

function talk(socket) {
  const startMs = monotonicMs();
  let sent = 0;
  const timer = setInterval(() => {
    const due = Math.floor(((monotonicMs() - startMs) / 1000) * perSecond);
    for (; sent < due; sent += 1) {
      const q = monotonicMs().toFixed(6);
      const trade = { e: 'trade', E: Date.now(), s: 'BTCUSDT', t: sent + 1, p: '100.10', q };
      const data = { ...trade, T: Date.now(), m: sent % 2 === 0 };
      socket.send(JSON.stringify({ stream: 'btcusdt@trade', data }));
    }
  }, 1);
  socket.on('close', () => clearInterval(timer));
}

http.listen(0, '127.0.0.1', () => console.log(http.address().port));
process.stdin.on('end', () => process.exit()).resume();
