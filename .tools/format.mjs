// npm run format [-- --check]: prettier for everything but Rust and prose, rustfmt for Rust.
import process from 'node:process';
import { outputOf, run, runBin, runMain } from './run.mjs';

const check = process.argv.includes('--check');

runMain(async () => {
  const files = ['lib', '__test__', 'examples', 'bench', '.tools', '*.json', '.prettierrc.json'];
  const patterns = files.map((file) =>
    file.includes('.json') ? file : `${file}/**/*.{ts,js,mjs,cjs,json}`,
  );
  const prettier = await runBin('prettier', [
    check ? '--check' : '--write',
    '--log-level=warn',
    '--no-error-on-unmatched-pattern',
    ...patterns,
  ]);
  if (outputOf('cargo', ['fmt', '--version']) === null) {
    console.error('format: rustfmt skipped: there is none');
    return prettier || (process.env.REQUIRE_NATIVE === '1' ? 1 : 0);
  }
  const rustfmt = await run('cargo', ['fmt', '--all', ...(check ? ['--check'] : [])]);
  return prettier || rustfmt;
});
