import type { PageMessage } from '../../view/page-message.js';

const RETRY_MS = [500, 1_000, 2_000, 5_000];
/** The server sends ten times a second; a silence like this is a fault. */
const SILENCE_MS = 3_000;

/** Who hears of a connection. */
export interface ConnectionHost {
  /** The market to ask for, '' for any. */
  market(): string;
  take(message: PageMessage): void;
  /** There is no connection, and why. */
  lost(why: string): void;
}

/** The page's one WebSocket: opened again when it ends, closed while the page is hidden. */
export class Connection {
  readonly #host: ConnectionHost;
  #socket: WebSocket | undefined;
  #attempts = 0;
  #retry = 0;
  #lastMessageMs = 0;

  constructor(host: ConnectionHost) {
    this.#host = host;
    // While the page is hidden, the server makes nothing for it and the browser draws nothing.
    document.addEventListener('visibilitychange', () => {
      const old = this.#socket;
      this.#socket = undefined;
      old?.close();
      if (!document.hidden) this.open();
    });
    setInterval(() => {
      const isOpen = this.#socket?.readyState === WebSocket.OPEN;
      if (isOpen && performance.now() - this.#lastMessageMs > SILENCE_MS)
        host.lost('the server is silent');
    }, 1_000);
  }

  /** Opens it, in place of the one that is open. */
  open(): void {
    clearTimeout(this.#retry);
    if (document.hidden) return;
    const old = this.#socket;
    // Beside the page, wherever a proxy has put that.
    const url = new URL('ws/live', location.href.replace(/[#?].*/, ''));
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    const market = this.#host.market();
    if (market !== '') url.searchParams.set('market', market);
    const opened = new WebSocket(url);
    this.#socket = opened;
    this.#lastMessageMs = performance.now();
    opened.onmessage = (event: MessageEvent<string>) => {
      if (this.#socket !== opened) return;
      this.#attempts = 0;
      this.#lastMessageMs = performance.now();
      this.#host.take(JSON.parse(event.data) as PageMessage);
    };
    opened.onclose = () => {
      if (this.#socket === opened && !document.hidden) this.#again(opened);
    };
    old?.close();
  }

  #again(ended: WebSocket): void {
    const waitMs = RETRY_MS[Math.min(this.#attempts, RETRY_MS.length - 1)] ?? 5_000;
    this.#attempts += 1;
    const again = `trying again in ${String(waitMs / 1000)} s`;
    this.#host.lost(`the server does not answer; ${again}`);
    void refusal().then((why) => {
      if (why !== '' && this.#socket === ended) this.#host.lost(`${why}; ${again}`);
    });
    this.#retry = setTimeout(() => {
      this.open();
    }, waitMs);
  }
}

/** Why the server refuses this page, as it says itself; '' when it does not. */
async function refusal(): Promise<string> {
  try {
    const answer = await fetch(`ws/live?origin=${encodeURIComponent(location.origin)}`);
    const { error } = (await answer.json()) as { error?: unknown };
    return typeof error === 'string' ? error : '';
  } catch {
    return '';
  }
}
