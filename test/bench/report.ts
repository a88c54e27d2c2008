import os from 'node:os'
import { baseIds, findContender } from './contenders.ts'
import { type Figure, figures, goalPeers, goals } from './goals.ts'
import type { Medians } from './harness.ts'

/** The tables of a run as Markdown: the goals, then medians and ratios of every size. */
export function renderReport(results: ReadonlyMap<number, Medians>, rounds: number): string {
  const parts = [renderMachine(rounds)]
  const goalResults = results.get(goalPeers)
  if (goalResults !== undefined) parts.push(renderGoals(goalResults))
  for (const [peers, medians] of results) parts.push(renderSize(peers, medians))
  return parts.join('\n\n')
}

// The class of the machine only: nothing that names it.
function renderMachine(rounds: number): string {
  const date = new Date().toISOString().slice(0, 10)
  const kernel = /^\d+\.\d+/.exec(os.release())?.[0] ?? ''
  const machine = `${os.cpus().length} cores (${process.arch}), ${os.type()} ${kernel}, Node ${process.versions.node}`
  return `Measured ${date}: ${machine}; medians of ${rounds} rounds.`
}

function renderGoals(medians: Medians): string {
  const rows = goals.flatMap(({ figure, contender, most }) => {
    const ratio = ratioOf(medians, contender, figure)
    if (ratio === undefined) return []
    const { title } = figures.find(({ id }) => id === figure)!
    const verdict = ratio <= most ? 'met' : '**missed**'
    return [[`${title}, ${findContender(contender).title}`, `<= ${most}`, formatRatio(ratio), verdict]]
  })
  const head = [`goal at ${group(goalPeers)} peers, one JSON file = 1`, 'wanted', 'measured', '']
  return table(head, rows)
}

function renderSize(peers: number, medians: Medians): string {
  const parts = [`### ${group(peers)} peers`]
  for (const power of [false, true]) {
    const ids = [...medians.keys()].filter(id => findContender(id).power === power)
    const shown = figures.filter(figure => ids.some(id => medians.get(id)?.[figure.id] !== undefined))
    if (shown.length === 0) continue
    parts.push(power ? 'Flushed to the disk (`durability: power`):' : 'Surviving the process (`durability: process`):')
    const rows = shown.map(figure => [figure.title, ...ids.map(id => renderCell(medians, id, figure))])
    parts.push(table(['', ...ids.map(id => findContender(id).title)], rows))
  }
  return parts.join('\n\n')
}

function renderCell(medians: Medians, id: string, figure: Figure): string {
  const value = medians.get(id)?.[figure.id]
  if (value === undefined) return ''
  const ratio = ratioOf(medians, id, figure.id)
  const text = figure.unit === 'ms' ? `${digits(value)} ms` : `${digits(value / 1e6)} MB`
  return ratio === undefined ? text : `${text} (${formatRatio(ratio)})`
}

/** How many times the yardstick of the same durability a contender takes; `undefined` if either was not measured. */
export function ratioOf(medians: Medians, id: string, figure: string): number | undefined {
  const base = medians.get(baseIds[findContender(id).power ? 'power' : 'process'])?.[figure]
  const value = medians.get(id)?.[figure]
  return base === undefined || value === undefined ? undefined : value / base
}

// Two decimals around 1, where they decide; two significant digits below.
function formatRatio(ratio: number): string {
  if (ratio < 0.001) return `x${ratio.toFixed(5)}`
  return `x${ratio >= 0.1 && ratio < 10 ? ratio.toFixed(2) : digits(ratio)}`
}

// Two significant digits, three from 100 on.
function digits(value: number): string {
  if (value === 0) return '0'
  return Math.abs(value) >= 100 ? value.toFixed(0) : Number(value.toPrecision(2)).toString()
}

function group(count: number): string {
  return count.toLocaleString('en-US')
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map((_, i) => (i === 0 ? '---' : '---:'))), ...rows.map(line)].join('\n')
}
