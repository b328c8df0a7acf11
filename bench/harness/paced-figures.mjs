// What a paced publisher reports, and what this process used meanwhile.

/** `cpu` is a difference of `process.cpuUsage()`; as a share of a core. */
export function pacedFigures(published, cpu) {
  return {
    published: published.events,
    rate: published.events / (published.elapsedNs / 1e9),
    cpu: ((cpu.user + cpu.system) * 1000) / published.elapsedNs,
    lateP99Ns: published.lateP99Ns,
  };
}
