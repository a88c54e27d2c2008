import type { BodyFigures } from './measure-bodies.ts'
import type { EntryFigures, EvictionFigures } from './measure-entries.ts'

/** Everything that was measured. */
export interface BlobResults {
  readonly bodies: BodyFigures
  readonly entries: EntryFigures | undefined
  readonly eviction: EvictionFigures
}

/** One promise about speed, and what came of it. */
export interface Judged {
  readonly goal: string
  readonly wanted: string
  readonly measured: string
  readonly isMet: boolean
}

const kib100 = 102_400
/** At which the goal for `open` and `list` is set. */
export const goalEntries = 100_000
const mostOpenMs = 100

/** The goals whose figures were measured. */
export function judge({ bodies, entries, eviction }: BlobResults): Judged[] {
  const atMost = (figure: string, id: string, base: string, most: number): Judged[] => {
    const value = bodies.get(id)?.get(figure)
    const one = bodies.get(base)?.get(figure)
    if (value === undefined || one === undefined) return []
    const goal = `${figureTitle(figure)}, ${id}, ${base} = 1`
    return [{ goal, wanted: `<= ${most}`, ...ratio(value / one, most) }]
  }
  // As it comes, with SHA-512; and with the digest that we have, which machines have instructions for.
  const beats = (id: string, title: string, figure: string): Judged[] => {
    const ours = bodies.get('coldsnap')?.get(figure)
    const theirs = bodies.get(id)?.get(figure)
    if (ours === undefined || theirs === undefined) return []
    const times = theirs / ours
    const goal = `${figureTitle(figure)}, times faster than ${title}`
    return [{ goal, wanted: '>= 3', measured: times.toFixed(2), isMet: times >= 3 }]
  }
  return [
    ...atMost(`get ${kib100}`, 'coldsnap', 'plain', 1.5),
    ...putsOf(bodies, 'coldsnap-power').flatMap(put => atMost(put, 'coldsnap-power', 'plain-power', 1.2)),
    ...putsOf(bodies, 'coldsnap').flatMap(put => atMost(put, 'coldsnap', 'plain', 1.2)),
    ...[...(bodies.get('cacache')?.keys() ?? [])].flatMap(figure => beats('cacache', 'cacache', figure)),
    ...[...(bodies.get('cacache-sha256')?.keys() ?? [])].flatMap(figure =>
      beats('cacache-sha256', 'cacache with SHA-256', figure),
    ),
    ...(entries === undefined ? [] : judgeEntries(entries)),
    ...judgeEviction(eviction),
  ]
}

function putsOf(bodies: BodyFigures, id: string): string[] {
  return [...(bodies.get(id)?.keys() ?? [])].filter(figure => figure.startsWith('put '))
}

function judgeEntries({ entries, open, list, keys, walk, readWalk }: EntryFigures): Judged[] {
  const wanted = '<= 1.5'
  return [
    {
      goal: `open, ${entries} entries`,
      wanted: `<= ${mostOpenMs} ms`,
      measured: `${open.toFixed(1)} ms`,
      isMet: open <= mostOpenMs,
    },
    { goal: 'list with metadata, a walk that reads the end of each file = 1', wanted, ...ratio(list / readWalk, 1.5) },
    { goal: 'list of keys, a walk that reads names = 1', wanted, ...ratio(keys / walk, 1.5) },
  ]
}

// Constant per put, if it takes as long with twenty times as many.
function judgeEviction(eviction: EvictionFigures): Judged[] {
  const [few, many] = [Math.min(...eviction.keys()), Math.max(...eviction.keys())]
  if (eviction.size < 2) return []
  const goal = `a put that gives up another blob, with ${many} entries, with ${few} = 1`
  return [{ goal, wanted: '<= 1.5', ...ratio(eviction.get(many)! / eviction.get(few)!, 1.5) }]
}

function ratio(value: number, most: number): { readonly measured: string; readonly isMet: boolean } {
  return { measured: value.toFixed(2), isMet: value <= most }
}

/** `put 1024` as `put 1 KiB`. */
export function figureTitle(figure: string): string {
  const [verb = '', what = ''] = figure.split(' ')
  const size = Number(what)
  if (Number.isNaN(size)) return figure
  if (size % 1024 !== 0) return `${verb} ${size} B`
  return size < 1024 * 1024 ? `${verb} ${size / 1024} KiB` : `${verb} ${size / 1024 / 1024} MiB`
}
