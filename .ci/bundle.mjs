// One file per entry and what they share: a start-up that has to find, read and link sixty modules is four times slower.
import { rolldown } from 'rolldown'

const build = await rolldown({
  input: {
    index: 'src/index.ts',
    'store/file-store': 'src/store/file-store.ts',
    'store/level-store': 'src/store/level-store.ts',
    'netmap/index': 'src/netmap/index.ts',
    'contract/index': 'src/contract/index.ts',
  },
  platform: 'neutral',
  external: [/^node:/, 'level', 'p-limit'],
})
await build.write({ dir: 'dist', format: 'esm', sourcemap: true, chunkFileNames: 'shared/[name]-[hash].js' })
await build.close()
