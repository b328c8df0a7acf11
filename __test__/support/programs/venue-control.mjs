// Commands to the fake venue from a program whose descriptors are counted: no connection is kept.
import { once } from 'node:events';
import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

const MOST_MS = 20_000;

/** `url`: its control socket. */
export function venueControl(url) {
  /** Carries out a command; throws when it is refused. */
  async function command(fields) {
    const asked = request(url, { method: 'POST', agent: false });
    asked.end(JSON.stringify(fields));
    const [answer] = await once(asked, 'response');
    let text = '';
    for await (const chunk of answer.setEncoding('utf8')) text += chunk;
    const { ok, result, error } = JSON.parse(text);
    if (!ok) throw new Error(`the venue refused ${fields.cmd}: ${error}`);
    return result;
  }
  /** Waits until it is so at the venue. */
  async function until(isSo, what) {
    const endMs = performance.now() + MOST_MS;
    while (!(await isSo())) {
      if (performance.now() > endMs) throw new Error(`there was never ${what}`);
      await sleep(10);
    }
  }
  return { command, until };
}
