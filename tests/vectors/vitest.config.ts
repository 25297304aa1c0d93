import { defineConfig } from 'vitest/config';

// 600,000 rounds of PBKDF2 take their time on a machine that is busy.
export default defineConfig({ test: { include: ['*.test.ts'], testTimeout: 120_000 } });
