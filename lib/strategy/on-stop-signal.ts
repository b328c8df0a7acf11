/** What comes so soon after the first signal is the same Ctrl+C once more. */
const ECHO_MS = 1_000;

/**
 * Calls `stop` at the first SIGINT or SIGTERM. One Ctrl+C comes several times: from the terminal,
 * from npm, from the tool that started this. A signal more than a second later ends the process at
 * once, as if there were no listener.
 *
 * @param atOnce - Called before that end, for what must still be said.
 * @returns Stops listening.
 */
export function onStopSignal(stop: () => void, atOnce?: () => void): () => void {
  let firstMs: number | undefined;
  const letGo = (): void => {
    process.off('SIGINT', listen).off('SIGTERM', listen);
  };
  const listen = (signal: NodeJS.Signals): void => {
    if (firstMs === undefined) {
      firstMs = performance.now();
      stop();
    } else if (performance.now() - firstMs > ECHO_MS) {
      letGo();
      atOnce?.();
      process.kill(process.pid, signal);
    }
  };
  process.on('SIGINT', listen).on('SIGTERM', listen);
  return letGo;
}
