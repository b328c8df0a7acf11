import { hasEnded } from '../has-ended.js';
import { livesOf } from '../lives.js';
import type { ShownOrder, Story } from '../story.js';
import { CLOCKS_US, type Rule, type Violation } from './rule.js';

/** By any layer: states and outcomes of the client, records of the bot, the client's list. */
export const endedButLives: Rule = {
  name: 'ended-but-lives',
  says: 'no order is called ended that lives at the venue',
  check(story) {
    const lives = livesOf(story.journal, story.botId);
    const found = new Map<bigint, Violation>();
    const ended = (orderId: bigint, atUs: number, who: string, word: string): void => {
      for (const life of lives.get(orderId) ?? []) {
        if (life.endedUs !== null && life.endedUs <= atUs + CLOCKS_US) continue;
        if (found.has(orderId)) continue;
        const until = life.endedUs === null ? 'to the end' : `${ms(life.endedUs - atUs)} longer`;
        found.set(orderId, {
          orderId,
          text: `${who} called it ${word} at ${String(atUs)}; at the venue it lived ${until}`,
        });
      }
    };
    for (const said of allSaid(story)) ended(said.orderId, said.atUs, said.who, said.word);
    return [...found.values()];
  },
};

interface Said {
  readonly orderId: bigint;
  readonly atUs: number;
  readonly who: string;
  readonly word: string;
}

function* allSaid(story: Story): Generator<Said> {
  const ofOrder = function* (order: ShownOrder, atUs: number, who: string): Generator<Said> {
    if (hasEnded(order.state)) yield { orderId: order.orderId, atUs, who, word: order.state };
  };
  for (const { kind, atUs, order, orderId, status } of story.reported) {
    if (kind === 'state' && order !== undefined)
      yield* ofOrder(order, atUs, 'an orderUpdate event');
    if (kind === 'record' && orderId !== undefined && hasEnded(status ?? ''))
      yield { orderId, atUs, who: 'a record of the bot', word: status ?? '' };
  }
  for (const { what, outcome } of story.calls)
    for (const { order } of outcome?.results ?? [])
      yield* ofOrder(order, outcome?.atUs ?? 0, `the outcome of ${what}`);
  for (const order of story.view?.orders ?? [])
    yield* ofOrder(order, story.view?.atUs ?? 0, "the client's list");
}

function ms(us: number): string {
  return `${String(Math.round(us / 1000))} ms`;
}
