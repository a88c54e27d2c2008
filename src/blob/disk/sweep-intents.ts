import { join } from 'node:path'
import { systemCode } from '../../store/file-error.ts'
import type { BlobDirectory } from './blob-directory.ts'
import type { Place } from './blob-layout.ts'
import { claimNameOf, type KeyClaims } from './key-claims.ts'

/** What {@link sweepIntents} works on. */
export interface IntentSweep {
  readonly directory: BlobDirectory
  readonly claims: KeyClaims
  /** The directory of the intents, each called by {@link claimNameOf} of its place. */
  readonly intents: string
  /** Every place that holds data; gone through only if there are intents. */
  readonly places: () => AsyncIterable<Place>
  /** Puts right what a writer left at a place. */
  readonly recover: (place: Place) => Promise<void>
}

/**
 * Puts right what writers left that died between the two files of a blob, also of blobs that nobody asks for; gives how many.
 * The name of an intent does not tell its place, so all are looked at; meanwhile nothing is claimed.
 */
export async function sweepIntents(sweep: IntentSweep): Promise<number> {
  const { directory, claims, intents, places, recover } = sweep
  const left = new Map<string, number | undefined>()
  for (const { name } of await directory.list(intents)) {
    await ifFree(claims, name, async () => void left.set(name, await inodeOf(directory, join(intents, name))))
  }
  if (left.size === 0) return 0
  const found = new Map<string, Place>()
  for await (const place of places()) {
    const name = claimNameOf(place.id)
    if (left.has(name)) found.set(name, place)
  }
  let count = 0
  for (const [name, ino] of left) {
    await ifFree(claims, name, async () => {
      const path = join(intents, name)
      // Else someone wrote here since, and what was looked at is no longer true.
      if (ino === undefined || (await inodeOf(directory, path)) !== ino) return
      const place = found.get(name)
      if (place === undefined) await directory.unlink(path)
      else await recover(place)
      count++
    })
  }
  return count
}

async function ifFree(claims: KeyClaims, name: string, task: () => Promise<void>): Promise<void> {
  const claim = await claims.tryTakeNamed(name)
  if (claim === undefined) return
  try {
    await task()
  } finally {
    await claim.release()
  }
}

async function inodeOf({ system }: BlobDirectory, path: string): Promise<number | undefined> {
  try {
    return (await system.blocking.lstat(path)).ino
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined
    throw error
  }
}
