import type { Call } from './churn-node.ts'
import type { Found } from './ledger.ts'

/** What may happen to a node; `cut` is a partition, `rings` a list of peers of its own for a while. */
export type Trouble = 'stop' | 'kill' | 'cut' | 'rings'

/** Nodes under test: of this process, or each of its own. */
export interface ChurnFleet {
  readonly size: number
  readonly troubles: readonly Trouble[]
  /** Makes a call at a node. Settles by itself also where the node dies: then with the code `GONE`. */
  call(index: number, call: Call): Promise<Found[]>
  stop(index: number): Promise<void>
  kill(index: number): Promise<void>
  restart(index: number): Promise<void>
  cut(a: number, b: number): void
  heal(): void
  /** Tells a node who is in the fleet; itself is among them. */
  setPeers(index: number, members: readonly number[]): Promise<void>
  /** What went wrong that no call is told of: unhandled rejections, warnings, processes that ended by themselves. */
  problems(): readonly string[]
  /** Ends all nodes, and tells what is left of them: sockets, timers, flights. */
  close(): Promise<readonly string[]>
}
