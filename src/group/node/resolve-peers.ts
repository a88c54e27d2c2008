import { Resolver } from 'node:dns/promises'
import { abortable } from '../../core/abortable.ts'
import { checkInteger, checkOneOf, checkOptionNames } from '../../core/check.ts'
import { CacheError } from '../../errors.ts'
import { addressProblem } from '../peer-address.ts'
import { sortedPeers } from '../peer-list.ts'
import { Wakeup } from '../wakeup.ts'
import { endedByReturn } from './ended-by-return.ts'

/** The part of `Resolver` of `node:dns/promises` that is used. */
export interface PeerResolver {
  /** The IPv4 addresses of a name. */
  resolve4(hostname: string): Promise<readonly string[]>
  /** The SRV records of a name. */
  resolveSrv(hostname: string): Promise<readonly { readonly name: string; readonly port: number }[]>
}

/** Options of {@link resolvePeers}. */
export interface ResolvePeersOptions {
  /** The whole name; search domains of the system are not tried. */
  readonly hostname: string
  /** `A`: one peer for each IPv4 address, at `port`. `SRV`: name and port of each record, whatever its priority. @default 'A' */
  readonly type?: 'A' | 'SRV' | undefined
  /** The port of every peer; for type `A` only, and needed there. */
  readonly port?: number | undefined
  /** How often the name is asked for, in milliseconds, give or take a tenth at random. @default 30_000 */
  readonly everyMs?: number | undefined
  /** Asks the name servers. @default a Resolver of node:dns with two tries of two seconds */
  readonly resolver?: PeerResolver | undefined
  /** Ends the iteration, also while an answer is awaited. */
  readonly signal?: AbortSignal | undefined
  /**
   * Told of every question that failed (`IO`) or whose answer was refused or empty (`INVALID_PEERS`); the list before it
   * stays. A throw of this function ends the iteration with it.
   */
  readonly onError?: ((error: CacheError) => void) | undefined
  /** Numbers from 0 to 1. @default Math.random */
  readonly random?: (() => number) | undefined
}

const optionNames = ['hostname', 'type', 'port', 'everyMs', 'resolver', 'signal', 'onError', 'random'] as const

/**
 * The peers behind a DNS name, now and after every change of them: for `setPeers`. Sorted, each once. A name that does
 * not resolve for a while changes nothing. Keeps no process alive.
 */
export function resolvePeers(options: ResolvePeersOptions): AsyncGenerator<readonly string[], void, undefined> {
  checkOptionNames(options, optionNames)
  const { hostname, type = 'A', port, everyMs = 30_000, signal, onError, random = Math.random } = options
  if (typeof hostname !== 'string') throw new TypeError(`Option hostname must be a string, received ${typeof hostname}`)
  if (hostname === '') throw new RangeError('Option hostname must not be empty')
  checkOneOf('type', type, ['A', 'SRV'])
  checkInteger('everyMs', everyMs, 1)
  if (type === 'A') checkPort(port)
  else if (port !== undefined) throw new TypeError('Option port is for type A, SRV records have their own')
  const resolver = options.resolver ?? new Resolver({ timeout: 2000, tries: 2 })
  const ask = async (): Promise<readonly string[]> =>
    type === 'A'
      ? (await resolver.resolve4(hostname)).map(address => `${address}:${port}`)
      : (await resolver.resolveSrv(hostname)).map(each => `${each.name.replace(/\.$/, '')}:${each.port}`)

  return endedByReturn(signal, either => follow({ ask, everyMs, signal: either, onError, random }))
}

function checkPort(port: number | undefined): void {
  if (port === undefined) throw new TypeError('Option port is needed for type A')
  checkInteger('port', port, 1)
  if (port > 65_535) throw new RangeError(`Option port must be at most 65535, received ${port}`)
}

interface Follow {
  readonly ask: () => Promise<readonly string[]>
  readonly everyMs: number
  readonly signal: AbortSignal | undefined
  readonly onError: ResolvePeersOptions['onError']
  readonly random: () => number
}

async function* follow({
  ask,
  everyMs,
  signal,
  onError,
  random,
}: Follow): AsyncGenerator<readonly string[], void, undefined> {
  const wakeup = new Wakeup()
  let given = ''
  while (!signal?.aborted) {
    const peers = await answered(ask, signal, onError)
    if (signal?.aborted) return
    if (peers !== undefined && peers.join() !== given) {
      given = peers.join()
      yield peers
    }
    await wakeup.wait(Math.round(everyMs * (0.9 + 0.2 * random())), signal)
  }
}

async function answered(
  ask: () => Promise<readonly string[]>,
  signal: AbortSignal | undefined,
  onError: ResolvePeersOptions['onError'],
): Promise<readonly string[] | undefined> {
  let peers: readonly string[]
  try {
    peers = sortedPeers(await abortable(ask(), signal))
  } catch (cause) {
    if (!signal?.aborted) onError?.(new CacheError('IO', 'Cannot resolve the name of the peers', { cause }))
    return undefined
  }
  const wrong = peers.find(peer => addressProblem(peer) !== undefined)
  if (peers.length > 0 && wrong === undefined) return peers
  const found = wrong === undefined ? 'it is empty' : `${JSON.stringify(wrong)} ${addressProblem(wrong)}`
  onError?.(new CacheError('INVALID_PEERS', `Cannot use the answer to the name of the peers: ${found}`))
  return undefined
}
