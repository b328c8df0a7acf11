/** What the connector says when it is ready. */
export type ReadyInfo = Readonly<Record<string, unknown>>;

/**
 * A ready line is a JSON object that says so: `{"type":"ready",…}` or, in the JSON-lines protocol,
 * `{"type":"status","status":"ready",…}`. `undefined` for any other line.
 */
export function parseReadyLine(line: string): ReadyInfo | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    const value = JSON.parse(line) as Record<string, unknown>;
    const isReady =
      value['type'] === 'ready' || (value['type'] === 'status' && value['status'] === 'ready');
    return isReady ? value : undefined;
  } catch {
    return undefined;
  }
}
