// Every error that the sources make, read from their syntax: each says what to do, in words of its layer.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { expect, it } from 'vitest';

import { foreignWords, type AnyMode } from '../support/mode-words.js';
import { root } from '../support/markdown-programs.js';

/** Layers that one mode has to itself. What lies below them is said in words of each mode elsewhere. */
const MODE_OF: Readonly<Record<string, AnyMode>> = {
  bot: 'bot',
  cli: 'command',
  client: 'client',
  feed: 'feed',
  strategy: 'strategy',
};

interface Made {
  readonly at: string;
  readonly layer: string;
  /** '' where it is passed on. */
  readonly code: string;
  readonly text: string;
  /** `undefined`: none is given; '' where it is passed on. */
  readonly remedy: string | undefined;
}

/** The words of an expression: of a template without what is put in, of a choice those of both. */
function words(node: ts.Node): string {
  if (ts.isStringLiteralLike(node)) return node.text;
  if (ts.isTemplateExpression(node))
    return [node.head.text, ...node.templateSpans.map(({ literal }) => literal.text)].join('…');
  if (ts.isBinaryExpression(node)) return words(node.left) + words(node.right);
  if (ts.isConditionalExpression(node)) return `${words(node.whenTrue)} ${words(node.whenFalse)}`;
  return '';
}

function remedyOf(node: ts.Expression | undefined): string | undefined {
  if (node === undefined) return undefined;
  if (ts.isConditionalExpression(node)) return remedyOf(node.whenTrue) ?? remedyOf(node.whenFalse);
  if (!ts.isObjectLiteralExpression(node)) return '';
  for (const property of node.properties) {
    if (property.name?.getText() !== 'remedy') continue;
    return ts.isPropertyAssignment(property) ? words(property.initializer) : '';
  }
  return undefined;
}

function madeIn(file: string): Made[] {
  const text = readFileSync(path.join(root, 'lib', file), 'utf8');
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const made: Made[] = [];
  const visit = (node: ts.Node): void => {
    const called =
      ts.isNewExpression(node) || ts.isCallExpression(node) ? node.expression.getText() : '';
    const isSuper = called === 'super' && /extends HftError\b/.test(text);
    if (isSuper || (ts.isNewExpression(node) && called === 'HftError')) {
      const [code, what, options] = (node as ts.NewExpression).arguments ?? [];
      const line = source.getLineAndCharacterOfPosition(node.getStart()).line + 1;
      made.push({
        at: `${file}:${String(line)}`,
        layer: file.split('/')[0] ?? '',
        code: code === undefined ? '' : words(code),
        text: what === undefined ? '' : words(what),
        remedy: remedyOf(options),
      });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return made;
}

const made = readdirSync(path.join(root, 'lib'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts') && !/^server\/page\/|template\//.test(file))
  .flatMap(madeIn);

it('are found', () => {
  expect(made.length).toBeGreaterThan(120);
});

it('say what to do, but for a wrong argument, whose text is the rule, and what others have said', () => {
  const silent = made.filter(
    ({ code, remedy }) =>
      remedy === undefined && !['', 'ERR_INVALID_ARGUMENT', 'ERR_CUSTOM'].includes(code),
  );
  expect(silent.map(({ at, code, text }) => `${at} ${code} ${text}`)).toEqual([]);
});

it('name only what there is in the mode of their layer', () => {
  const foreign = made.flatMap(({ at, layer, text, remedy }) => {
    const mode = MODE_OF[layer];
    return mode === undefined
      ? []
      : foreignWords(mode, `${text} ${remedy ?? ''}`).map((word) => `${at} ${word}`);
  });
  expect(foreign).toEqual([]);
});
