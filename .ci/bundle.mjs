// The built JavaScript is a few files, not a hundred modules: finding, reading and linking those would cost a start-up
// some forty milliseconds. What all entries share is one file; what only a write needs is another, imported when the
// first write comes.
import { execFile } from 'node:child_process'
import { chmod, readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { RolldownMagicString, rolldown } from 'rolldown'

// Ends the name of a module that is a copy.
const copied = '?copy'

const readable = {
  format: 'esm',
  sourcemap: true,
  // They are in the package.
  sourcemapExcludeSources: true,
  sourcemapPathTransform: source => source.replace(copied, ''),
  // With its lines: of an error that nobody catches Node shows the line, which must not be the whole file.
  minify: false,
  comments: { legal: true, annotation: true, jsdoc: false },
}

// What a start imports; and what it imports only if it reads a column of elements.
const started = await staticModules('src/index.ts')
const reading = await staticModules('src/snapshot/read-elements.ts')
// What it imports when it writes.
const writing = await staticModules('src/snapshot/write-side.ts')
// What runs in browsers too: it must not share a file with what imports Node's modules.
const leveled = await staticModules('src/store/level-store.ts')
const filing = await staticModules('src/store/file-store.ts')
// What stores have in common.
const common =
  /src.(store.(key-queue|durability|directory-mode|file-error|process-stat|claim-lock|dir-lock)|core.running-calls|bytes.in-own-memory)\./

const build = await rolldown({
  // `coldsnap/blob/disk` has its own copy of what it has in common with `coldsnap/file` only. Nothing of that may have a
  // state of the process.
  plugins: [copies(id => filing.has(id) && !started.has(id) && !common.test(id), /src.blob.disk/)],
  input: {
    index: 'src/index.ts',
    'store/file-store': 'src/store/file-store.ts',
    'store/level-store': 'src/store/level-store.ts',
    'store/browser-level-store': 'src/store/browser-level-store.ts',
    'opfs/opfs-store': 'src/opfs/opfs-store.ts',
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
const library = {
  dir: 'dist',
  ...readable,
  chunkFileNames: 'shared/[name].js',
  codeSplitting: {
    groups: [
      // A start from files reads three files of ours, each of which takes a millisecond. Before the databases, as a group
      // takes what its files import, too.
      { name: 'shared', test: id => started.has(id) || common.test(id), minShareCount: 2, priority: 8 },
      {
        name: 'databases',
        test: /src.store.(database-|level-|indexed-|open-indexed|tab-lock|prefix-end)/,
        minShareCount: 2,
        priority: 7,
      },
      { name: 'shared', test: id => started.has(id) || leveled.has(id), minShareCount: 2, priority: 6 },
      { name: 'shared', test: /rolldown.runtime/, priority: 6 },
      { name: 'elements', test: id => reading.has(id), priority: 5 },
      { name: 'writing', test: id => writing.has(id), minShareCount: 2, priority: 4 },
      // What the caches of many processes have in common.
      { name: 'common', test: /src.(core|bytes|codec)|noble/, minShareCount: 2, priority: 2 },
      { name: 'redis', test: /src.redis/, minShareCount: 2, priority: 1 },
      { name: 'groups', test: /src.group/, minShareCount: 2, priority: 1 },
      { name: 'syncing', test: /src.synced/, minShareCount: 2, priority: 1 },
      { name: 'blobs', test: /src.blob/, minShareCount: 2, priority: 1 },
    ],
  },
}
await build.write(library)
// A start takes x0.93 of the time by this, and x0.75 with a compile cache.
const { stdout } = await promisify(execFile)(process.execPath, ['.ci/called-at-start.mjs'])
await build.write({ ...library, plugins: [eager(JSON.parse(stdout))] })
await build.close()

// The command shares no file with the library. Its start knows names and options; what a command does is in files that are
// imported when it is called. What most of them need is two files: of all that read a directory, and of those that write.
const commandOptions = {
  platform: 'node',
  external: [/^node:/, 'level', 'redis', 'ioredis'],
  // Node 20 has no `await using`.
  transform: { target: 'es2022' },
}
const command = await rolldown({ input: { main: 'src/cli/main.ts' }, ...commandOptions })
const helping = await staticModules('src/cli/main.ts', commandOptions)
const listing = await staticModules('src/cli/commands/ls.ts', commandOptions)
const importing = await staticModules('src/cli/commands/import.ts', commandOptions)
await command.write({
  dir: 'dist/cli',
  ...readable,
  chunkFileNames: 'parts/[name].js',
  banner: chunk => (chunk.isEntry ? '#!/usr/bin/env node' : ''),
  codeSplitting: {
    groups: [
      { name: 'start', test: id => helping.has(id), minShareCount: 2, priority: 3 },
      { name: 'reading', test: id => listing.has(id) || filing.has(id), minShareCount: 2, priority: 2 },
      { name: 'writing', test: id => importing.has(id) || writing.has(id), minShareCount: 2, priority: 1 },
    ],
  },
})
await command.close()
await chmod('dist/cli/main.js', 0o755)

// Gives `readers` a copy of each module that `isCopied`, which would be in a file of its own if they shared it.
function copies(isCopied, readers) {
  return {
    name: 'copies',
    async resolveId(source, importer) {
      if (importer === undefined || !(readers.test(importer) || importer.endsWith(copied))) return null
      const found = await this.resolve(source, importer.replace(copied, ''), { skipSelf: true })
      return found !== null && isCopied(found.id) ? found.id + copied : found
    },
    load: async id =>
      id.endsWith(copied) ? { code: await readFile(id.replace(copied, ''), 'utf8'), moduleType: 'ts' } : null,
  }
}

// Engines compile a function when it is first called, but one in parentheses with its file. So those at the top level that a
// start calls are gone over once, not twice, and are in Node's compile cache, which takes a file as it is when it was just
// compiled. `starts` has where they begin.
function eager(starts) {
  return {
    name: 'eager',
    renderChunk(code, { fileName }) {
      const called = starts[fileName]
      if (called === undefined) return null
      const edited = new RolldownMagicString(code)
      for (const { type, id, start, end } of this.parse(code).body) {
        if (type !== 'FunctionDeclaration' || !called.includes(start)) continue
        edited.appendLeft(start, `const ${id.name} = (`).appendRight(end, ');')
      }
      return { code: edited.toString(), map: edited.generateMap({ hires: 'boundary' }).toString() }
    },
  }
}

// The modules that an entry imports, not counting what it imports only when needed.
async function staticModules(entry, options = { platform: 'neutral', external: [/^node:/, 'level'] }) {
  const graph = await rolldown({ input: entry, ...options })
  const { output } = await graph.generate({ format: 'esm' })
  await graph.close()
  const chunks = new Map(output.filter(({ type }) => type === 'chunk').map(chunk => [chunk.fileName, chunk]))
  const reached = new Set(output.filter(chunk => chunk.isEntry).map(({ fileName }) => fileName))
  for (const name of reached) for (const next of chunks.get(name)?.imports ?? []) reached.add(next)
  return new Set([...reached].flatMap(name => chunks.get(name)?.moduleIds ?? []))
}
