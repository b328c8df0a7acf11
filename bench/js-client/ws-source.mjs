// A venue in another process: one level per JSON text message, paced as the publisher paces.
// `ws-source.mjs RATE SECONDS`.
import process from 'node:process';
import { LatencyHistogram } from 'hftbacktest-live';
import { WebSocketServer } from 'ws';

const [rate, seconds] = process.argv.slice(2).map(Number);
const SETTLE_MS = 300;
const total = rate * seconds;
const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false });
const say = (line) => console.log(JSON.stringify(line));

server.on('listening', () => say({ type: 'ready', port: server.address().port }));
server.on('connection', (socket) => {
  // What the other side does on its start is not counted.
  setTimeout(() => publish(socket), SETTLE_MS);
  socket.on('close', () => server.close());
});

function publish(socket) {
  const late = new LatencyHistogram();
  const startNs = Number(process.hrtime.bigint());
  let sent = 0;
  const turn = () => {
    let nowNs = Number(process.hrtime.bigint());
    for (let dueNs; sent < total && nowNs >= (dueNs = startNs + (sent * 1e9) / rate); sent++) {
      late.record(nowNs - dueNs);
      const isBid = sent % 2 === 0;
      const step = ((Math.floor(sent / 2) % 40) + 1) * (isBid ? -0.1 : 0.1);
      const level = [(50_000 + step).toFixed(1), String((sent % 7) + 1)];
      const data = { s: 'BENCH', b: isBid ? [level] : [], a: isBid ? [] : [level], u: sent };
      socket.send(JSON.stringify({ topic: 'orderbook.1.BENCH', type: 'delta', ts: nowNs, data }));
      nowNs = Number(process.hrtime.bigint());
    }
    if (sent < total) setImmediate(turn);
    else {
      const elapsedNs = nowNs - startNs;
      say({ type: 'published', events: total, elapsedNs, lateP99Ns: late.percentile(99) });
    }
  };
  turn();
}
