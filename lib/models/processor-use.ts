/** Processor use of this process, all of its threads: 1 is one whole core. */
export class ProcessorUse {
  #mark = process.cpuUsage();
  #atMs = performance.now();
  #share = 0;

  /** Over the last full interval; 0 before its end. */
  get share(): number {
    return this.#share;
  }

  /** Ends an interval, and begins the next one. */
  tick(): void {
    const nowMs = performance.now();
    const elapsedMs = nowMs - this.#atMs;
    if (elapsedMs <= 0) return;
    const { user, system } = process.cpuUsage(this.#mark);
    this.#share = (user + system) / 1000 / elapsedMs;
    this.#mark = process.cpuUsage();
    this.#atMs = nowMs;
  }
}
