// Sends events through zeromq as fast as they are taken, one message each. `zeromq-source.mjs
// ADDRESS COUNT`.
import process from 'node:process';
import { Push } from 'zeromq';

const [address, count] = process.argv.slice(2);
const BYTES = 40;
const socket = new Push();
await socket.bind(address);
console.log(JSON.stringify({ type: 'ready' }));
for (let i = 0; i < Number(count); i++) {
  const message = Buffer.allocUnsafe(BYTES);
  message.writeDoubleLE(50_000 + (i % 40) * 0.1, 0);
  message.writeDoubleLE((i % 7) + 1, 8);
  message.writeBigUInt64LE(process.hrtime.bigint(), 16);
  await socket.send(message);
}
console.log(JSON.stringify({ type: 'published', events: Number(count) }));
// What is still on its way goes with the socket: it stays until the other side has all.
process.stdin.on('end', () => socket.close()).resume();
