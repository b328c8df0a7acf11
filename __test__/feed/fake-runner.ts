import type { RunnerChannel, RunnerEvent } from '../../lib/connector/runner-event.js';
import type { RunnerHealth, RunnerPort } from '../../lib/connector/runner-port.js';
import { EventQueue } from '../../lib/models/event-queue.js';

/** A runner without a process: the test says what it does. */
export class FakeRunner implements RunnerPort {
  readonly calls: string[] = [];
  readonly queue = new EventQueue<RunnerEvent>({ capacity: 1_000, policy: 'drop-oldest' });
  state: RunnerHealth['state'] = 'created';
  failWith: Error | undefined;
  restarts = 0;
  #events = 0;

  async start(): Promise<void> {
    this.calls.push('start');
    if (this.state !== 'created' && this.state !== 'failed') return;
    if (this.failWith !== undefined) {
      this.state = 'failed';
      throw this.failWith;
    }
    this.state = 'running';
  }

  async stop(): Promise<void> {
    this.calls.push('stop');
    this.state = 'stopped';
    this.queue.close();
  }

  subscribe(channel: RunnerChannel, symbol: string): void {
    this.calls.push(`subscribe ${channel} ${symbol}`);
  }

  unsubscribe(channel: RunnerChannel, symbol: string): void {
    this.calls.push(`unsubscribe ${channel} ${symbol}`);
  }

  report(event: RunnerEvent): void {
    if (event.type === 'trade' || event.type === 'depth') this.#events += 1;
    this.queue.push(event);
  }

  nextEvent(timeoutMs: number): Promise<RunnerEvent | undefined> {
    return this.queue.take(timeoutMs);
  }

  nextEventNowait(): RunnerEvent | undefined {
    return this.queue.takeNow();
  }

  get health(): RunnerHealth {
    return {
      state: this.state,
      processAlive: this.state === 'running',
      pid: this.state === 'running' ? 4_711 : undefined,
      restarts: this.restarts,
      queueSize: this.queue.size,
      errorCount: 0,
      invalidLines: 0,
      dropped: 0,
      conflated: 0,
      events: this.#events,
      lastEventMs: undefined,
      subscriptions: { trades: [], depth: [] },
    };
  }
}
