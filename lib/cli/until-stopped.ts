/** Resolves at Ctrl+C, SIGTERM, or after so many seconds. */
export function untilStopped(seconds: number | undefined): Promise<void> {
  return new Promise((resolve) => {
    const stop = (): void => {
      clearTimeout(timer);
      process.off('SIGINT', stop).off('SIGTERM', stop);
      resolve();
    };
    const timer = setTimeout(stop, seconds === undefined ? 2 ** 31 - 1 : seconds * 1000);
    process.once('SIGINT', stop).once('SIGTERM', stop);
  });
}
