import type { NetmapPeer, NetmapState } from '../helpers/netmap-state.ts'

/** The state without its columns of elements. */
export type SmallFields = Omit<NetmapState, 'Peers' | 'UserProfiles'>

export const smallFields = [
  'SelfNode',
  'NodeKey',
  'MachineKey',
  'DNS',
  'DERPMap',
  'SSHPolicy',
  'PacketFilterRules',
  'CollectServices',
  'DisplayMessages',
  'TKAEnabled',
  'TKAHead',
  'Domain',
  'DomainAuditLogID',
] as const satisfies readonly (keyof SmallFields)[]

/** One way to keep a network map on disk, opened on a directory. */
export interface Opened {
  /** The whole state, every value of it in hand. */
  load(): Promise<NetmapState>
  /** One small field, as soon as it can be had. */
  first(): Promise<NetmapPeer>
  /** Every field but peers and user profiles. */
  small(): Promise<SmallFields>
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
export const jobNames = ['load', 'first', 'small', 'element', 'store'] as const
export type JobName = (typeof jobNames)[number]

/** The tables that contenders are shown in. */
export const groups = {
  coldsnap: 'coldsnap',
  files: 'The whole state in one file',
  databases: 'A key per peer',
  netmaps: "Network maps: Tailscale's program, its directory layout, and ours",
} as const

interface Described extends Variant {
  readonly id: string
  readonly title: string
  readonly group: keyof typeof groups
  readonly jobs: readonly JobName[]
  /** With a larger state it would take minutes for every figure: it is left out there. */
  readonly mostPeers?: number
  /** Contenders with one layout read what the first of them stored. */
  readonly layout?: string
}

/** A contender in JavaScript, measured in a fresh Node. */
export interface ModuleContender extends Described {
  readonly import: () => Promise<{ readonly open: Open; readonly imports?: () => Promise<unknown> }>
  /** It needs a native add-on, which may not be there. */
  readonly isNative?: boolean
}

/** Figures of one process by their ids. */
export type Figures = Readonly<Record<string, number>>

/** 'once': the first store alone. 'check': compare reads with the state, and let few calls stand for the steady state. */
export type How = '' | 'once' | 'check'

/** Runs a job in a fresh process. */
export type RunJob = (job: JobName, directory: string, stateFile: string, how: How) => Promise<Figures>

/** A contender in another language, which measures itself. */
export interface ProgramContender extends Described {
  /** Makes the program of the sources below `root`, into `directory`; rejects with the reason why it cannot. */
  readonly build: (root: string, directory: string) => Promise<RunJob>
}

export type Contender = ModuleContender | ProgramContender
