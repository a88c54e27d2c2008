import { CacheError } from '../../errors.ts'
import { recordKind, selfKey } from '../../netmap/plain-records.ts'
import type { Copied } from '../../snapshot/copy-options.ts'
import { copySnapshot } from '../../snapshot/copy-snapshot.ts'
import { checkRecords } from '../check-caches.ts'
import { type CliAction, type CliCall, cliAction } from '../cli-command.ts'
import { notFound, wrongUsage } from '../cli-failure.ts'
import { keyRing } from '../key-ring.ts'
import { netmapName } from '../netmap-state.ts'
import { findDirectory, type OpenStore, openStore } from '../open-store.ts'
import { safeText } from '../safe-text.ts'
import { showBytes, showCount } from '../show-units.ts'

interface CopyReport {
  readonly from: string
  readonly to: string
  readonly copied: readonly (Pick<Copied, 'name' | 'bytes'> & { readonly generation?: number })[]
}

export const copyAction: CliAction = cliAction<CopyReport>({
  run: async call => ({ report: await copy(call) }),
  *show({ from, to, copied }) {
    yield `${safeText(from)} -> ${safeText(to)}`
    for (const { name, generation, bytes } of copied) {
      const number = generation === undefined ? '' : ` as generation ${generation}`
      yield `  ${safeText(name)}${number}, ${showBytes(bytes)}`
    }
    yield `${showCount(copied.length, 'cache')} copied`
  },
})

async function copy(call: CliCall): Promise<CopyReport> {
  const { io, progress } = call
  const codec = await keyRing(call)
  const source = await findDirectory(call.args['from']!, io)
  await using from = await openStore(source, 'read', io)
  const target = await findDirectory(call.args['to']!, io, 'create')
  if (target.path === source.path) return wrongUsage('The source is the target')
  if (target.kind === 'tailscale' && source.kind !== 'tailscale') {
    return wrongUsage(`${target.path} is Tailscale's, which would remove the caches`)
  }
  await using to = await openStore(target, 'create', io)
  const about = { from: source.path, to: target.path }
  if (from.kind === 'tailscale') return { ...about, copied: [await copyRecords(from, to, call)] }
  const name = call.options['name']
  const copied = await copySnapshot(from.store, to.store, {
    ...(typeof name === 'string' ? { name } : {}),
    replace: call.options['replace'] === true,
    ...(codec === undefined ? {} : { codec }),
    signal: io.signal,
    onProgress: ({ column, done, total }) => progress.show(column, done, total),
  })
  return copied.length === 0 ? notFound(`There is no cache in ${source.path}`) : { ...about, copied }
}

// Byte by byte, as their owner wrote them: what is read and written anew could lose what we do not know of.
async function copyRecords(
  { store: from }: OpenStore,
  { store: to }: OpenStore,
  call: CliCall,
): Promise<CopyReport['copied'][number]> {
  const { signal } = call.io
  const [problem] = await checkRecords(from, signal)
  if (problem !== undefined) throw new CacheError('CORRUPT', `Cannot copy: ${problem.message}`, { key: problem.key })
  const before = new Set<string>()
  for await (const key of to.list('', { signal })) if (recordKind(key) !== undefined) before.add(key)
  if (before.size > 0 && call.options['replace'] !== true) {
    throw new CacheError('ALREADY_EXISTS', 'Cannot copy: the target has a network map')
  }
  const keys: string[] = []
  for await (const key of from.list('', { signal })) if (recordKind(key) !== undefined) keys.push(key)
  // Without it nothing loads: it goes first and comes last.
  if (before.has(selfKey)) await to.remove(selfKey, { signal })
  let bytes = 0
  for (const [i, key] of keys.sort((a, b) => Number(a === selfKey) - Number(b === selfKey)).entries()) {
    call.progress.show(netmapName, i, keys.length)
    const value = await from.load(key, { signal })
    if (value === undefined) throw new CacheError('IO', 'Cannot copy: a record went away meanwhile', { key })
    await to.store(key, value, { signal })
    bytes += value.byteLength
    before.delete(key)
  }
  for (const key of before) if (key !== selfKey) await to.remove(key, { signal })
  return { name: netmapName, bytes }
}
