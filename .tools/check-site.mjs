// Checks the documentation site that TypeDoc has built: every guide is a page of it, and every link
// from a guide to another page, an anchor, a file or an image leads somewhere. Prints each breach.
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { root } from './paths.mjs';

/** Pages with prose: the front page and the documents. The rest is TypeDoc's own. */
function pagesOf(site) {
  const documents = path.join(site, 'documents');
  const names = existsSync(documents) ? readdirSync(documents) : [];
  return [path.join(site, 'index.html'), ...names.map((name) => path.join(documents, name))];
}

/** The title that a guide gives itself in its front matter. */
function titleOf(file) {
  return /^---\n(?:.*\n)*?title: (.*)\n/.exec(readFileSync(file, 'utf8'))?.[1];
}

function* missingGuides(site, guides) {
  const titles = pagesOf(site)
    .filter((page) => existsSync(page))
    .map((page) => /<title>(.*?) \| /.exec(readFileSync(page, 'utf8'))?.[1]);
  for (const name of readdirSync(guides).filter((file) => file.endsWith('.md'))) {
    const title = titleOf(path.join(guides, name));
    if (title === undefined) yield `${name}: has no title in its front matter`;
    else if (!titles.includes(title))
      yield `${name}: "${title}" is no page of the site; list it in .tools/typedoc.json`;
  }
}

const hasAnchor = (file, anchor) => readFileSync(file, 'utf8').includes(` id="${anchor}"`);

function* deadLinks(site) {
  for (const page of pagesOf(site)) {
    const name = path.relative(site, page);
    if (!existsSync(page)) {
      yield `${name}: is not there`;
      continue;
    }
    for (const [, link] of readFileSync(page, 'utf8').matchAll(/ (?:href|src|srcset)="([^"]*)"/g)) {
      if (/^[a-z]+:/i.test(link)) continue;
      const [target, anchor] = decodeURIComponent(link).split('#');
      const file = target === '' ? page : path.resolve(path.dirname(page), target);
      if (!existsSync(file) || statSync(file).isDirectory()) yield `${name}: ${link} leads nowhere`;
      else if (anchor && file.endsWith('.html') && !hasAnchor(file, anchor))
        yield `${name}: ${link} names no heading`;
    }
  }
}

/** What is wrong with the site in `site`, built from the guides in `guides`. */
export function* siteBreaches(site, guides) {
  yield* missingGuides(site, guides);
  yield* deadLinks(site);
}

/** How many breaches the site of this tree has; prints each. */
export function checkSite() {
  const docs = path.join(root, 'docs');
  const breaches = [...siteBreaches(path.join(docs, 'api'), path.join(docs, 'guide'))];
  for (const breach of breaches) console.error(`docs: ${breach}`);
  return breaches.length;
}
