import { defineConfig, type Options } from 'tsup';

const shared: Options = {
  outDir: process.env['BUILD_OUT_DIR'] ?? 'dist',
  target: 'node20.17',
  platform: 'node',
  sourcemap: true,
  // Dependencies and the addon stay outside: tsup leaves everything in package.json unbundled.
  external: [/\.node$/],
  tsconfig: 'tsconfig.json',
  treeshake: true,
};

/** The library, and the workers it starts: these are found beside the file that starts them. */
const entries = {
  index: 'lib/index.ts',
  feed: 'lib/feed/index.ts',
  server: 'lib/server/index.ts',
  testing: 'lib/testing/index.ts',
  'strategy-worker': 'lib/strategy/strategy-worker.ts',
  'client-worker': 'lib/client/client-worker.ts',
};

export default defineConfig([
  {
    ...shared,
    entry: entries,
    format: ['esm', 'cjs'],
    // import.meta.url in the CommonJS files.
    shims: true,
    // One copy of what several entries use, `HftError` above all, in CommonJS too.
    splitting: true,
    dts: {
      entry: {
        index: 'lib/index.ts',
        feed: 'lib/feed/index.ts',
        server: 'lib/server/index.ts',
        testing: 'lib/testing/index.ts',
      },
    },
  },
  // Command-line programs are only started, never required.
  {
    ...shared,
    entry: {
      'cli/main': 'lib/cli/main.ts',
      'cli/demo-strategy': 'lib/cli/demo-strategy.ts',
      'cli/addon-probe': 'lib/cli/doctor/addon-probe.ts',
      // Given to Node itself, which takes ES modules for it.
      typescript: 'lib/typescript/index.ts',
      'typescript-hooks': 'lib/typescript/hooks.ts',
    },
    format: ['esm'],
    // What is imported when it is needed is loaded then.
    splitting: true,
  },
]);
