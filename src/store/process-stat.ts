/// <reference types="node" />
import { builtinModule } from '../bytes/builtin-module.ts'

/** What Linux tells of a process. */
export interface ProcessStat {
  /** Whether it has ended and only waits for its parent to notice, which may be never. */
  readonly isZombie: boolean
  /** When it was started, in ticks since the machine was. */
  readonly startTicks: number
}

/** What `/proc/<pid>/stat` says (proc(5)); `undefined` if there is no such process, or no `/proc`. */
export function processStat(pid: number): ProcessStat | undefined {
  try {
    // Not imported: LevelStore runs in browsers too.
    const stat = builtinModule<typeof import('node:fs')>('node:fs')!.readFileSync(`/proc/${pid}/stat`, 'latin1')
    // After the name of the program, which may hold anything: the state is the third field, the threads are the 20th, the
    // start is the 22nd. A zombie with more than one thread has others that are still ending.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return { isZombie: fields[0] === 'Z' && Number(fields[17]) <= 1, startTicks: Number(fields[19]) }
  } catch {
    return undefined
  }
}
