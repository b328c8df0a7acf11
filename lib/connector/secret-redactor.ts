/** Shorter values are no secrets, and would take half of every text with them. */
const SHORTEST = 6;
const SECRET_NAME =
  /(^|_)(API_?KEY|ACCESS_?KEY|PRIVATE_?KEY|SECRET|PASSWORD|PASSPHRASE|TOKEN)(_|$)/i;
const MARK = '[redacted]';

/** Takes secrets out of texts that leave the process: logs, errors, health. */
export class SecretRedactor {
  readonly #values: readonly string[];

  /** @param secrets - Values to take out; those shorter than 6 characters are left. */
  constructor(secrets: readonly string[]) {
    const spellings = secrets
      .filter((secret) => secret.length >= SHORTEST)
      .flatMap((secret) => [
        secret,
        // As a JSON string, a URL and an HTTP header would show it.
        JSON.stringify(secret).slice(1, -1),
        encodeURIComponent(secret),
        Buffer.from(secret).toString('base64').replace(/=+$/, ''),
      ]);
    // Longest first: a secret that holds another one goes as a whole.
    this.#values = [...new Set(spellings)].sort((a, b) => b.length - a.length);
  }

  /** Every variable whose name says that it holds a secret: `…_API_KEY`, `…_SECRET`, `…_TOKEN`, … */
  static fromEnv(env: NodeJS.ProcessEnv): SecretRedactor {
    return new SecretRedactor(
      Object.entries(env).flatMap(([name, value]) =>
        value !== undefined && SECRET_NAME.test(name) ? [value] : [],
      ),
    );
  }

  /** The text with every secret replaced. */
  redact(text: string): string {
    let clean = text;
    for (const value of this.#values) {
      if (clean.includes(value)) clean = clean.replaceAll(value, MARK);
    }
    return clean;
  }

  /** As `redact`, for a text that goes on: the beginning of a secret at its end goes as well. */
  redactOpen(text: string): string {
    const clean = this.redact(text);
    for (const value of this.#values) {
      for (let length = value.length - 1; length >= SHORTEST; length -= 1) {
        if (clean.endsWith(value.slice(0, length))) return clean.slice(0, -length) + MARK;
      }
    }
    return clean;
  }

  /** True when one of the texts is, or clearly holds, a secret. */
  isIn(texts: readonly string[]): boolean {
    return texts.some((text) =>
      this.#values.some((value) => text === value || (value.length >= 12 && text.includes(value))),
    );
  }
}
