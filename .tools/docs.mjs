// npm run docs: the TypeScript reference to docs/api, the Rust reference to target/doc. A warning
// (something undocumented, a dead link) fails.
import process from 'node:process';
import { cargoEnv, lockedArgs, whyNoCargo } from './cargo.mjs';
import { run, runBin, runMain } from './run.mjs';

runMain(async () => {
  const typedoc = await runBin('typedoc', ['--options', '.tools/typedoc.json']);
  const reason = whyNoCargo();
  if (reason !== null) {
    console.error(`docs: the Rust reference is skipped: ${reason}`);
    return typedoc || (process.env.REQUIRE_NATIVE === '1' ? 1 : 0);
  }
  const rustdoc = await run(
    'cargo',
    ['doc', ...lockedArgs, '--release', '--workspace', '--no-deps', '--features', 'hbl-node/live'],
    { env: { ...(await cargoEnv()), RUSTDOCFLAGS: '-D warnings' } },
  );
  return typedoc || rustdoc;
});
