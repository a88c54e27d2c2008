// The built JavaScript is a few files, not a hundred modules: finding, reading and linking those would cost a start-up
// some forty milliseconds. What all entries share is one file; what only a write needs is another, imported when the
// first write comes.
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
const started = await startUpModules('src/index.ts')
await build.write({
  dir: 'dist',
  format: 'esm',
  sourcemap: true,
  chunkFileNames: 'shared/[name].js',
  minify: { compress: false, mangle: false, codegen: { removeWhitespace: true } },
  codeSplitting: {
    groups: [
      { name: 'shared', minShareCount: 2, test: id => started.has(id), priority: 2 },
      { name: 'writing', minShareCount: 2, test: /src/, priority: 1 },
    ],
  },
})
await build.close()

// All that is imported, not only when needed, from an entry.
async function startUpModules(entry) {
  const graph = await rolldown({ input: entry, platform: 'neutral', external: [/^node:/] })
  const { output } = await graph.generate({ format: 'esm' })
  await graph.close()
  return new Set(
    output.filter(chunk => chunk.type === 'chunk' && !chunk.isDynamicEntry).flatMap(chunk => chunk.moduleIds),
  )
}
