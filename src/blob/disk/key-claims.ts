import fs from 'node:fs'
import { basename, join } from 'node:path'
import { digest } from '../../bytes/digest.ts'
import { toHex } from '../../bytes/hex.ts'
import { utf8Encode } from '../../bytes/utf8.ts'
import { checkSignal } from '../../core/check.ts'
import { CacheError } from '../../errors.ts'
import { quietly, writeAll } from '../../store/atomic-file.ts'
import { systemCode } from '../../store/file-error.ts'
import { type FileIo, type FileSystem, openFlags } from '../../store/file-io.ts'
import { retrySharing, retryTransient } from '../../store/retry.ts'
import { isOwned, workName } from './work-files.ts'

/** A claim that is held. */
export interface Claim {
  /** Gives it back; never throws. */
  release(): Promise<void>
  /** Says to who cannot see whether this process runs that it does; for claims that are held for long. Never throws. */
  renew(): Promise<void>
}

/** How long to wait for a claim. */
export interface ClaimWait {
  readonly signal?: AbortSignal | undefined
  /** @default 10_000 */
  readonly waitMs?: number | undefined
  /** Between two looks, once it has taken a while. @default 1 */
  readonly maxPauseMs?: number | undefined
}

const { O_WRONLY, O_APPEND, O_NOFOLLOW = 0 } = fs.constants
const openToAppend = O_WRONLY | O_APPEND | O_NOFOLLOW
const defaultWaitMs = 10_000
// A claim of another container is held for a few calls, or renewed; after so long its process is dead, or was asleep.
const foreignMs = 60_000
// Paths of claims that were given back, but whose files could not be removed: for this process they do not count.
const leaked = new Set<string>()

/**
 * Exclusion by key between all processes and stores of one directory: a claim is a file of its own whose name says what
 * is claimed and by which process. Whoever sees no other claim after having made his own holds it; so the claim of a dead
 * process can be removed by anybody at any time. Two that see each other: the later gives way, the earlier waits.
 */
export class KeyClaims {
  readonly #io: FileIo
  readonly #platform: string
  readonly #directory: string
  readonly #prepare: () => Promise<void>

  /** `prepare` makes the directory again, should someone have removed it. */
  constructor({ blocking, platform }: FileSystem, directory: string, prepare: () => Promise<void>) {
    this.#io = blocking
    this.#platform = platform
    this.#directory = directory
    this.#prepare = prepare
  }

  /** Waits for the claim of `subject`: `TIMEOUT` if another holds it for too long, `ABORTED` by the signal. */
  async take(subject: string, wait: ClaimWait = {}): Promise<Claim> {
    const prefix = claimNameOf(subject)
    const pause = this.#pauses(wait)
    let name = await this.#make(prefix)
    for (;;) {
      try {
        for (;;) {
          const rivals = await this.#rivals(prefix, name)
          if (rivals.length === 0) return this.#held(name)
          if (rivals.some(rival => rival < name)) break
          await pause()
        }
      } catch (error) {
        await this.#remove(name)
        throw error
      }
      await this.#remove(name)
      // Only looking, so that whoever came earlier does not meet a claim of ours all the time.
      while ((await this.#rivals(prefix, name)).length > 0) await pause()
      name = await this.#make(prefix)
    }
  }

  /** The claim of `subject`, or `undefined` if someone else has one or wants one. */
  async tryTake(subject: string): Promise<Claim | undefined> {
    return await this.tryTakeNamed(claimNameOf(subject))
  }

  /** As {@link tryTake} of the subject that {@link claimNameOf} calls `prefix`. */
  async tryTakeNamed(prefix: string): Promise<Claim | undefined> {
    const name = await this.#make(prefix)
    try {
      if ((await this.#rivals(prefix, name)).length === 0) return this.#held(name)
    } catch (error) {
      await this.#remove(name)
      throw error
    }
    await this.#remove(name)
    return undefined
  }

  #held(name: string): Claim {
    return { release: () => this.#remove(name), renew: () => quietly(() => this.#renew(name)) }
  }

  async #make(prefix: string): Promise<string> {
    for (const path of leaked) if (path.startsWith(this.#directory)) await this.#remove(basename(path))
    const name = workName(prefix)
    const path = join(this.#directory, name)
    const open = (): Promise<number> => retryTransient(() => this.#io.open(path, openFlags.create, 0o600))
    let fd: number
    try {
      fd = await open()
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') throw error
      await this.#prepare()
      fd = await open()
    }
    await quietly(() => this.#io.close(fd))
    return name
  }

  // Claims of others that count; those that do not any more are removed.
  async #rivals(prefix: string, own: string): Promise<string[]> {
    const rivals: string[] = []
    for (const { name } of await retryTransient(() => this.#io.readdir(this.#directory))) {
      if (name === own || !name.startsWith(prefix)) continue
      const counts = !leaked.has(join(this.#directory, name)) && (isOwned(name) ?? (await this.#isYoung(name)))
      if (counts) rivals.push(name)
      else await this.#remove(name)
    }
    return rivals
  }

  async #isYoung(name: string): Promise<boolean> {
    try {
      return (await this.#io.lstat(join(this.#directory, name))).mtimeMs > Date.now() - foreignMs
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return false
      throw error
    }
  }

  #pauses({ signal, waitMs = defaultWaitMs, maxPauseMs = 1 }: ClaimWait): () => Promise<void> {
    const deadline = performance.now() + waitMs
    let pauseMs = 1
    return async () => {
      checkSignal(signal)
      if (performance.now() > deadline) {
        throw new CacheError('TIMEOUT', `Cannot get hold of a blob in ${this.#directory}: another process has it`)
      }
      await new Promise(resolve => setTimeout(resolve, pauseMs * (0.5 + Math.random())))
      pauseMs = Math.min(maxPauseMs, 2 * pauseMs)
    }
  }

  // One more byte: what counts is when the file was last written to.
  async #renew(name: string): Promise<void> {
    const fd = await this.#io.open(join(this.#directory, name), openToAppend, 0)
    try {
      await writeAll(this.#io, fd, new Uint8Array(1))
    } finally {
      await this.#io.close(fd)
    }
  }

  async #remove(name: string): Promise<void> {
    const path = join(this.#directory, name)
    try {
      await retrySharing(() => this.#io.unlink(path), this.#platform)
      leaked.delete(path)
    } catch (error) {
      // Whoever removed it already did no harm.
      if (systemCode(error) === 'ENOENT') leaked.delete(path)
      else leaked.add(path)
    }
  }
}

/** How the files of all claims of `subject` begin. Of one length, so that no name starts as another does. */
export function claimNameOf(subject: string): string {
  return toHex(digest(utf8Encode(subject)))
}
