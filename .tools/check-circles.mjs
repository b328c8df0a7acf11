// Keeps circles of imports out: between files of lib/, and between modules of one crate. Prints each,
// and returns how many. Type imports of TypeScript and tests carry no code and do not count.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { root } from './paths.mjs';

function filesUnder(dir, extension) {
  return readdirSync(path.join(root, dir), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(extension))
    .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)));
}

/** Groups of nodes that reach each other, of more than one node (Tarjan). */
export function circlesOf(graph) {
  const index = new Map();
  const low = new Map();
  const stack = [];
  const onStack = new Set();
  const circles = [];
  const visit = (node) => {
    index.set(node, index.size);
    low.set(node, index.get(node));
    stack.push(node);
    onStack.add(node);
    for (const next of graph.get(node) ?? []) {
      if (!graph.has(next)) continue;
      if (!index.has(next)) {
        visit(next);
        low.set(node, Math.min(low.get(node), low.get(next)));
      } else if (onStack.has(next)) {
        low.set(node, Math.min(low.get(node), index.get(next)));
      }
    }
    if (low.get(node) !== index.get(node)) return;
    const circle = [];
    for (;;) {
      const member = stack.pop();
      onStack.delete(member);
      circle.push(member);
      if (member === node) break;
    }
    if (circle.length > 1) circles.push(circle.sort());
  };
  for (const node of graph.keys()) if (!index.has(node)) visit(node);
  return circles;
}

/** The files that a file of TypeScript imports code from. */
export function importsOf(file, text) {
  const found = [];
  const pattern =
    /^(?:import|export)\s(?!type\b)([^;]*?)\sfrom\s+'(\.[^']+)'|^import\s+'(\.[^']+)'/gm;
  for (const [, names, from, bare] of text.matchAll(pattern)) {
    // Only types in the braces.
    const inner = /^\{([^}]*)\}$/s.exec(names?.trim() ?? '')?.[1];
    const parts = inner
      ?.split(',')
      .map((part) => part.trim())
      .filter((part) => part !== '');
    if (parts?.every((part) => part.startsWith('type '))) continue;
    const target = path.normalize(path.join(path.dirname(file), from ?? bare));
    found.push(target.replace(/\.js$/, '.ts'));
  }
  return found;
}

function typescriptGraph() {
  const graph = new Map();
  for (const file of filesUnder('lib', '.ts').filter((name) => !name.endsWith('.d.ts')))
    graph.set(file, importsOf(file, readFileSync(path.join(root, file), 'utf8')));
  return graph;
}

/** `crate::a::b` as the file of the module that holds it; `undefined`: of none of these. */
function fileOfModule(src, segments, files) {
  for (let length = segments.length; length > 0; length -= 1) {
    const base = path.join(src, ...segments.slice(0, length));
    for (const file of [`${base}.rs`, path.join(base, 'mod.rs')]) if (files.has(file)) return file;
  }
  return undefined;
}

/** The paths of a `use` tree, as lists of segments. */
function pathsOf(tree) {
  const open = tree.indexOf('{');
  if (open < 0) return [tree.split('::').map((part) => part.trim().split(/\s/)[0])];
  const head = tree.slice(0, open).split('::').map((part) => part.trim()).filter((part) => part !== ''); // prettier-ignore
  const inner = tree.slice(open + 1, tree.lastIndexOf('}'));
  const parts = [];
  let depth = 0;
  let last = 0;
  for (let at = 0; at <= inner.length; at += 1) {
    if (inner[at] === '{') depth += 1;
    if (inner[at] === '}') depth -= 1;
    if (at === inner.length || (inner[at] === ',' && depth === 0)) {
      parts.push(inner.slice(last, at));
      last = at + 1;
    }
  }
  return parts
    .filter((part) => part.trim() !== '')
    .flatMap((part) => pathsOf(part.trim()).map((tail) => [...head, ...tail]));
}

/** Without comments and what only tests compile. */
function codeOf(text) {
  const code = text.replace(/\/\/.*$/gm, '');
  const tests = code.search(/^#\[cfg\(test\)\]\s*(?:#\[[^\]]*\]\s*)*mod \w+ \{/m);
  return tests < 0 ? code : code.slice(0, tests);
}

function rustGraph(src) {
  const names = filesUnder(src, '.rs').filter(
    (file) => !/(^|[/_])tests?(\.rs|\/)|_tests\.rs$/.test(file),
  );
  const files = new Set(names);
  const graph = new Map();
  for (const file of names) {
    const code = codeOf(readFileSync(path.join(root, file), 'utf8'));
    const relative = path.relative(src, file).replace(/\.rs$/, '').split(path.sep);
    if (['mod', 'lib', 'main'].includes(relative.at(-1))) relative.pop();
    const targets = new Set();
    const add = (segments) => {
      let [first, ...rest] = segments;
      let base = [];
      if (first === 'crate') base = [];
      else if (first === 'super') base = relative.slice(0, -1);
      else if (first === 'self') base = relative;
      else return;
      while (rest[0] === 'super') {
        base = base.slice(0, -1);
        rest = rest.slice(1);
      }
      const target = fileOfModule(src, [...base, ...rest], files);
      if (target !== undefined && target !== file) targets.add(target);
    };
    for (const [, tree] of code.matchAll(/\buse\s+((?:crate|super|self)\b[^;]*);/g))
      for (const segments of pathsOf(tree)) add(segments);
    for (const [found] of code.matchAll(/\bcrate(?:::\w+)+/g)) add(found.split('::'));
    graph.set(file, targets);
  }
  return graph;
}

export function checkCircles() {
  const graphs = [typescriptGraph()];
  for (const crate of readdirSync(path.join(root, 'crates'))) {
    const src = path.join('crates', crate, 'src');
    if (existsSync(path.join(root, src))) graphs.push(rustGraph(src));
  }
  const circles = graphs.flatMap(circlesOf);
  for (const circle of circles) console.error(`circle of imports: ${circle.join(' ')}`);
  return circles.length;
}
