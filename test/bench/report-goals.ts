import { findContender } from './contenders.ts'
import { formatRatio, group, table } from './format.ts'
import { type EvenGoal, evenGoals, figures, type Goal, goalPeers, goals } from './goals.ts'
import type { Medians } from './harness.ts'
import { baseOf } from './yardstick.ts'

/** The goals against what was measured, as Markdown; goals whose figures were not measured are left out. */
export function renderGoals(results: ReadonlyMap<number, Medians>): string | undefined {
  const rows = [
    ...goals.flatMap(goal => renderGoal(goal, results)),
    ...evenGoals.flatMap(goal => renderEvenGoal(goal, results)),
  ]
  if (rows.length === 0) return undefined
  const head = [
    `goal at ${group(goalPeers)} peers, one JSON file = 1 where nothing else is said`,
    'wanted',
    'measured',
    '',
  ]
  return `${table(head, rows)}\n\n${note}`
}

const note =
  '(s): in steady state, the median of 200 calls after 200 others. All other stores are among the first calls of a ' +
  'process and run mostly unoptimised code; so do all loads, which are the first thing that a fresh process does.'

function renderGoal({ figure, contender, most, base, peers = goalPeers }: Goal, results: ReadonlyMap<number, Medians>) {
  const medians = results.get(peers)
  const value = medians?.get(contender)?.[figure]
  const one = medians?.get(base ?? baseOf(contender))?.[figure]
  if (value === undefined || one === undefined) return []
  const where = [
    titleOf(figure),
    findContender(contender).title,
    ...(base === undefined ? [] : [`${findContender(base).title} = 1`]),
    ...(peers === goalPeers ? [] : [`${group(peers)} peers`]),
  ]
  const ratio = value / one
  return [[where.join(', '), `<= ${most}`, formatRatio(ratio), verdict(ratio <= most)]]
}

function renderEvenGoal({ figure, contender, within }: EvenGoal, results: ReadonlyMap<number, Medians>) {
  const one = results.get(goalPeers)?.get(contender)?.[figure]
  const sizes = [...results].filter(([, medians]) => medians.get(contender)?.[figure] !== undefined)
  if (one === undefined || sizes.length < 2) return []
  const off = Math.max(...sizes.map(([, medians]) => Math.abs(medians.get(contender)![figure]! / one - 1)))
  const from = group(Math.min(...sizes.map(([peers]) => peers)))
  const to = group(Math.max(...sizes.map(([peers]) => peers)))
  const where = `${titleOf(figure)}, ${findContender(contender).title}, the same from ${from} to ${to} peers`
  return [[where, `+-${percent(within)}`, `+-${percent(off)}`, verdict(off <= within)]]
}

function titleOf(id: string): string {
  const { title, isSteady } = figures.find(figure => figure.id === id)!
  return isSteady ? `${title} (s)` : title
}

function percent(share: number): string {
  return `${(share * 100).toFixed(0)} %`
}

function verdict(isMet: boolean): string {
  return isMet ? 'met' : '**missed**'
}
