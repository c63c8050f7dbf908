import tailwindcss from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vitest/config'
import type { Plugin } from 'vite'

const INDEXER = 'http://127.0.0.1:8910'

/** The built page may load and call its own origin only. Not in dev: hot reload needs inline scripts. */
const contentPolicy: Plugin = {
  name: 'content-policy',
  apply: 'build',
  transformIndexHtml: () => [
    {
      tag: 'meta',
      attrs: {
        'http-equiv': 'Content-Security-Policy',
        content: "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'none'",
      },
      injectTo: 'head-prepend',
    },
  ],
}

export default defineConfig({
  plugins: [react(), tailwindcss(), contentPolicy],
  server: { host: '127.0.0.1', proxy: { '/v1': INDEXER, '/health': INDEXER } },
  build: { target: 'es2022' },
  test: { include: ['src/**/*.test.ts'] },
})
