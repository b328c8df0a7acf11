// Keeps words out that the terms of docs/glossary.md have replaced. Prints each, and returns how many.
import { readFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { root } from './paths.mjs';
import { ToolError } from './run.mjs';

/** The venues, except for Bybit's folder. */
const VENUES =
  /^crates\/venues\/(src\/(kit|paper|sim|replay|binance)|examples|tests\/(binance|listings|allocations|shared))/;

/** Bybit, its tests, and the process `connector`. */
const BYBIT = /^crates\/(venues\/(src\/bybit|tests\/(bybit|listings|allocations))|connector\/)/;

/** Bybit without its tests. */
const BYBIT_SOURCE = /^crates\/venues\/src\/bybit\//;

const TYPESCRIPT = /^(lib|__test__|examples|bench)\/.*\.(ts|mjs)$/;

/** A replaced word, as a pattern, and the term to use; where given, only in these files. */
const REPLACED = [
  [/berths?/i, 'waker affinity'],
  [/rung/, 'wake stamp', /^crates\//],
  [/crowd(ed)?/i, 'CPU contention'],
  [/naps?/i, 'batch sleep'],
  [/OrderRouter|order_router/, 'order registry'],
  [/outlet|outgoing/i, 'bot publisher, bot message', /^crates\//],
  [/patience/i, 'idle strategy, yield time or time-out', /^(crates|docs)\//],
  [/desks?/i, 'order manager', /^crates\/(exchange|fake-bybit)\//],
  [/outbox(es)?/i, 'delivery queue', /^crates\/exchange\//],
  [/shadow(ed|s)?|ShadowExchange/i, 'fill simulator, external book', /^crates\/exchange\//],
  [/unseen|unheard|unnamed|doubt|lose_sight/i, 'unacked, unconfirmed', /^crates\/livebot\//],
  [/upkeep|attention/i, 'resync, pending work', /^crates\/livebot\//],
  [/awaited/i, 'resync orders', /^crates\/livebot\//],
  [/consents?/i, 'order destination', /^crates\/livebot\//],
  [/(dis)?trust(ed)?|was_whole|whole_book/i, 'synced', /^crates\/livebot\//],
  [/(un)?told|retell/i, 'reported, or sent for notices', /^(crates|lib|__test__)\//],
  [/side[ -](lanes?|channels?)|Side(Event|Request)|side_?channel/i, 'control channel'],
  [/BotPage|PageState|PageKind/, 'control block', /^crates\//],
  [/stock/i, 'upstream', /^(crates|lib|docs|examples)\//],
  [/FeedFresh|feed_fresh/, 'FeedLive'],
  [/BookBatch/, 'book update', TYPESCRIPT],
  [/orderStates?|OrderStateChange/, 'order update', TYPESCRIPT],
  [/trusted/i, 'synced', TYPESCRIPT],
  [/uncertain/i, 'unconfirmed', TYPESCRIPT],
  [/OrderDesk/, 'order manager', TYPESCRIPT],
  [/peers?/i, 'connector session', /^crates\/livebot\//],
  [/rate_?buckets?/i, 'rate limiter', BYBIT],
  [/fresh/, 'live', BYBIT_SOURCE],
  [/nobody|somebody|doubt(s|ed|ful)?|of ours/, 'unconfirmed, or the party itself', BYBIT_SOURCE],
  [/outbox(es)?/i, 'conflating queue', /^crates\/connector\//],
  [/gates?/, 'HTTP edge', BYBIT],
  [/told|tells?/i, 'reported', BYBIT],
  [/earlier runs?|FirstSight|sighting/i, 'previous session', BYBIT_SOURCE],
  [/polic(y|ies)/i, 'options', BYBIT],
  [/quick(frame|book| way)?/i, 'fast path', BYBIT],
  [/adopt(ed|s)?|ADOPTED/i, 'recovered', VENUES],
  [/earlier runs?/, 'previous session', VENUES],
  [/untrusted|is_trusted|distrust(ed)?|is_fresh/i, 'synced or live', VENUES],
  [/onlookers?|only looks on|looks on/i, 'read-only'],
  [/refusals?|refuse_\w+/i, 'reject', VENUES],
  [/unseen|unheard|doubt|UNCERTAIN/i, 'unacked, unconfirmed', VENUES],
];

/** Where the words are looked for. */
const PLACES = ['crates', 'lib', '__test__', 'examples', 'bench', 'docs', '*.md'];
/** What tells of the past, and the test of this check, must name them. */
const NAMING = new Set(['CHANGELOG.md', '__test__/packaging/check-words.test.ts']);

function filesOfTheTree() {
  const { stdout } = spawnSync('git', ['ls-files', '-z', '--', ...PLACES], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  const files = stdout
    .split('\0')
    .filter((file) => /\.(rs|ts|mts|cts|mjs|cjs|js|md|html)$/.test(file));
  // Without git there is nothing to look at, which must not pass for a clean tree.
  if (files.length === 0) throw new ToolError('check-words: git lists no files of this tree');
  return files;
}

/** Each word that should not stand there, as `file:line: …`. */
export function* replacedWords(file, text) {
  for (const [word, term, within] of REPLACED) {
    if (within?.test(file) === false) continue;
    const whole = new RegExp(`(?<![A-Za-z])(?:${word.source})(?![A-Za-z])`, `g${word.flags}`);
    for (const match of text.matchAll(whole)) {
      const line = text.slice(0, match.index).split('\n').length;
      yield `${file}:${line}: "${match[0]}" is called ${term} (docs/glossary.md)`;
    }
  }
}

export function checkWords() {
  let count = 0;
  for (const file of filesOfTheTree().filter((name) => !NAMING.has(name))) {
    for (const text of replacedWords(file, readFileSync(path.join(root, file), 'utf8'))) {
      console.error(text);
      count += 1;
    }
  }
  return count;
}
