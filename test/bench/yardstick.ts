import { baseIds, findContender } from './contenders.ts'
import type { Medians } from './harness.ts'

/** The contender whose figures are 1: the JSON file of the same durability. */
export function baseOf(id: string): string {
  return baseIds[findContender(id).power ? 'power' : 'process']
}

/** How many times the yardstick a contender takes; `undefined` if either was not measured. */
export function ratioOf(medians: Medians, id: string, figure: string): number | undefined {
  const one = medians.get(baseOf(id))?.[figure]
  const value = medians.get(id)?.[figure]
  return one === undefined || value === undefined ? undefined : value / one
}
