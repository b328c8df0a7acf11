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
    // A slim stand-in for what the chart library needs of it.
    alias: { 'fancy-canvas': path.join(page, 'chart', 'canvas-binding.ts') },
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

/** Blanks at the begin of lines are for those who read the source. */
const withoutIndents = (html) => html.replace(/\n\s+/g, '\n');

/** Licences of what is bundled into the page, for the folder that is published. */
function notices() {
  const license = readFileSync(
    path.join(root, 'node_modules', 'lightweight-charts', 'LICENSE'),
    'utf8',
  );
  return `The live page (page.html) contains TradingView Lightweight Charts (https://www.tradingview.com/),
under the licence that follows. Its NOTICE file says:

TradingView Lightweight Charts™
Copyright (c) 2025 TradingView, Inc. https://www.tradingview.com/

${license.trimEnd()}
`;
}

/** Writes `page.html` and the notices of what is in it into a folder. */
export async function buildPage(folder) {
  const html = withoutIndents(readFileSync(path.join(page, 'index.html'), 'utf8'));
  const [style, program] = await Promise.all([bundle('page.css'), bundle('main.ts')]);
  if (/<\/(script|style)/i.test(style + program))
    throw new ToolError('the page would end its own script');
  const whole = put(put(html, '/* page.css */', style), '/* page.js */', program);
  writeFileSync(path.join(folder, 'page.html'), whole);
  writeFileSync(path.join(folder, 'THIRD-PARTY-NOTICES.txt'), notices());
}
