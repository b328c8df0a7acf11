import { describe, expect, it } from 'vitest';

import { hostName, isAllowed } from '../../lib/server/host-guard.js';

const hosts = new Set(['bot.example', '[::1]']);

describe('the guard of the host', () => {
  it.each([
    ['bot.example', 'bot.example'],
    ['BOT.Example:80', 'bot.example'],
    ['[::1]:8787', '[::1]'],
    ['bot.example:123456', undefined],
    ['bot.example/x', undefined],
    ['user@bot.example', undefined],
    ['bot.example bot.example', undefined],
    ['::1', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('reads %j as the name %j', (header, name) => {
    expect(hostName(header)).toBe(name);
  });

  it.each([
    ['BOT.EXAMPLE:80', undefined, true],
    ['bot.example:8787', 'http://bot.example:8787', true],
    ['BOT.example:8787', 'http://bot.example:8787', true],
    ['bot.example:8787', 'http://bot.example:8788', false],
    ['bot.example', 'http://evil.example', false],
    ['bot.example', 'null', false],
    ['bot.example', '', false],
    ['evil.example', 'http://evil.example', false],
    [undefined, undefined, false],
  ])('lets a request to %j from %j pass: %j', (host, origin, passes) => {
    expect(isAllowed(hosts, host, origin)).toBe(passes);
  });
});
