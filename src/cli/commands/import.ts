/// <reference types="node" />
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { concatenate } from '../../bytes/concatenate.ts'
import { utf8Decode } from '../../bytes/utf8.ts'
import { abortable } from '../../core/abortable.ts'
import { CacheError } from '../../errors.ts'
import { listCacheNames } from '../../snapshot/cache-names.ts'
import { type ColumnSpec, entries, keyed } from '../../snapshot/columns.ts'
import { SnapshotCache } from '../../snapshot/snapshot-cache.ts'
import { fileError } from '../../store/file-error.ts'
import { type CliAction, type CliCall, cliAction } from '../cli-command.ts'
import { wrongUsage } from '../cli-failure.ts'
import { keyRing } from '../key-ring.ts'
import { findDirectory, openStore } from '../open-store.ts'
import { safeText } from '../safe-text.ts'
import { showBytes, showCount } from '../show-units.ts'
import { readState, stateOfColumns } from '../state-file.ts'
import { type ColumnContent, columnValue } from '../stored-state.ts'

interface Imported {
  readonly directory: string
  readonly cache: string
  readonly generation: number
  readonly columns: readonly string[]
  readonly bytes: number
}

export const importAction: CliAction = cliAction<Imported>({
  run: async call => ({ report: await importState(call) }),
  *show({ directory, cache, generation, columns, bytes }) {
    const what = `generation ${generation}, ${showCount(columns.length, 'column')}, ${showBytes(bytes)}`
    yield `${safeText(cache)}: ${what} in ${safeText(directory)}`
  },
})

async function importState(call: CliCall): Promise<Imported> {
  const { io, progress } = call
  const name = call.args['name']!
  const codec = await keyRing(call)
  const { savedAtMs, schemaVersion, columns } = readState(await readText(call.args['file']!, call))
  const target = await findDirectory(call.args['dir']!, io, 'create')
  if (target.kind === 'tailscale') return wrongUsage(`${target.path} is Tailscale's, which would remove the cache`)
  await using opened = await openStore(target, 'create', io)
  if (call.options['replace'] !== true && (await listCacheNames(opened.store, io.signal)).includes(name)) {
    throw new CacheError('ALREADY_EXISTS', `Cannot import: there is a cache "${name}"; see --replace`)
  }
  const cache = new SnapshotCache<Record<string, unknown>>(opened.store, {
    name,
    columns: Object.fromEntries(columns.flatMap(({ name: column, content }) => specOf(column, content))),
    schemaVersion,
    // A state does not become fresher by being moved.
    now: () => savedAtMs ?? io.now(),
    ...(codec === undefined ? {} : { codec }),
  })
  const state = stateOfColumns(columns, columnValue) as Record<string, unknown>
  const onProgress = ({ column, done, total }: { column: string; done: number; total: number }): void =>
    progress.show(column, done, total)
  const { generation, bytes } = await cache.store(state, { signal: io.signal, onProgress })
  return { directory: target.path, cache: name, generation, columns: columns.map(column => column.name), bytes }
}

// Keys are made again as they were, whatever the application makes them of.
function specOf(name: string, content: ColumnContent): [string, ColumnSpec<unknown>][] {
  if (content.shape === 'plain') return []
  if (content.shape !== 'array') return [[name, entries() as ColumnSpec<unknown>]]
  const keys = new Map(content.elements.map(([key, value]) => [value, key]))
  return [[name, keyed<unknown>(element => keys.get(element)!) as ColumnSpec<unknown>]]
}

async function readText(file: string, { io }: CliCall): Promise<string> {
  const path = resolve(io.cwd, file)
  let bytes: Uint8Array
  if (file === '-') {
    bytes = await abortable(readAll(io.stdin), io.signal)
  } else {
    bytes = await readFile(path, { signal: io.signal }).catch((error: unknown) => {
      throw fileError(error, `Cannot read ${path}`)
    })
  }
  try {
    return utf8Decode(bytes)
  } catch (cause) {
    throw new CacheError('CORRUPT', 'Cannot read the export: it is not UTF-8', { cause })
  }
}

async function readAll(stream: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return concatenate(chunks)
}
