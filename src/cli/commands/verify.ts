import { type CheckedBlobs, checkBlobs } from '../check-blobs.ts'
import { type CheckedCache, cacheNames, checkCaches, checkRecords } from '../check-caches.ts'
import { type CliAction, type CliCall, cliAction } from '../cli-command.ts'
import { noCache } from '../cli-failure.ts'
import { type DirectoryKind, directoryKinds } from '../directory-kind.ts'
import { keyRing } from '../key-ring.ts'
import { netmapName } from '../netmap-state.ts'
import { openBlobs } from '../open-blobs.ts'
import { findDirectory, openStore } from '../open-store.ts'
import type { Paint } from '../paint.ts'
import { safeText } from '../safe-text.ts'
import { showBytes, showCount } from '../show-units.ts'
import { withHint } from '../snapshot-state.ts'
import type { StoredProblem } from '../stored-state.ts'

interface Verified {
  readonly directory: string
  readonly kind: DirectoryKind
  /** Whether no problem was found at all. */
  readonly ok: boolean
  readonly caches: readonly CheckedCache[]
  readonly records: readonly StoredProblem[]
  readonly blobs: CheckedBlobs
}

const noBlobs: CheckedBlobs = { count: 0, bytes: 0, problems: [] }

export const verifyAction: CliAction = cliAction<Verified>({
  run: async call => {
    const found = await verify(call)
    const problems = [...found.caches.flatMap(each => each.problems), ...found.records, ...found.blobs.problems]
    const ok = problems.length === 0
    return { report: { ...found, ok }, exit: ok ? 'ok' : 'found' }
  },
  show,
})

async function verify(call: CliCall): Promise<Verified> {
  const { io, progress } = call
  const { signal } = io
  const target = await findDirectory(call.args['dir']!, io)
  const about = { directory: target.path, kind: target.kind, ok: true, caches: [], records: [], blobs: noBlobs }
  if (target.kind === 'blobs' || target.kind === 'diskblob') {
    await using opened = await openBlobs(target, 'read', io)
    return { ...about, blobs: await checkBlobs(opened, signal, progress) }
  }
  const cipher = (await keyRing(call))?.cipher
  await using opened = await openStore(target, 'read', io)
  if (opened.kind === 'tailscale') return { ...about, records: await checkRecords(opened.store, signal) }
  const name = call.args['name']
  const caches = await checkCaches(opened.store, name, { cipher, signal, progress })
  if (name !== undefined) {
    const [only] = caches
    const isThere = only!.whole.length > 0 || only!.problems.length > 0 || only!.unused.length > 0
    return isThere ? { ...about, caches } : noCache(name, await cacheNames(opened.store, signal))
  }
  return { ...about, caches }
}

function* show({ directory, kind, ok, caches, records, blobs }: Verified, paint: Paint): Generator<string> {
  yield paint.bold(`${safeText(directory)}: ${directoryKinds[kind]}`)
  for (const { cache, whole, problems, unused } of caches) {
    const found = whole.length === 0 ? 'no snapshot is whole' : `whole: ${whole.join(', ')}`
    yield `  ${safeText(cache)}: ${found}${unused.length === 0 ? '' : `; ${showCount(unused.length, 'unused key')}`}`
    for (const problem of problems) {
      const of = problem.generation === undefined ? '' : `generation ${problem.generation}: `
      yield paint.bad(`    ${problem.code} ${of}${safeText(withHint(problem))}`)
    }
  }
  if (kind === 'tailscale') yield `  ${netmapName}: ${showCount(records.length, 'problem')}`
  for (const { code, message } of records) yield paint.bad(`    ${code} ${safeText(message)}`)
  if (kind === 'blobs' || kind === 'diskblob')
    yield `  ${showCount(blobs.count, 'whole blob')}, ${showBytes(blobs.bytes)}`
  for (const { code, namespace, key, message } of blobs.problems) {
    yield paint.bad(`    ${code} ${safeText(`${namespace}/${key ?? '?'}`)}: ${safeText(message)}`)
  }
  const hasCaches = kind !== 'tailscale' && kind !== 'blobs' && kind !== 'diskblob'
  if (hasCaches && caches.length === 0) yield 'there is no cache'
  else yield ok ? paint.good('all is whole') : paint.bad('problems were found')
}
