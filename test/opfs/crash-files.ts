import type { Random } from '../helpers/random.ts'
import { changed, type FileChange, type FileEvent } from './fake-file.ts'

/** What a crash leaves of files: everything that was done, a prefix of it, or anything that was not flushed in any shape. */
export type CrashModel = 'killed' | 'ordered' | 'weak'

export const crashModels: readonly CrashModel[] = ['killed', 'ordered', 'weak']

/** The contents of the files after a crash in the middle of the last of `events`. */
export function crash(
  start: readonly Uint8Array[],
  events: readonly FileEvent[],
  model: CrashModel,
  random: Random,
): Uint8Array[] {
  const done = [...events]
  const last = done.pop()
  // A write that was under way may have come half-way, a truncation happened or not.
  if (last !== undefined && last.type !== 'flush' && random.below(2) === 0) {
    done.push(
      last.type === 'write' ? { ...last, bytes: last.bytes.slice(0, random.below(last.bytes.length + 1)) } : last,
    )
  }
  if (model === 'ordered') done.length = cut(done, random)
  return start.map((content, file) => {
    const own = done.filter(event => event.file === file)
    return own.reduce((bytes, event, i) => {
      if (event.type === 'flush') return bytes
      const isFlushed = model !== 'weak' || own.slice(i).some(({ type }) => type === 'flush')
      return isFlushed ? changed(bytes, event) : weakly(bytes, event, random)
    }, content)
  })
}

// Any prefix that holds all that came before the last flush of each file.
function cut(events: readonly FileEvent[], random: Random): number {
  const flushed = events.findLastIndex(({ type }) => type === 'flush') + 1
  return flushed + random.below(events.length - flushed + 1)
}

function weakly(bytes: Uint8Array, change: FileChange, random: Random): Uint8Array {
  if (change.type === 'truncate') return random.below(2) === 0 ? changed(bytes, change) : bytes
  const half = random.below(change.bytes.length + 1)
  const zeros = (from: number, to: number): FileChange => ({ ...change, bytes: change.bytes.slice().fill(0, from, to) })
  switch (random.below(6)) {
    case 0:
      return bytes
    case 1:
      return changed(bytes, { ...change, bytes: change.bytes.slice(0, half) })
    case 2:
      return changed(bytes, zeros(0, change.bytes.length))
    case 3:
      return changed(bytes, zeros(0, half))
    case 4:
      return changed(bytes, zeros(half, change.bytes.length))
    default:
      return changed(bytes, change)
  }
}
