import { groups } from './contender.ts'
import { findContender } from './contenders.ts'
import { digits, formatRatio, group, table } from './format.ts'
import { type Figure, figures } from './goals.ts'
import type { Medians } from './harness.ts'
import { renderMachine } from './machine.ts'
import { renderGoals } from './report-goals.ts'
import type { LeftOut } from './runners.ts'
import { baseOf, ratioOf } from './yardstick.ts'

/** The tables of a run as Markdown: the goals, then medians and ratios of every size. */
export function renderReport(
  results: ReadonlyMap<number, Medians>,
  rounds: number,
  leftOut: readonly LeftOut[] = [],
): string {
  const goals = renderGoals(results)
  return [
    renderMachine(rounds),
    ...leftOut.map(({ contender, reason }) => `Left out: ${contender.title}: ${reason}.`),
    ...(goals === undefined ? [] : [goals]),
    ...[...results].map(([peers, medians]) => renderSize(peers, medians)),
  ].join('\n\n')
}

function renderSize(peers: number, medians: Medians): string {
  const ids = [...medians.keys()]
  const isPower = (id: string): boolean => findContender(id).power
  const parts = [`### ${group(peers)} peers`]
  for (const name of Object.keys(groups) as (keyof typeof groups)[]) {
    const shown = ids.filter(id => !isPower(id) && findContender(id).group === name)
    parts.push(...renderTable(`${groups[name]} (\`durability: process\`):`, medians, shown))
  }
  parts.push(...renderTable('Flushed to the disk (`durability: power`):', medians, ids.filter(isPower)))
  return parts.join('\n\n')
}

// The yardstick stands first in every table.
function renderTable(title: string, medians: Medians, group: readonly string[]): string[] {
  const ids = [...new Set(group.flatMap(id => [baseOf(id), id]))].filter(id => medians.has(id))
  const shown = figures.filter(figure => group.some(id => medians.get(id)?.[figure.id] !== undefined))
  if (shown.length === 0) return []
  const rows = shown.map(figure => [figure.title, ...ids.map(id => renderCell(medians, id, figure))])
  return [title, table(['', ...ids.map(id => findContender(id).title)], rows)]
}

function renderCell(medians: Medians, id: string, figure: Figure): string {
  const value = medians.get(id)?.[figure.id]
  if (value === undefined) return ''
  const ratio = ratioOf(medians, id, figure.id)
  const text = figure.unit === 'ms' ? `${digits(value)} ms` : `${digits(value / 1e6)} MB`
  return ratio === undefined ? text : `${text} (${formatRatio(ratio)})`
}
