/** The name that napi-rs gives this platform: `linux-x64-gnu`, `darwin-arm64`, … */
export function platformName(): string {
  const base = `${process.platform}-${process.arch}`;
  if (process.platform === 'win32') return `${base}-msvc`;
  if (process.platform !== 'linux') return base;
  const report = process.report.getReport() as { header?: { glibcVersionRuntime?: string } };
  return `${base}-${report.header?.glibcVersionRuntime === undefined ? 'musl' : 'gnu'}`;
}
