import { digits, formatRatio, group, table } from '../format.ts'
import { renderMachine } from '../machine.ts'
import { blobContenders, yardstickOf } from './blob-contenders.ts'
import { type BlobResults, figureTitle, judge } from './blob-goals.ts'
import type { BodyFigures } from './measure-bodies.ts'

/** The tables of a run as Markdown: the goals, then medians and ratios. */
export function renderBlobReport(results: BlobResults, rounds: number, leftOut: readonly string[]): string {
  const goals = judge(results).map(({ goal, wanted, measured, isMet }) => [
    goal,
    wanted,
    measured,
    isMet ? 'met' : '**missed**',
  ])
  const { entries, eviction } = results
  return [
    renderMachine(rounds),
    ...leftOut.map(reason => `Left out: ${reason}.`),
    ...(goals.length === 0 ? [] : [table(['goal', 'wanted', 'measured', ''], goals)]),
    ...renderBodies("Nothing is flushed (`durability: 'process'`); plain files = 1:", results.bodies, false),
    ...renderBodies("Flushed to the disk (`durability: 'power'`); plain files, flushed = 1:", results.bodies, true),
    ...(entries === undefined
      ? []
      : [
          table(
            [`${group(entries.entries)} entries`, 'open', 'list of keys', 'walk, names', 'list', 'walk, ends read'],
            [['', ...[entries.open, entries.keys, entries.walk, entries.list, entries.readWalk].map(ms)]],
          ),
        ]),
    ...(eviction.size === 0
      ? []
      : [
          table(
            ['a put that gives up another blob', ...Array.from(eviction.keys(), count => `${group(count)} entries`)],
            [['', ...Array.from(eviction.values(), ms)]],
          ),
        ]),
  ].join('\n\n')
}

function renderBodies(title: string, bodies: BodyFigures, power: boolean): string[] {
  const shown = blobContenders.filter(contender => contender.power === power && bodies.has(contender.id))
  const figures = new Set(shown.flatMap(({ id }) => [...bodies.get(id)!.keys()]))
  if (figures.size === 0) return []
  const rows = Array.from(figures, figure => [
    figureTitle(figure),
    ...shown.map(contender => {
      const value = bodies.get(contender.id)?.get(figure)
      const one = bodies.get(yardstickOf(contender))?.get(figure)
      if (value === undefined) return ''
      return one === undefined ? ms(value) : `${ms(value)} (${formatRatio(value / one)})`
    }),
  ])
  return [title, table(['', ...shown.map(contender => contender.title)], rows)]
}

function ms(value: number): string {
  return `${digits(value)} ms`
}
