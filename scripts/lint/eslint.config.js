/** What is looked for in the TypeScript beyond what the compiler finds. `scripts/lint/run` runs it, as a part of `scripts/test unit`. */

import eslint from '@eslint/js';
import { defineConfig, globalIgnores } from 'eslint/config';
import reactHooks from 'eslint-plugin-react-hooks';
import { resolve } from 'node:path';
import tseslint from 'typescript-eslint';

export default defineConfig([
  globalIgnores(['**/generated']),
  {
    files: ['**/*.{ts,tsx}'],
    extends: [eslint.configs.recommended, tseslint.configs.recommendedTypeChecked],
    languageOptions: {
      parserOptions: {
        project: [
          'web/tsconfig.json',
          'client-wasm/tsconfig.test.json',
          'tests/browser/tsconfig.json',
          'tests/vectors/tsconfig.json',
        ],
        tsconfigRootDir: resolve(import.meta.dirname, '../..'),
      },
    },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
  },
  {
    // The two rules on what a hook is. The plugin's others are for code that React's compiler builds.
    files: ['web/src/**/*.{ts,tsx}'],
    plugins: { 'react-hooks': reactHooks },
    rules: { 'react-hooks/rules-of-hooks': 'error', 'react-hooks/exhaustive-deps': 'error' },
  },
  {
    files: ['client-wasm/test/*.ts'],
    rules: {
      // Node's runner waits for its tests by itself.
      '@typescript-eslint/no-floating-promises': [
        'error',
        { allowForKnownSafeCalls: [{ from: 'package', package: 'node:test', name: 'test' }] },
      ],
    },
  },
  {
    // Only the types of methods are looked at.
    files: ['client-wasm/test/types.ts'],
    rules: { '@typescript-eslint/unbound-method': 'off' },
  },
  {
    // Playwright reads from a fixture's first parameter what it needs, be it nothing.
    files: ['tests/browser/support/fixtures.ts'],
    rules: { 'no-empty-pattern': ['error', { allowObjectPatternsAsParameters: true }] },
  },
]);
