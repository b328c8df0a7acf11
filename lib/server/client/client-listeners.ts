import type { ClientEventName } from '../../client/client-event.js';
import type { ClientHandler } from '../../client/event-hub.js';
import type { LiveClient } from '../../client/live-client.js';

/** Listeners on a client that are taken off together. */
export class ClientListeners {
  readonly #client: LiveClient;
  readonly #takeOff: (() => void)[] = [];

  constructor(client: LiveClient) {
    this.#client = client;
  }

  on<K extends ClientEventName>(name: K, handler: ClientHandler<K>): void {
    this.#client.on(name, handler);
    this.#takeOff.push(() => {
      this.#client.off(name, handler);
    });
  }

  close(): void {
    for (const off of this.#takeOff.splice(0)) off();
  }
}
