import { Judge, type Mark, type RunOptions, type Start } from './judge.ts'
import { type Life, makeMedium } from './life.ts'
import { isSameState, openLife, seenBy } from './life-state.ts'
import type { Medium } from './medium.ts'
import { honest, type Protocol } from './protocol.ts'
import { hashText, Random } from './random.ts'
import type { Step } from './steps.ts'
import type { Tally } from './tally.ts'

/**
 * Lives a life, then crashes it after every operation and judges what each crash leaves. The epochs of a life are parted
 * by crashes of its own: each begins with what such a crash left.
 */
export async function runLife(life: Life, tally: Tally, options: RunOptions): Promise<void> {
  const { seed, protocol = honest } = options
  const random = new Random(seed, hashText(life.title))
  const medium = makeMedium(life.medium, random, protocol.system)
  const { config, steps: all } = life.begin(random)
  let start: Start = { medium, stored: undefined, config, earlier: [], isClean: true }
  let steps = all
  for (let epoch = 0; steps.length > 0; epoch++) {
    const at = steps.findIndex(step => step.crash !== undefined)
    const crash = at < 0 ? undefined : steps[at]
    const marks = await live(start, at < 0 ? steps : steps.slice(0, at), protocol)
    const judge = new Judge(life, start, marks, tally, { ...options, protocol })
    await judge.all(new Random(seed, epoch, 1))
    if (crash === undefined) return
    const next = await judge.crashIn(marks.at(-1)!, crash, random)
    // A broken protocol may leave nothing to go on with.
    if (next === undefined) return
    start = next
    steps = steps.slice(at + 1)
  }
}

/** Lets the processes of one epoch do their work. */
async function live(start: Start, steps: readonly Step[], protocol: Protocol): Promise<Mark[]> {
  const { medium } = start
  let { config, stored } = start
  const marks: Mark[] = []
  const begin = async (): Promise<{
    store: Awaited<ReturnType<Medium['open']>>
    cache: ReturnType<typeof openLife>
  }> => {
    const store = protocol.store(await medium.open(), 'run')
    return { store, cache: openLife(store, config) }
  }
  let { store, cache } = await begin()
  for (const step of steps) {
    const before = stored
    const from = medium.length
    const state = seenBy(config, stored)
    await step.run({ cache, store, config, state })
    const after = step.next === undefined ? state : step.next(state, config)
    if (step.next !== undefined) {
      stored = after === undefined ? undefined : { state: after, schemaVersion: config.schemaVersion ?? 0 }
    }
    marks.push({ title: step.title, begin: from, end: medium.length, before, after: stored, config })
    if (step.config === undefined) continue
    config = step.config(config)
    ;({ store, cache } = await begin())
  }
  const last = await openLife(store, { ...config, poisonAfter: 0 }).load()
  if (isSameState(last?.state, seenBy(config, stored))) return marks
  throw new Error(`${protocol.title} loses state although nothing crashed`)
}
