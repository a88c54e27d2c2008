import { fileURLToPath } from 'node:url'
import { configDefaults, defineConfig } from 'vitest/config'
import { ClosingLineReporter } from './helpers/closing-line-reporter.ts'
import { suitesWithoutRedis } from './helpers/suites-without-redis.ts'

const source = (path: string): string => fileURLToPath(new URL(`../src/${path}`, import.meta.url))

export default defineConfig({
  root: fileURLToPath(new URL('..', import.meta.url)),
  test: {
    include: ['test/**/*.test.ts'],
    exclude: [...configDefaults.exclude, ...suitesWithoutRedis()],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
    reporters: ['default', new ClosingLineReporter()],
  },
  resolve: {
    alias: [
      { find: /^coldsnap$/, replacement: source('index.ts') },
      { find: /^coldsnap\/file$/, replacement: source('store/file-store.ts') },
      { find: /^coldsnap\/level$/, replacement: source('store/level-store.ts') },
      { find: /^coldsnap\/opfs$/, replacement: source('opfs/opfs-store.ts') },
      { find: /^coldsnap\/netmap$/, replacement: source('netmap/index.ts') },
      { find: /^coldsnap\/group$/, replacement: source('group/index.ts') },
      { find: /^coldsnap\/group\/node$/, replacement: source('group/node/index.ts') },
      { find: /^coldsnap\/blob$/, replacement: source('blob/index.ts') },
      { find: /^coldsnap\/blob\/disk$/, replacement: source('blob/disk/disk-blob-store.ts') },
      { find: /^coldsnap\/redis$/, replacement: source('redis/index.ts') },
      { find: /^coldsnap\/synced$/, replacement: source('synced/index.ts') },
      { find: /^coldsnap\/contract$/, replacement: source('contract/index.ts') },
    ],
  },
})
