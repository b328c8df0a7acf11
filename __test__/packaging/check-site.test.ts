// What `npm run docs` takes for a breach of the documentation site.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';

const tool = new URL('../../.tools/check-site.mjs', import.meta.url);
const { siteBreaches } = (await import(tool.href)) as {
  siteBreaches: (site: string, guides: string) => Iterable<string>;
};

let folder: string;

function write(file: string, text: string): void {
  mkdirSync(path.join(folder, path.dirname(file)), { recursive: true });
  writeFileSync(path.join(folder, file), text);
}

function breaches(): string[] {
  return [...siteBreaches(path.join(folder, 'site'), path.join(folder, 'guide'))];
}

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'hbl-site-'));
  write('guide/orders.md', '---\ntitle: Orders\ngroup: Guides\n---\n\n# Orders\n');
  write('site/index.html', '<title>x</title><a href="documents/Orders.html#on-exit">orders</a>');
  write('site/media/page.png', '');
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

it('a site whose links lead somewhere has none', () => {
  const good = '<a href="../index.html">up</a><img src="../media/page.png"><a href="https://x.y">';
  write('site/documents/Orders.html', `<title>Orders | x</title><h2 id="on-exit">${good}`);
  expect(breaches()).toEqual([]);
});

it('a guide that is no page is one, and a guide without a title', () => {
  write('guide/lost.md', '---\ntitle: Lost\n---\n\n# Lost\n');
  write('guide/bare.md', '# Bare\n');
  expect(breaches()).toEqual([
    'bare.md: has no title in its front matter',
    'lost.md: "Lost" is no page of the site; list it in .tools/typedoc.json',
  ]);
  rmSync(path.join(folder, 'guide', 'lost.md'));
  rmSync(path.join(folder, 'guide', 'bare.md'));
});

it('a link to a file, a folder or a heading that is not there is one', () => {
  const bad =
    '<a href="Away.html"><a href="../media"><a href="#nothing"><img src="../media/no.png">';
  write('site/documents/Orders.html', `<title>Orders | x</title>${bad}`);
  expect(breaches()).toEqual([
    'index.html: documents/Orders.html#on-exit names no heading',
    'documents/Orders.html: Away.html leads nowhere',
    'documents/Orders.html: ../media leads nowhere',
    'documents/Orders.html: #nothing names no heading',
    'documents/Orders.html: ../media/no.png leads nowhere',
  ]);
});
