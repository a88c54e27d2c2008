/** One thing that is measured. */
export interface Figure {
  readonly id: string
  readonly title: string
  readonly unit: 'ms' | 'bytes'
  /** In steady state: code that has run hundreds of times. */
  readonly isSteady?: boolean
}

/** All figures, in the order of the tables. */
export const figures: readonly Figure[] = [
  { id: 'load', title: 'eager load, import included', unit: 'ms' },
  { id: 'loadCpu', title: 'eager load, processor time', unit: 'ms' },
  { id: 'first', title: 'first small field, import included', unit: 'ms' },
  { id: 'small', title: 'all small fields, import included', unit: 'ms' },
  { id: 'element', title: 'one peer by id, import included', unit: 'ms' },
  { id: 'cold', title: 'cold store', unit: 'ms' },
  { id: 'coldCpu', title: 'cold store, processor time', unit: 'ms' },
  { id: 'changed', title: 'one peer changed, first calls', unit: 'ms' },
  { id: 'steady', title: 'one peer changed, after 200 calls', unit: 'ms', isSteady: true },
  { id: 'unchanged', title: 'nothing changed', unit: 'ms' },
  { id: 'disk', title: 'bytes in files', unit: 'bytes' },
  { id: 'allocated', title: 'bytes on disk', unit: 'bytes' },
  { id: 'coldPeak', title: 'memory above the state, peak of a cold store', unit: 'bytes' },
  { id: 'loadPeak', title: 'memory with the state, peak of a load', unit: 'bytes' },
  { id: 'loadAbove', title: 'memory above the state, after a load', unit: 'bytes' },
]

/** What a contender has to reach: at most `most` times what another takes. */
export interface Goal {
  readonly figure: string
  readonly contender: string
  readonly most: number
  /** Whose figure is 1. @default the yardstick of the same durability */
  readonly base?: string
  /** Size of the state. @default goalPeers */
  readonly peers?: number
}

/** Size of the state that most goals are for. */
export const goalPeers = 10_000

const go = 'netmapcache-go'

export const goals: readonly Goal[] = [
  { figure: 'load', contender: 'file', most: 0.8 },
  { figure: 'load', contender: 'level', most: 1 },
  { figure: 'load', contender: 'file', most: 0.5, peers: 100_000 },
  { figure: 'load', contender: 'level', most: 0.5, peers: 100_000 },
  { figure: 'small', contender: 'file', most: 0.05 },
  { figure: 'small', contender: 'level', most: 0.05 },
  { figure: 'element', contender: 'file', most: 0.1 },
  { figure: 'element', contender: 'level', most: 0.1 },
  { figure: 'cold', contender: 'file', most: 1.2 },
  { figure: 'cold', contender: 'level', most: 1.7 },
  { figure: 'cold', contender: 'file', most: 0.6, peers: 100_000 },
  { figure: 'cold', contender: 'level', most: 0.6, peers: 100_000 },
  { figure: 'steady', contender: 'file-immutable', most: 0.001 },
  { figure: 'steady', contender: 'level-immutable', most: 0.002 },
  { figure: 'changed', contender: 'file-immutable', most: 0.001 },
  { figure: 'changed', contender: 'level-immutable', most: 0.002 },
  { figure: 'changed', contender: 'file', most: 0.2 },
  { figure: 'changed', contender: 'level', most: 0.2 },
  { figure: 'unchanged', contender: 'file-immutable', most: 0.0002 },
  { figure: 'unchanged', contender: 'level-immutable', most: 0.0002 },
  { figure: 'disk', contender: 'file', most: 0.55 },
  { figure: 'disk', contender: 'level', most: 0.55 },
  { figure: 'disk', contender: 'file-compress', most: 0.2 },
  { figure: 'loadAbove', contender: 'file', most: 0.6 },
  { figure: 'loadAbove', contender: 'level', most: 0.6 },
  { figure: 'coldPeak', contender: 'file', most: 0.6 },
  { figure: 'coldPeak', contender: 'level', most: 0.6 },
  { figure: 'load', contender: 'netmap-plain', most: 1, base: go },
  { figure: 'unchanged', contender: 'netmap-plain', most: 1, base: go },
  { figure: 'changed', contender: 'netmap-plain', most: 1, base: go },
  { figure: 'cold', contender: 'netmap-plain', most: 1, base: go },
  { figure: 'cold', contender: 'netmap', most: 0.1, base: go },
  { figure: 'steady', contender: 'netmap-immutable', most: 0.001, base: go },
  { figure: 'load', contender: 'netmap', most: 0.35, base: go },
]

/** What may not depend on the size of the state: `within` of what it is at `goalPeers`, at every size measured. */
export interface EvenGoal {
  readonly figure: string
  readonly contender: string
  readonly within: number
}

export const evenGoals: readonly EvenGoal[] = [
  { figure: 'small', contender: 'file', within: 0.2 },
  { figure: 'small', contender: 'level', within: 0.2 },
]
