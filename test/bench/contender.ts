import type { NetmapPeer, NetmapState } from '../helpers/netmap-state.ts'

/** One way to keep a network map on disk, opened on a directory. */
export interface Opened {
  /** The whole state, every value of it in hand. */
  load(): Promise<NetmapState>
  /** One small field, as soon as it can be had. */
  first(): Promise<NetmapPeer>
  /** One peer by its StableID. */
  element(id: string): Promise<NetmapPeer | undefined>
  /** Makes `state` what is stored, whatever was stored before. */
  store(state: NetmapState): Promise<void>
  close(): Promise<void>
}

/** What a file of `contenders/` exports as `open`. */
export type Open = (directory: string, variant: Variant) => Promise<Opened>

/** How a contender is used. */
export interface Variant {
  /** Flush to the disk before a store counts as done. */
  readonly power: boolean
  /** The state is never changed in place, and the contender is told so. */
  readonly immutable: boolean
  readonly compress: boolean
}

/** The jobs, each done by a process of its own. */
export const jobNames = ['load', 'first', 'element', 'store'] as const
export type JobName = (typeof jobNames)[number]

export interface Contender extends Variant {
  readonly id: string
  readonly title: string
  readonly jobs: readonly JobName[]
  readonly import: () => Promise<{ readonly open: Open }>
}
