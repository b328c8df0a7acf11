// What programs that `ClientProcess` drives have in common: commands come as messages, what happens
// goes back with its time.
import process from 'node:process';

import { nowUs } from './unix-us.mjs';

export const say = (message) => process.connected && process.send({ atUs: nowUs(), ...message });

/** Carries out messages `{ do: name, … }` by these functions until nobody sends any more. */
export function drivenBy(calls) {
  process.on('message', ({ do: name, ...args }) => {
    Promise.resolve()
      .then(() => calls[name](args))
      .catch((error) =>
        say({ kind: 'error', text: `${name}: ${error.code ?? ''} ${error.message}` }),
      );
  });
  process.once('disconnect', () => process.exit());
}

/** The `connector` option of a program on its own connector (`direct`: its config and keys), or nothing. */
export const directConnector = (name, direct) =>
  direct && { connector: { kind: 'bybit', direct: true, paper: false, name, ...direct } };
