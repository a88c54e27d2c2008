import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { createClient } from 'redis'
import { SyncedCache } from '../../../src/synced/index.ts'

/** How a cache kept up with the writes of another process. */
export interface EventsFigures {
  /** Events that came in a second. */
  readonly perSecond: number
  /** Milliseconds from a set there to its local hit here: of the first and of the last third of the time. */
  readonly lagMs: { readonly first: Lag; readonly last: Lag }
  /** How often it missed events. */
  readonly gaps: number
}

export interface Lag {
  readonly p50: number
  readonly p99: number
}

/** Lets another process set `perSecond` keys a second, and looks each millisecond how old what is here is. */
export async function measureEvents(url: string, perSecond: number, seconds: number): Promise<EventsFigures> {
  const cache = await SyncedCache.open<unknown>({ redis: createClient({ url }), prefix: 'events:', timeoutMs: 10_000 })
  const lags: number[] = []
  let last: unknown
  const look = setInterval(() => {
    const probe = cache.getLocal('probe')
    if (typeof probe === 'number' && probe !== last) lags.push(Date.now() - probe)
    last = probe
  }, 1)
  const { gaps, localFills } = cache.stats()
  const writer = spawn(
    process.execPath,
    [fileURLToPath(new URL('./events-writer.js', import.meta.url)), url, String(perSecond), String(seconds)],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  let took = seconds
  for await (const line of createInterface(writer.stdout)) took = (JSON.parse(line) as { seconds: number }).seconds
  clearInterval(look)
  const stats = cache.stats()
  await cache.close()
  const third = Math.ceil(lags.length / 3)
  return {
    perSecond: (stats.localFills - localFills) / took,
    lagMs: { first: lagOf(lags.slice(0, third)), last: lagOf(lags.slice(-third)) },
    gaps: stats.gaps - gaps,
  }
}

function lagOf(lags: readonly number[]): Lag {
  const sorted = lags.toSorted((a, b) => a - b)
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
  return { p50: at(0.5), p99: at(0.99) }
}
