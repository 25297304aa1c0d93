import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

// The relay that `npm run dev` passes its requests on to.
const relay = 'http://127.0.0.1:8787';

export default defineConfig({
  plugins: [react()],
  // The package brings a worker and a WASM file; pre-bundling would lose their addresses.
  optimizeDeps: { exclude: ['@sotto/client'] },
  worker: { format: 'es' },
  build: {
    outDir: 'dist',
    assetsDir: 'assets',
    // The relay's content security policy allows no data: URLs but for images.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: {
    fs: { allow: ['..'] },
    proxy: { '/v1': { target: relay, ws: true } },
  },
  test: { include: ['src/**/*.test.ts'] },
});
