import path from 'node:path';
import tseslint from 'typescript-eslint';

const root = path.resolve(import.meta.dirname, '..');

export default tseslint.config(
  {
    ignores: [
      ...['**/node_modules/', 'dist/', 'target/', 'docs/', '**/*.mjs', '**/*.cjs', '**/*.js'],
      // Generated.
      'lib/native/addon.d.ts',
    ],
  },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: {
      parserOptions: {
        project: path.join(root, '.tools', 'tsconfig.lint.json'),
        tsconfigRootDir: root,
      },
    },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      // Numbers and bigints read well in a message; objects still do not pass.
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      // `as const` objects replace enums here, with the value and the type under one name.
      '@typescript-eslint/no-redeclare': 'off',
      // tsconfig asks for `process.env['NAME']`.
      '@typescript-eslint/dot-notation': 'off',
      // An interface method without a body of its own (a no-op backend) is not a mistake.
      '@typescript-eslint/no-empty-function': 'off',
      // A loop over typed arrays needs its index.
      '@typescript-eslint/prefer-for-of': 'off',
      // `while (true)` with a stop flag inside is the shape of the worker loops.
      '@typescript-eslint/no-unnecessary-condition': [
        'error',
        { allowConstantLoopConditions: true },
      ],
      // It asks for `x!` where `x as T` is written, and no-non-null-assertion forbids that.
      '@typescript-eslint/non-nullable-type-assertion-style': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      '@typescript-eslint/no-deprecated': 'error',
      eqeqeq: 'error',
    },
  },
  {
    // The live page runs in a browser.
    files: ['lib/server/page/**/*.ts'],
    languageOptions: {
      parserOptions: { project: path.join(root, 'lib', 'server', 'page', 'tsconfig.json') },
    },
  },
  {
    // What `hftbacktest-live init` writes, under the settings that it writes.
    files: ['lib/cli/init/template/**/*.ts'],
    languageOptions: {
      parserOptions: { project: path.join(root, '.tools', 'tsconfig.template.json') },
    },
    rules: {
      '@typescript-eslint/no-floating-promises': [
        'error',
        // Node's runner awaits them itself.
        { allowForKnownSafeCalls: [{ from: 'package', package: 'node:test', name: 'test' }] },
      ],
    },
  },
  {
    // Only lib/native loads the addon; everyone else goes through it (see also check-boundaries.mjs).
    files: ['lib/**/*.ts'],
    ignores: ['lib/cli/**'],
    rules: { 'no-console': 'error' },
  },
  {
    files: ['__test__/**/*.ts', 'examples/**/*.ts', 'bench/**/*.ts'],
    rules: {
      // A test states what must be there; a failing assertion is the right answer to its absence.
      '@typescript-eslint/no-non-null-assertion': 'off',
      // Examples, doubles and callbacks satisfy asynchronous interfaces without waiting.
      '@typescript-eslint/require-await': 'off',
      // `expect(object.method)` is how vitest is told about a spy.
      '@typescript-eslint/unbound-method': 'off',
    },
  },
);
