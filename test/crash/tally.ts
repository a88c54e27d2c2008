import { type CrashModel, crashModels } from './medium.ts'

/** One crash that was survived badly. */
export interface Failure {
  readonly life: string
  readonly seed: number
  /** Of the crash among those of this run of the life: with life and seed it names the crash for good. */
  readonly number: number
  readonly model: CrashModel
  readonly at: string
  readonly faults: readonly string[]
}

/** Counts the crashes of one run of a life, or of many. */
export class Tally {
  readonly states: Record<CrashModel, number> = { killed: 0, ordered: 0, weak: 0 }
  /** Different images that were recovered from. */
  images = 0
  readonly failures: Failure[] = []
  /** How many crashes failed, by model. */
  readonly failed: Record<CrashModel, number> = { killed: 0, ordered: 0, weak: 0 }

  /** Counts a crash and gives its number, from 1. */
  count(model: CrashModel): number {
    this.states[model]++
    return this.total
  }

  countImage(): void {
    this.images++
  }

  fail(failure: Failure): void {
    this.failed[failure.model]++
    if (this.failures.length < 20) this.failures.push(failure)
  }

  add(other: Tally): void {
    for (const model of crashModels) {
      this.states[model] += other.states[model]
      this.failed[model] += other.failed[model]
    }
    this.images += other.images
    for (const failure of other.failures) if (this.failures.length < 20) this.failures.push(failure)
  }

  get total(): number {
    return crashModels.reduce((sum, model) => sum + this.states[model], 0)
  }

  get totalFailed(): number {
    return crashModels.reduce((sum, model) => sum + this.failed[model], 0)
  }
}

/** A failure, and how to see it again. */
export function describeFailure({ life, seed, number, model, at, faults }: Failure): string {
  return `${faults.join('; ')}\n    ${model}, in ${at}\n    npm run crash -- --life '${life}' --seed ${seed} --state ${number}`
}

/** One line for each life, and one for all. */
export function renderTallies(tallies: ReadonlyMap<string, Tally>): string {
  const width = Math.max(...[...tallies.keys()].map(title => title.length))
  const row = (title: string, ...cells: readonly (string | number)[]): string =>
    title.padEnd(width) + cells.map(cell => String(cell).padStart(10)).join('')
  const all = new Tally()
  const lines = [row('', ...crashModels, 'images', 'failures')]
  const add = (title: string, tally: Tally): number =>
    lines.push(row(title, ...crashModels.map(model => tally.states[model]), tally.images, tally.totalFailed))
  for (const [title, tally] of tallies) {
    all.add(tally)
    add(title, tally)
  }
  add('all', all)
  return lines.join('\n')
}
