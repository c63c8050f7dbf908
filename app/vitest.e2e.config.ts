import { defineConfig } from 'vitest/config'

/** The browser checks need a running market, so `npm test` leaves them out. */
export default defineConfig({
  test: {
    include: ['e2e/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    fileParallelism: false,
  },
})
