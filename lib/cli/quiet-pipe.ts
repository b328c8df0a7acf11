import process from 'node:process';

/**
 * Ends the program in order, and without a message, when its output has lost its reader (`… | head`): as
 * at a first Ctrl+C where a command runs, else at once. What else fails on the output is thrown.
 */
export function endQuietlyWithoutReader(): void {
  const onError = (error: NodeJS.ErrnoException): void => {
    if (error.code !== 'EPIPE') throw error;
    // Comes once per write that was under way; the first one counts.
    process.stdout.off('error', onError).on('error', () => undefined);
    if (!process.emit('SIGTERM', 'SIGTERM')) process.exit(0);
  };
  process.stdout.on('error', onError);
  // Without a reader of its output a program has nothing to do.
  process.stderr.on('error', () => undefined);
}
