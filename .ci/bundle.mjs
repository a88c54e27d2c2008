// The built JavaScript is a few files, not a hundred modules: finding, reading and linking those would cost a start-up
// some forty milliseconds. What all entries share is one file; what only a write needs is another, imported when the
// first write comes.
import { chmod } from 'node:fs/promises'
import { rolldown } from 'rolldown'

const build = await rolldown({
  input: {
    index: 'src/index.ts',
    'store/file-store': 'src/store/file-store.ts',
    'store/level-store': 'src/store/level-store.ts',
    'store/browser-level-store': 'src/store/browser-level-store.ts',
    'netmap/index': 'src/netmap/index.ts',
    'group/index': 'src/group/index.ts',
    'group/node/index': 'src/group/node/index.ts',
    'blob/index': 'src/blob/index.ts',
    'blob/disk/disk-blob-store': 'src/blob/disk/disk-blob-store.ts',
    'synced/index': 'src/synced/index.ts',
    'redis/index': 'src/redis/index.ts',
    'contract/index': 'src/contract/index.ts',
  },
  platform: 'neutral',
  external: [/^node:/, 'level'],
})
// What a start imports; and what it imports only if it reads a column of elements.
const started = await staticModules('src/index.ts')
const reading = await staticModules('src/snapshot/read-elements.ts')
// What it imports when it writes.
const writing = await staticModules('src/snapshot/write-side.ts')
// What runs in browsers too: it must not share a file with what imports Node's modules.
const leveled = await staticModules('src/store/level-store.ts')
const indexed = await staticModules('src/store/browser-level-store.ts')
await build.write({
  dir: 'dist',
  format: 'esm',
  sourcemap: true,
  chunkFileNames: 'shared/[name].js',
  minify: { compress: false, mangle: false, codegen: { removeWhitespace: true } },
  codeSplitting: {
    groups: [
      { name: 'databases', test: id => indexed.has(id) && !started.has(id), minShareCount: 2, priority: 7 },
      { name: 'shared', test: id => started.has(id) || leveled.has(id), minShareCount: 2, priority: 6 },
      { name: 'shared', test: /rolldown.runtime|store.key-queue/, priority: 6 },
      { name: 'elements', test: id => reading.has(id), priority: 5 },
      { name: 'writing', test: id => writing.has(id), minShareCount: 2, priority: 4 },
      { name: 'files', test: /src.(store|bytes.file-name)/, minShareCount: 2, priority: 3 },
      // What the caches of many processes have in common.
      { name: 'common', test: /src.(core|bytes|codec)|noble/, minShareCount: 2, priority: 2 },
      { name: 'redis', test: /src.redis/, minShareCount: 2, priority: 1 },
      { name: 'groups', test: /src.group/, minShareCount: 2, priority: 1 },
      { name: 'syncing', test: /src.synced/, minShareCount: 2, priority: 1 },
      { name: 'blobs', test: /src.blob/, minShareCount: 2, priority: 1 },
    ],
  },
})
await build.close()

// The command is one file of its own, with everything but what is native.
const command = await rolldown({
  input: 'src/cli/main.ts',
  platform: 'node',
  external: [/^node:/, 'level'],
  // Node 20 has no `await using`.
  transform: { target: 'es2022' },
})
await command.write({
  file: 'dist/cli/main.js',
  format: 'esm',
  sourcemap: true,
  banner: '#!/usr/bin/env node',
  codeSplitting: false,
  minify: { compress: false, mangle: false, codegen: { removeWhitespace: true } },
})
await command.close()
await chmod('dist/cli/main.js', 0o755)

// The modules that an entry imports, not counting what it imports only when needed.
async function staticModules(entry) {
  const graph = await rolldown({ input: entry, platform: 'neutral', external: [/^node:/, 'level'] })
  const { output } = await graph.generate({ format: 'esm' })
  await graph.close()
  const chunks = new Map(output.filter(({ type }) => type === 'chunk').map(chunk => [chunk.fileName, chunk]))
  const reached = new Set(output.filter(chunk => chunk.isEntry).map(({ fileName }) => fileName))
  for (const name of reached) for (const next of chunks.get(name)?.imports ?? []) reached.add(next)
  return new Set([...reached].flatMap(name => chunks.get(name)?.moduleIds ?? []))
}
