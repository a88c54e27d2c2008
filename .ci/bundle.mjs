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
  external: [/^node:/, 'level'],
})
await build.write({
  dir: 'dist',
  format: 'esm',
  sourcemap: true,
  chunkFileNames: 'shared/[name].js',
  // What two entries share is one file more, not one for every set of entries.
  codeSplitting: { groups: [{ name: 'shared', minShareCount: 2, test: /src/ }] },
})
await build.close()
