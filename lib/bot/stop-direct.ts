import type { NativeBot } from '../native/native-addon.js';

/**
 * Ends the connectors on the bot's thread: waits until what was asked of them is sent and answered, as long
 * as their settings say (`--stop-wait-ms`, default 8 s), and says on standard error which orders stay open.
 */
export function stopDirect(bot: NativeBot): void {
  let left: string[] | null;
  do left = bot.stopDirect();
  while (left === null);
  if (left.length === 0) return;
  const lines = left.map((order) => `\n  ${order}`).join('');
  process.stderr.write(
    `hftbacktest-live: the bot ends and leaves these orders at the venue:${lines}\n`,
  );
}
