import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Cluster, startCluster } from '../../../src/group/node/cluster.ts'
import { FileStore } from '../../../src/store/file-store.ts'
import type { ChurnFleet } from './churn-fleet.ts'
import { type Call, makeGroups, perform, watchFlights } from './churn-node.ts'
import type { Found, Ledger } from './ledger.ts'

/** A cluster of this process with stores on disk. */
export class ClusterFleet implements ChurnFleet {
  readonly size: number
  readonly troubles = ['stop', 'cut', 'rings'] as const
  readonly #cluster: Cluster
  readonly #problems: string[] = []
  readonly #end: () => Promise<readonly string[]>

  private constructor(cluster: Cluster, end: () => Promise<readonly string[]>) {
    this.size = cluster.nodes.length
    this.#cluster = cluster
    this.#end = end
    process.on('unhandledRejection', this.#onRejection)
    process.on('warning', this.#onWarning)
  }

  static async start(size: number, ledger: Ledger): Promise<ClusterFleet> {
    const before = resourceCounts()
    const flights = watchFlights()
    const dir = mkdtempSync(join(tmpdir(), 'coldsnap-churn-'))
    const stores: FileStore[] = []
    const versionAt = async (name: string): Promise<number> => {
      ledger.counts.loads++
      return ledger.version(name)
    }
    const cluster = await startCluster(size, {
      nodeOptions: async index => {
        stores[index] ??= await FileStore.open(join(dir, String(index)), { durability: 'process' })
        return { store: stores[index] }
      },
      setup: node => makeGroups(node, versionAt),
    })
    return new ClusterFleet(cluster, async () => {
      await cluster.close()
      await Promise.all(stores.map(store => store.close()))
      rmSync(dir, { recursive: true, force: true })
      const left = await leftover(before)
      const count = flights.count()
      flights.stop()
      return count === 0 ? left : [...left, `${count} flights`]
    })
  }

  call(index: number, call: Call): Promise<Found[]> {
    return perform(this.#cluster.nodes[index]!, call)
  }

  stop(index: number): Promise<void> {
    return this.#cluster.stop(index)
  }

  async kill(): Promise<void> {
    throw new Error('A node of this process cannot be killed')
  }

  restart(index: number): Promise<void> {
    return this.#cluster.restart(index)
  }

  cut(a: number, b: number): void {
    this.#cluster.partition(a, b)
  }

  heal(): void {
    this.#cluster.heal()
  }

  async setPeers(index: number, members: readonly number[]): Promise<void> {
    const { addresses, nodes } = this.#cluster
    nodes[index]!.setPeers(
      members.map(member => addresses[member]!),
      { self: addresses[index] },
    )
  }

  problems(): readonly string[] {
    return this.#problems
  }

  async close(): Promise<readonly string[]> {
    const left = await this.#end()
    process.off('unhandledRejection', this.#onRejection)
    process.off('warning', this.#onWarning)
    return left
  }

  readonly #onRejection = (reason: unknown): void => void this.#problems.push(`Unhandled: ${String(reason)}`)
  readonly #onWarning = (warning: Error): void => void this.#problems.push(`Warning: ${warning.message}`)
}

/** What is open in this process, by kind. */
function resourceCounts(): Map<string, number> {
  const counts = new Map<string, number>()
  for (const kind of process.getActiveResourcesInfo()) counts.set(kind, (counts.get(kind) ?? 0) + 1)
  return counts
}

// Sockets take a moment to close; what is left after it is a leak.
async function leftover(before: ReadonlyMap<string, number>): Promise<string[]> {
  for (let attempt = 0; ; attempt++) {
    const more = [...resourceCounts()].filter(
      ([kind, count]) => count > (before.get(kind) ?? 0) && kind !== 'Immediate',
    )
    // The pause between two looks is a timer itself, gone by the look.
    if (more.length === 0 || attempt === 40)
      return more.map(([kind, count]) => `${count} ${kind}, ${before.get(kind) ?? 0} before`)
    await sleep(50)
  }
}
