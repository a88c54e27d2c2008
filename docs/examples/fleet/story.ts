import { setTimeout as sleep } from 'node:timers/promises'
import { Board, type Terminal } from './board.ts'
import { Fleet } from './fleet.ts'

const processes = 3

/** How it ended. */
export interface FleetStory {
  /** Whether all three held the same at the end. */
  readonly isInStep: boolean
  /** Local hits while Redis was dead. */
  readonly hitsWithoutRedis: number
  /** Milliseconds from the return of Redis until all were in step. */
  readonly backMs: number
}

/** Three processes, a Redis that dies and comes back with nothing. `worker`: the JavaScript of `worker.ts`. */
export async function tellFleetStory(terminal: Terminal, seconds: number, worker?: string): Promise<FleetStory> {
  const board = new Board(terminal)
  const fleet = await Fleet.start(processes, worker)
  const began = performance.now()
  const lookMs = terminal.isLive ? 100 : 500
  const watch = async (share: number): Promise<void> => {
    const end = performance.now() + share * seconds * 1000
    while (performance.now() < end) {
      board.draw((performance.now() - began) / 1000, fleet.isRedisUp, fleet.reports)
      await sleep(Math.min(lookMs, Math.max(1, end - performance.now())))
    }
  }
  const hits = (): number => fleet.reports.reduce((sum, report) => sum + (report?.hits ?? 0), 0)
  const all = (status: string): boolean => fleet.reports.every(report => report?.status === status)
  try {
    board.say('Three processes read four prices all the time and set one now and then. Each row is the memory of one.')
    await watch(0.3)
    board.say(board.bold('Redis is killed.'))
    await fleet.killRedis()
    await until(() => all('down'))
    const hitsBefore = hits()
    await watch(0.3)
    const hitsWithoutRedis = hits() - hitsBefore
    board.say(board.bold('Redis is back, with nothing.'))
    await fleet.startRedis()
    const backAt = performance.now()
    await until(() => all('ready'))
    const backMs = Math.round(performance.now() - backAt)
    await watch(0.3)
    fleet.rest()
    await watch(0.1)
    const isInStep = await until(() => all('ready') && new Set(fleet.reports.map(held)).size === 1)
    board.draw((performance.now() - began) / 1000, fleet.isRedisUp, fleet.reports)
    const sum = (of: 'hits' | 'misses' | 'sets' | 'refused'): number =>
      fleet.reports.reduce((total, report) => total + (report?.[of] ?? 0), 0)
    board.say('')
    const share = ((100 * sum('hits')) / (sum('hits') + sum('misses'))).toFixed(1)
    board.say(
      `${board.bold('answered')}   ${sum('hits')} reads from memory, ${share} % of all; ${sum('sets')} prices set`,
    )
    board.say(
      `${board.bold('meanwhile')}  ${hitsWithoutRedis} reads while Redis was dead; ${sum('refused')} calls told so`,
    )
    board.say(`${board.bold('back')}       all ready ${backMs} ms after Redis was`)
    board.say(`${board.bold('in step')}    ${isInStep ? 'all three hold the same' : 'no'}`)
    return { isInStep, hitsWithoutRedis, backMs }
  } finally {
    await fleet.close()
  }
}

function held(report: { readonly held: readonly unknown[] } | undefined): string {
  return JSON.stringify(report?.held)
}

// Whether it became true within five seconds.
async function until(test: () => boolean): Promise<boolean> {
  const end = performance.now() + 5_000
  while (!test() && performance.now() < end) await sleep(10)
  return test()
}
