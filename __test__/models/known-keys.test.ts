import { describe, expect, it } from 'vitest';

import { checkKeys, knownKeys } from '../../lib/models/known-keys.js';
import { nearestName } from '../../lib/models/nearest-name.js';

interface Options {
  readonly price?: number;
  readonly timeoutMs?: number;
}

const KEYS = knownKeys<Options>({ price: true, timeoutMs: true }, { cost: 'A cost is a price.' });
const check = (given: unknown) => (): unknown => checkKeys(given as Options, KEYS, 'order');
const refusal = (message: string): unknown =>
  expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT', message });

describe('the names of an object of options', () => {
  it('are taken when they are known, whatever they hold', () => {
    const given = { price: 1, timeoutMs: undefined };
    expect(check(given)()).toBe(given);
    expect(check({})()).toEqual({});
    expect(check(Object.assign(Object.create(null), { price: 1 }))).not.toThrow();
  });

  it('are refused when they are not, with the nearest one, or a hint, or all', () => {
    expect(check({ pirce: 1 })).toThrow(
      refusal('order.pirce: there is no such option. Did you mean price?'),
    );
    expect(check({ timeout: 1 })).toThrow(
      refusal('order.timeout: there is no such option. Did you mean timeoutMs?'),
    );
    expect(check({ cost: 1 })).toThrow(
      refusal('order.cost: there is no such option. A cost is a price.'),
    );
    expect(check({ colour: 1 })).toThrow(
      refusal('order.colour: there is no such option. There are price, timeoutMs.'),
    );
  });

  it('are refused also where their value is undefined', () => {
    expect(check({ pirce: undefined })).toThrow('Did you mean price?');
  });

  it('that every object has are no known ones', () => {
    for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty'])
      expect(check(JSON.parse(`{ ${JSON.stringify(name)}: 1 }`))).toThrow('no such option');
  });

  it('count when they are inherited, unless they are hidden as methods and accessors are', () => {
    expect(check(Object.create({ pirce: 1 }))).toThrow('Did you mean price?');
    class Quote {
      price = 1;
      get doubled(): number {
        return this.price * 2;
      }
      describe(): string {
        return 'a quote';
      }
    }
    expect(check(new Quote())).not.toThrow();
    class Sized extends Quote {
      size = 1;
    }
    expect(check(new Sized())).toThrow('order.size');
  });

  it('are looked at without a look at their values: a getter does not run', () => {
    const trap = (): never => {
      throw new Error('read');
    };
    const known = Object.defineProperty({}, 'price', { enumerable: true, get: trap });
    expect(check(known)).not.toThrow();
    const unknown = Object.defineProperty({}, 'pirce', { enumerable: true, get: trap });
    expect(check(unknown)).toThrow('Did you mean price?');
  });

  it('that are symbols do not count', () => {
    expect(check({ [Symbol('pirce')]: 1 })).not.toThrow();
  });

  it('do not reach the message unbounded, nor with what could be a line of its own', () => {
    expect(check({ [`a\n${'b'.repeat(1_000)}`]: 1 })).toThrow(
      refusal(
        `order."a\\n${'b'.repeat(62)}": there is no such option. There are price, timeoutMs.`,
      ),
    );
  });

  it.each([null, undefined, 1, 'price', true, 1n, [], () => 1])('are not those of %s', (given) => {
    expect(check(given)).toThrow('order: must be an object with named fields');
  });
});

describe('the nearest name', () => {
  const names = ['timeInForce', 'orderType', 'orderId', 'qty', 'side', 'price', 'answerTimeoutMs'];

  it.each([
    ['time_in_force', 'timeInForce'],
    ['TimeInForce', 'timeInForce'],
    ['timeinforce', 'timeInForce'],
    ['ordertype', 'orderType'],
    ['orderTyp', 'orderType'],
    ['orderid', 'orderId'],
    ['qyt', 'qty'],
    ['sied', 'side'],
    ['prcie', 'price'],
    ['limitPrice', 'price'],
    ['answerTimeout', 'answerTimeoutMs'],
    ['timeoutMs', 'answerTimeoutMs'],
  ])('to %s is %s', (given, meant) => {
    expect(nearestName(given, names)).toBe(meant);
  });

  it.each(['', 'xx', 'leverage', 'a'.repeat(1_000)])('to %s is none', (given) => {
    expect(nearestName(given, names)).toBeUndefined();
  });
});
