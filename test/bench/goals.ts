/** One thing that is measured. */
export interface Figure {
  readonly id: string
  readonly title: string
  readonly unit: 'ms' | 'bytes'
}

/** All figures, in the order of the tables. */
export const figures: readonly Figure[] = [
  { id: 'load', title: 'eager load, import included', unit: 'ms' },
  { id: 'loadCpu', title: 'eager load, processor time', unit: 'ms' },
  { id: 'first', title: 'first small field, import included', unit: 'ms' },
  { id: 'element', title: 'one peer by id, import included', unit: 'ms' },
  { id: 'cold', title: 'cold store', unit: 'ms' },
  { id: 'coldCpu', title: 'cold store, processor time', unit: 'ms' },
  { id: 'changed', title: 'one peer changed, first calls', unit: 'ms' },
  { id: 'steady', title: 'one peer changed, after 200 calls', unit: 'ms' },
  { id: 'unchanged', title: 'nothing changed', unit: 'ms' },
  { id: 'disk', title: 'bytes in files', unit: 'bytes' },
  { id: 'allocated', title: 'bytes on disk', unit: 'bytes' },
  { id: 'coldPeak', title: 'peak memory of a cold store', unit: 'bytes' },
  { id: 'loadPeak', title: 'peak memory of a load', unit: 'bytes' },
]

/** What a contender has to reach: at most `most` times what the yardstick takes. */
export interface Goal {
  readonly figure: string
  readonly contender: string
  readonly most: number
}

/** Size of the state that the goals are for. */
export const goalPeers = 10_000

export const goals: readonly Goal[] = [
  { figure: 'load', contender: 'file', most: 1.1 },
  { figure: 'first', contender: 'file', most: 0.1 },
  { figure: 'cold', contender: 'file', most: 1.6 },
  { figure: 'changed', contender: 'file-immutable', most: 0.005 },
  { figure: 'changed', contender: 'file', most: 0.3 },
  { figure: 'disk', contender: 'file', most: 0.6 },
  { figure: 'coldPeak', contender: 'file', most: 1 },
]
