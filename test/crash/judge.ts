import type { Life } from './life.ts'
import { type Config, isSameState, type Stored, seenBy } from './life-state.ts'
import type { CrashState, Medium } from './medium.ts'
import { honest, type Protocol } from './protocol.ts'
import { hashText, type Random } from './random.ts'
import { type Recovery, recover } from './recover.ts'
import type { Step } from './steps.ts'
import type { Tally } from './tally.ts'

/** How to run a life. */
export interface RunOptions {
  readonly seed: number
  /** Crashes per operation and model, at most, where there is a choice. */
  readonly picks: number
  readonly protocol?: Protocol
  /** Judge the crash of this number only. */
  readonly only?: number | undefined
  /** Told of the crash of that number, in words. */
  readonly explain?: (line: string) => void
}

/** From where to where a step went, and what was stored before and after it. */
export interface Mark {
  readonly title: string
  readonly begin: number
  readonly end: number
  readonly before: Stored | undefined
  readonly after: Stored | undefined
  readonly config: Config
}

/** What an epoch begins with: a medium that a crash left, or a new one. */
export interface Start {
  readonly medium: Medium
  readonly stored: Stored | undefined
  readonly config: Config
  /** Everything that was stored before: what was not made durable can come back. */
  readonly earlier: readonly (Stored | undefined)[]
  /** Whether nothing on the medium is damaged. */
  readonly isClean: boolean
}

/** Crashes one epoch of a life, and judges what the next process finds. */
export class Judge {
  readonly #life: Life
  readonly #start: Start
  readonly #marks: readonly Mark[]
  readonly #tally: Tally
  readonly #options: RunOptions & { readonly protocol: Protocol }
  // What comes of an image depends on nothing but the image and the configuration of the process that finds it.
  readonly #known = new Map<string, Promise<Recovery>>()
  readonly #configs: Config[] = []

  constructor(
    life: Life,
    start: Start,
    marks: readonly Mark[],
    tally: Tally,
    options: RunOptions & { readonly protocol: Protocol },
  ) {
    this.#life = life
    this.#start = start
    this.#marks = marks
    this.#tally = tally
    this.#options = options
  }

  /** Crashes after every operation of the epoch. */
  async all(random: Random): Promise<void> {
    const replay = this.#start.medium.replay()
    for (let done = 0; done <= this.#start.medium.length; done++) {
      for (const crash of replay.at(done, random, this.#options.picks)) {
        const number = this.#tally.count(crash.model)
        if (this.#options.only !== undefined && this.#options.only !== number) continue
        const faults = await this.#faultsOf(crash)
        if (this.#options.only !== undefined) await this.#explain(crash, done)
        if (faults.length === 0) continue
        const at = `${this.#markAt(crash.to).title}, after ${this.#start.medium.describe(done - 1)}`
        const { seed } = this.#options
        this.#tally.fail({ life: this.#life.title, seed, number, model: crash.model, at, faults })
      }
    }
  }

  /** Dies somewhere in the last step, and gives what the next process begins with. */
  async crashIn(mark: Mark, { crash: model }: Step, random: Random): Promise<Start | undefined> {
    const replay = this.#start.medium.replay()
    const done = mark.begin + random.below(mark.end - mark.begin + 1)
    const crashes = replay.at(done, random, this.#options.picks)
    const ofModel = crashes.filter(crash => crash.model === model)
    // Where nothing is under way, there may be no two orders.
    const crash = random.pick(ofModel.length > 0 ? ofModel : crashes)
    const { state } = await this.#recovery(crash)
    const { config } = mark
    const stored = this.#allowed(crash).find(one => isSameState(seenBy(config, one), state))
    if (stored === undefined && state !== undefined) return undefined
    const earlier = [...this.#start.earlier, this.#start.stored, ...this.#marks.map(({ after }) => after)]
    return { medium: crash.image.boot(random), stored, config, earlier, isClean: this.#isClean(crash) }
  }

  async #faultsOf(crash: CrashState): Promise<string[]> {
    const faults: string[] = []
    const { state, problems, failure } = await this.#recovery(crash)
    const { config } = this.#markAt(crash.to)
    const allowed = this.#allowed(crash)
    if (!allowed.some(one => isSameState(seenBy(config, one), state))) {
      const isOld = this.#marks.some(({ before }) => isSameState(seenBy(config, before), state))
      faults.push(
        isOld ? (state === undefined ? 'lost: nothing is loaded' : 'lost: an older state') : 'a state that never was',
      )
    }
    if (problems.length > 0 && this.#isClean(crash))
      faults.push(`a mere crash looks like damage: ${problems.join(', ')}`)
    if (failure !== undefined) faults.push(failure)
    return faults
  }

  #markAt(position: number): Mark {
    return this.#marks.find(({ end }) => position < end) ?? this.#marks.at(-1)!
  }

  /** What a load may give: the last acknowledged state, what was under way, and where the medium promises less, more. */
  #allowed({ from, to, mayBeEmpty }: CrashState): (Stored | undefined)[] {
    const acknowledged = this.#marks.findLastIndex(({ end }) => end <= from)
    const allowed: (Stored | undefined)[] = [this.#marks[acknowledged]?.after ?? this.#nothingOrBase(acknowledged)]
    for (const mark of this.#marks.slice(acknowledged + 1)) if (mark.begin < to) allowed.push(mark.after)
    if (mayBeEmpty) allowed.push(undefined, ...this.#start.earlier)
    return allowed
  }

  #nothingOrBase(acknowledged: number): Stored | undefined {
    return acknowledged < 0 ? this.#start.stored : undefined
  }

  // Nothing may look damaged where writes are whole and nothing is lost: a head is never there before its segments.
  #isClean({ model }: CrashState): boolean {
    const { isAtomic, isDurable } = this.#start.medium
    return this.#start.isClean && isAtomic && (isDurable || model !== 'weak')
  }

  #recovery(crash: CrashState): Promise<Recovery> {
    const { config } = this.#markAt(crash.to)
    if (!this.#configs.includes(config)) this.#configs.push(config)
    const key = `${this.#configs.indexOf(config)} ${crash.image.id}`
    let known = this.#known.get(key)
    if (known === undefined) {
      this.#tally.countImage()
      const { protocol } = this.#options
      known = recover(crash.image.boot(), config, protocol.store, hashText(key) >>> 8, protocol !== honest)
      this.#known.set(key, known)
    }
    return known
  }

  async #explain(crash: CrashState, done: number): Promise<void> {
    const say = this.#options.explain ?? ((): void => undefined)
    const { state, problems, failure } = await this.#recovery(crash)
    const mark = this.#markAt(crash.to)
    say(`life "${this.#life.title}", seed ${this.#options.seed}: ${crash.model} after ${done} operations of this epoch`)
    for (const { title, begin, end } of this.#marks) say(`  ${begin} to ${end}: ${title}`)
    for (let at = Math.max(mark.begin, done - 40); at < done + 3; at++) {
      say(`  ${at < done ? 'done' : 'not done'} ${at}: ${this.#start.medium.describe(at)}`)
    }
    say(`  left: ${crash.image.id}`)
    const show = (value: unknown): string => JSON.stringify(value) ?? 'nothing'
    for (const allowed of this.#allowed(crash)) say(`  allowed: ${show(seenBy(mark.config, allowed))}`)
    say(`  loaded: ${show(state)}`)
    say(`  problems: ${problems.join(', ') || 'none'}; next write: ${failure ?? 'fine'}`)
  }
}
