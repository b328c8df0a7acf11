// Reads what `cargo test` prints into suites with their counts.

/** Collects the output as it comes; `suites` gives what it held. */
export class CargoReport {
  #rest = '';
  #suites = [];
  #name = '';
  #notes = [];
  /** Tests that libtest calls passed and that said themselves that they could not run. */
  #skipped = 0;

  add(chunk) {
    const lines = (this.#rest + chunk).split('\n');
    this.#rest = lines.pop();
    for (const line of lines) this.#line(line);
  }

  #line(line) {
    const running = /^\s+Running (\S+(?: \S+)?) \((?:.*\/)?([^/)]+?)-[0-9a-f]{16}\)/.exec(line);
    const docs = /^\s+Doc-tests (\S+)/.exec(line);
    if (running || docs) {
      this.#end('its test program ended without a result');
      this.#name = running
        ? `${running[2]}: ${running[1].replace('unittests ', '')}`
        : `${docs[1]}: doc tests`;
      return;
    }
    const unrun = /^test (.+) \.\.\. (ignored|FAILED)(?:, (.*))?$/.exec(line);
    if (unrun) {
      this.#notes.push(`${unrun[1]}: ${unrun[2].toLowerCase()}${unrun[3] ? `, ${unrun[3]}` : ''}`);
      return;
    }
    const skipped = /^SKIPPED (\S+): (.+)$/.exec(line);
    if (skipped) {
      this.#skipped += 1;
      this.#notes.push(`${skipped[1]}: skipped, ${skipped[2]}`);
      return;
    }
    const result = /^test result: \S+ (\d+) passed; (\d+) failed; (\d+) ignored/.exec(line);
    if (result) {
      const [passed, failed, ignored] = result.slice(1).map(Number);
      const early = Math.min(this.#skipped, passed);
      this.#push({ passed: passed - early, failed, skipped: ignored + early });
    }
  }

  #push(counts) {
    this.#suites.push({ name: `rust ${this.#name}`, ...counts, notes: this.#notes });
    this.#name = '';
    this.#notes = [];
    this.#skipped = 0;
  }

  /** A program that was announced but printed no result has crashed: that is a failure. */
  #end(problem) {
    if (this.#name === '') return;
    this.#notes.push(problem);
    this.#push({ passed: 0, failed: 1, skipped: 0 });
  }

  suites(exitCode) {
    this.#end('its test program ended without a result');
    const failed = this.#suites.some((suite) => suite.failed > 0);
    if (exitCode !== 0 && !failed) {
      this.#suites.push({
        name: 'rust build of the tests',
        passed: 0,
        failed: 1,
        skipped: 0,
        notes: [`cargo test ended with ${exitCode}`],
      });
    }
    return this.#suites.filter((suite) => suite.passed + suite.failed + suite.skipped > 0);
  }
}
