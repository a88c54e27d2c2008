import { checkBlobs } from '../check-blobs.ts'
import { cacheNames, checkCaches, checkRecords, hasHeads, isBeyondUs, repairPlan } from '../check-caches.ts'
import { type CliAction, type CliCall, cliAction } from '../cli-command.ts'
import { noCache } from '../cli-failure.ts'
import { keyRing } from '../key-ring.ts'
import { netmapName } from '../netmap-state.ts'
import { openBlobs } from '../open-blobs.ts'
import { type DirectoryTarget, findDirectory, openStore } from '../open-store.ts'
import type { Paint } from '../paint.ts'
import { safeText } from '../safe-text.ts'
import { showCount } from '../show-units.ts'

interface Repair {
  readonly name: string
  /** Generations that are whole and stay, newest first. */
  readonly kept: readonly number[]
  /** Keys that go, or went. */
  readonly removed: readonly string[]
  /** Why nothing of it is touched. */
  readonly left?: string
  /** Whether that is damage which only `--discard` would end. */
  readonly damaged?: true
  /** Whether the whole cache goes, because `--discard` says so. */
  readonly discarded?: true
}

interface Repaired {
  readonly directory: string
  /** Whether it was done; `false`: it is what would be done. */
  readonly done: boolean
  readonly repairs: readonly Repair[]
}

const advice = '`show` reads the columns that can be read, --discard removes the cache'

export const repairAction: CliAction = cliAction<Repaired>({
  run: async call => {
    const target = await findDirectory(call.args['dir']!, call.io)
    const done = call.options['yes'] === true
    const repairs = await repair(target, done, call)
    const isDue = !done && repairs.some(({ removed }) => removed.length > 0)
    const isDamaged = repairs.some(({ damaged }) => damaged === true)
    const exit = isDue ? 'usage' : isDamaged ? 'found' : 'ok'
    return { report: { directory: target.path, done, repairs }, exit }
  },
  show,
})

async function repair(target: DirectoryTarget, done: boolean, call: CliCall): Promise<Repair[]> {
  const { kind } = target
  if (kind === 'blobs' || kind === 'diskblob') return await repairBlobs(target, done, call)
  const { signal } = call.io
  const { progress } = call
  const cipher = (await keyRing(call))?.cipher
  await using opened = await openStore(target, done ? 'write' : 'read', call.io)
  const { store } = opened
  const remove = async (keys: readonly string[]): Promise<void> => {
    if (!done) return
    for (const [i, key] of keys.entries()) {
      progress.show('removing', i, keys.length)
      await store.remove(key, { signal })
    }
  }
  if (opened.kind === 'tailscale') {
    const removed = (await checkRecords(store, signal)).flatMap(problem => problem.key ?? [])
    await remove(removed)
    return [{ name: netmapName, kept: [], removed }]
  }
  const repairs: Repair[] = []
  const name = call.args['name']
  for (const checked of await checkCaches(store, name, { cipher, signal, progress })) {
    const kept = checked.whole
    if (isBeyondUs(checked)) {
      const left = 'some of it is sealed with another key or of a newer version'
      repairs.push({ name: checked.cache, kept, removed: [], left })
      continue
    }
    const isLost = kept.length === 0 && hasHeads(checked)
    if (isLost && call.options['discard'] !== true) {
      // Columns of it may be whole all the same, and then they are all that is left.
      const left = `no generation is whole, nothing would stay: ${advice}`
      repairs.push({ name: checked.cache, kept, removed: [], left, damaged: true })
      continue
    }
    const removed = await repairPlan(store, checked, { cipher, signal, progress })
    if (name !== undefined && kept.length + removed.length === 0) {
      return noCache(name, await cacheNames(store, signal))
    }
    await remove(removed)
    repairs.push({ name: checked.cache, kept, removed, ...(isLost ? { discarded: true } : {}) })
  }
  return repairs
}

async function repairBlobs(target: DirectoryTarget, done: boolean, { io, progress }: CliCall): Promise<Repair[]> {
  const names = new Map<string, string[]>()
  {
    await using opened = await openBlobs(target, 'read', io)
    for (const { namespace, key } of (await checkBlobs(opened, io.signal, progress)).problems) {
      if (key !== undefined) names.set(namespace, [...(names.get(namespace) ?? []), key])
    }
  }
  if (done && names.size > 0) {
    await using opened = await openBlobs(target, 'write', io)
    for (const [namespace, keys] of names) {
      for (const key of keys) {
        // Whoever put it again meanwhile has made it whole.
        if ((await opened.blobs.get(namespace, key, { signal: io.signal })) !== undefined) continue
        await opened.blobs.delete(namespace, key, { signal: io.signal })
      }
    }
  }
  return [...names].map(([name, removed]) => ({ name, kept: [], removed }))
}

function* show({ done, repairs }: Repaired, paint: Paint): Generator<string> {
  const touched = repairs.filter(({ removed }) => removed.length > 0)
  for (const { name, kept, removed, discarded } of touched) {
    const whole = kept.length === 0 ? '' : `, generations ${kept.join(', ')} stay`
    const stays = discarded === true ? ', nothing stays' : whole
    yield `${safeText(name)}: ${done ? 'removed' : 'would remove'} ${showCount(removed.length, 'key')}${stays}`
    for (const key of removed) yield `  ${safeText(key)}`
  }
  const alone = repairs.filter(({ left }) => left !== undefined)
  for (const { name, left } of alone) yield paint.bad(`${safeText(name)}: left alone: ${left}`)
  if (touched.length > 0 && !done) yield paint.bold('nothing was changed: say --yes to do it')
  if (touched.length + alone.length === 0) yield paint.good('there is nothing to repair')
}
