/** What can be closed when the process exits. */
interface Closable {
  close(): void;
}

/** Weak, so that a bot without other references can still be collected. */
const open = new Set<WeakRef<Closable>>();
let isListening = false;

/**
 * Closes it at `process.exit()` and after an uncaught error, where Node does not release what
 * addons hold: its shared memory would stay until the next bot sweeps up. Returns how to forget it.
 */
export function closeAtExit(closable: Closable): () => void {
  const entry = new WeakRef(closable);
  open.add(entry);
  if (!isListening) {
    isListening = true;
    process.on('exit', () => {
      for (const each of open) each.deref()?.close();
    });
  }
  return () => {
    open.delete(entry);
  };
}
