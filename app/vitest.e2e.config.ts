import { defineConfig } from 'vitest/config'

/** The browser checks need a running market, so `npm test` leaves them out. */
export default defineConfig({
  test: {
    // Vitest sets BASE_URL to its own meaning within the tests, so the caller's is handed on under another name.
    env: { PORTAL_URL: process.env.BASE_URL ?? '' },
    include: ['e2e/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    fileParallelism: false,
  },
})
