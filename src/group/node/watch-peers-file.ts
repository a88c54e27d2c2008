import { type FSWatcher, watch } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { checkInteger, checkOptionNames } from '../../core/check.ts'
import { CacheError } from '../../errors.ts'
import { parsePeers } from '../peer-list.ts'
import { Wakeup } from '../wakeup.ts'
import { endedByReturn } from './ended-by-return.ts'

/** Options of {@link watchPeersFile}. */
export interface WatchPeersFileOptions {
  /** Ends the iteration. */
  readonly signal?: AbortSignal | undefined
  /** How often the file is read where the system does not tell of changes, in milliseconds. @default 1000 */
  readonly pollMs?: number | undefined
  /** How long the file must have been left alone before it is read, in milliseconds. @default 50 */
  readonly settleMs?: number | undefined
  /**
   * Told of a file that could not be read (`IO`) or was refused (`INVALID_PEERS`), once for each state of the file. The
   * list before it stays. A throw of this function ends the iteration with it.
   */
  readonly onError?: ((error: CacheError) => void) | undefined
}

/**
 * The peers in a file, now and after every change of them: for `setPeers`. The forms are those of `parsePeers`. The file
 * may be written in place, replaced by a rename, reached through links, or be absent for a while. A list that arrives
 * while the last one is still being used waits, and only the newest of several is given. Keeps no process alive.
 */
export function watchPeersFile(
  path: string,
  options: WatchPeersFileOptions = {},
): AsyncGenerator<readonly string[], void, undefined> {
  checkOptionNames(options, ['signal', 'pollMs', 'settleMs', 'onError'])
  if (typeof path !== 'string') throw new TypeError(`Path must be a string, received ${typeof path}`)
  const { signal, pollMs = 1000, settleMs = 50, onError } = options
  checkInteger('pollMs', pollMs, 1)
  checkInteger('settleMs', settleMs, 0)
  return endedByReturn(signal, either => follow(path, { signal: either, pollMs, settleMs, onError }))
}

interface Follow extends WatchPeersFileOptions {
  readonly pollMs: number
  readonly settleMs: number
}

async function* follow(
  path: string,
  { signal, pollMs, settleMs, onError }: Follow,
): AsyncGenerator<readonly string[], void, undefined> {
  const wakeup = new Wakeup()
  const watcher = watchDirectory(dirname(resolve(path)), () => wakeup.wake())
  let seen = ''
  let given = ''
  try {
    while (!signal?.aborted) {
      const state = await settledState(path, { seen, settleMs, signal })
      if (signal?.aborted) return
      const peers = state.text === seen ? undefined : state.read(onError)
      seen = state.text
      if (peers !== undefined && peers.join() !== given) {
        given = peers.join()
        yield peers
      } else await wakeup.wait(pollMs, signal)
    }
  } finally {
    watcher?.close()
  }
}

/** What a file was found to be: a text that tells states apart, and its peers. */
interface FileState {
  readonly text: string
  read(onError: WatchPeersFileOptions['onError']): readonly string[] | undefined
}

/** The file's state once two looks at it, `settleMs` apart, are equal: nobody is writing it any more. */
async function settledState(
  path: string,
  { seen, settleMs, signal }: { seen: string; settleMs: number; signal: AbortSignal | undefined },
): Promise<FileState> {
  let last = await stateOf(path)
  while (last.text !== seen && settleMs > 0 && !signal?.aborted) {
    await new Wakeup().wait(settleMs, signal)
    const now = await stateOf(path)
    if (now.text === last.text) return now
    last = now
  }
  return last
}

async function stateOf(path: string): Promise<FileState> {
  try {
    const content = await readFile(path, 'utf8')
    return { text: `=${content}`, read: onError => attempt(() => parsePeers(content), onError) }
  } catch (cause) {
    const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown'
    const error = new CacheError('IO', `Cannot read the file of peers: ${reason}`, { cause })
    return {
      text: `!${reason}`,
      read: onError => {
        onError?.(error)
        return undefined
      },
    }
  }
}

function attempt(
  parse: () => readonly string[],
  onError: WatchPeersFileOptions['onError'],
): readonly string[] | undefined {
  try {
    return parse()
  } catch (error) {
    if (!(error instanceof CacheError)) throw error
    onError?.(error)
    return undefined
  }
}

// The directory and not the file: a watch on a file follows the old one when a rename puts another in its place. Where
// watching is not possible (no such directory yet, a network file system, no more watches) polling alone does it.
function watchDirectory(directory: string, onChange: () => void): FSWatcher | undefined {
  try {
    const watcher = watch(directory, { persistent: false }, onChange)
    watcher.on('error', () => watcher.close())
    return watcher
  } catch {
    return undefined
  }
}
