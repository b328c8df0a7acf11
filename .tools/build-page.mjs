// The live page of lib/server: one file, with its style and its program in it.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';
import { root } from './paths.mjs';
import { ToolError } from './run.mjs';

const page = path.join(root, 'lib', 'server', 'page');

async function bundle(entry) {
  const { outputFiles } = await build({
    entryPoints: [path.join(page, entry)],
    bundle: true,
    minify: true,
    write: false,
    format: 'iife',
    target: ['chrome109', 'firefox115', 'safari16'],
    legalComments: 'none',
    logLevel: 'warning',
  });
  const [file] = outputFiles;
  if (file === undefined) throw new ToolError(`esbuild made nothing of ${entry}`);
  return file.text.trim();
}

/** Puts text in the place of a comment that must be there. */
function put(html, comment, text) {
  if (!html.includes(comment)) throw new ToolError(`index.html has no ${comment}`);
  // A function: `$` in the text is no pattern.
  return html.replace(comment, () => text);
}

/** Writes `page.html` into a folder. */
export async function buildPage(folder) {
  const html = readFileSync(path.join(page, 'index.html'), 'utf8');
  const [style, program] = await Promise.all([bundle('page.css'), bundle('main.ts')]);
  if (/<\/(script|style)/i.test(style + program))
    throw new ToolError('the page would end its own script');
  const whole = put(put(html, '/* page.css */', style), '/* page.js */', program);
  writeFileSync(path.join(folder, 'page.html'), whole);
}
