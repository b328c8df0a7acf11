// npm run docs: one site with the guides, the TypeScript reference and a search to docs/api, the Rust
// reference to target/doc. A warning (something undocumented, a dead link) fails, and so does a guide
// that is not in the site.
import process from 'node:process';
import { cargoEnv, lockedArgs, whyNoCargo } from './cargo.mjs';
import { checkSite } from './check-site.mjs';
import { run, runBin, runMain } from './run.mjs';

async function site() {
  const typedoc = await runBin('typedoc', ['--options', '.tools/typedoc.json']);
  return typedoc !== 0 ? typedoc : checkSite() > 0 ? 1 : 0;
}

runMain(async () => {
  const built = await site();
  const reason = whyNoCargo();
  if (reason !== null) {
    console.error(`docs: the Rust reference is skipped: ${reason}`);
    return built || (process.env.REQUIRE_NATIVE === '1' ? 1 : 0);
  }
  const rustdoc = await run(
    'cargo',
    ['doc', ...lockedArgs, '--release', '--workspace', '--no-deps', '--features', 'hbl-node/live'],
    { env: { ...(await cargoEnv()), RUSTDOCFLAGS: '-D warnings' } },
  );
  return built || rustdoc;
});
