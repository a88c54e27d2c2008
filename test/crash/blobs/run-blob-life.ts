import type { SystemLayer } from '../file-medium.ts'
import type { CrashState } from '../medium.ts'
import { hashText, Random } from '../random.ts'
import type { Tally } from '../tally.ts'
import { BlobDisk } from './blob-disk.ts'
import { type BlobLife, type BlobStep, blobIds, idOf, type Tick } from './blob-life.ts'
import { nowMs } from './blob-steps.ts'
import { type BlobRecovery, type Found, type ReadBlobs, readBlobs, recoverBlobs } from './recover-blobs.ts'

/** How blobs are written: as coldsnap does it, or broken on purpose. */
export interface BlobProtocol {
  readonly title: string
  /** What stands between store and disk. */
  readonly system: SystemLayer
  /** Done to what a crash left, before it is looked at. */
  readonly afterCrash?: (disk: BlobDisk) => Promise<void>
  /** Whether the log of use is believed whatever happened to the machine. */
  readonly believesLog?: boolean
}

/** How to run a life. */
export interface BlobRunOptions {
  readonly seed: number
  readonly picks: number
  readonly protocol?: BlobProtocol
  /** Judge the crash of this number only. */
  readonly only?: number | undefined
  /** Told of the crash of that number, in words. */
  readonly explain?: (line: string) => void
}

type Crash = CrashState<(hasRestarted: boolean) => BlobDisk>

/** What one step did to one name. */
interface Change {
  readonly begin: number
  /** Acknowledged then; never, if the process was killed. */
  readonly end: number
  /** What was given up for room is not flushed away: it may come back, which harms nobody. */
  readonly isFlushed: boolean
  readonly values: readonly (Tick | undefined)[]
  readonly after: Found extends ReadonlyMap<string, infer V> ? V : never
}

interface Mark {
  readonly step: BlobStep
  readonly begin: number
  readonly end: number
}

const honest: BlobProtocol = { title: 'honest', system: system => system }

/** Lives a life, then crashes it after every operation and judges what each crash leaves. */
export async function runBlobLife(life: BlobLife, tally: Tally, options: BlobRunOptions): Promise<void> {
  const { setTimeout } = globalThis
  const { stackTraceLimit } = Error
  // Pauses between two looks at what seems damaged would be most of the time, and stacks of errors much of the rest.
  Object.assign(globalThis, { setTimeout: (run: () => void) => setImmediate(run) })
  Error.stackTraceLimit = 0
  try {
    await new BlobRun(life, tally, options).run()
  } finally {
    Object.assign(globalThis, { setTimeout })
    Error.stackTraceLimit = stackTraceLimit
  }
}

class BlobRun {
  readonly #life: BlobLife
  readonly #tally: Tally
  readonly #options: BlobRunOptions
  readonly #protocol: BlobProtocol
  readonly #disk: BlobDisk
  readonly #random: Random
  readonly #marks: Mark[] = []
  readonly #changes = new Map<string, Change[]>(blobIds.map(id => [idOf(id), []]))
  /** By id: puts that processes which were killed may have left half done; who next comes across one completes it. */
  readonly #halfDone = new Map<string, readonly Tick[]>()
  // What comes of an image depends on nothing but the image and whether the machine was started anew.
  readonly #known = new Map<string, Promise<BlobRecovery>>()

  constructor(life: BlobLife, tally: Tally, options: BlobRunOptions) {
    this.#life = life
    this.#tally = tally
    this.#options = options
    this.#protocol = options.protocol ?? honest
    this.#random = new Random(options.seed, hashText(life.title))
    this.#disk = new BlobDisk(life.config, this.#random, this.#protocol.system)
  }

  async run(): Promise<void> {
    await this.#live(this.#life.steps(this.#random))
    const random = new Random(this.#options.seed, 1)
    const replay = this.#disk.replay()
    for (let done = 0; done <= this.#disk.length; done++) {
      for (const crash of replay.at(done, random, this.#options.picks)) await this.#judge(crash, done)
    }
  }

  // The clock goes on, so that every use is worth writing down.
  async #live(steps: readonly BlobStep[]): Promise<void> {
    let ms = nowMs
    const clock = (): number => (ms += 20_000)
    const problems: unknown[] = []
    let process = this.#disk.process()
    let store = await process.open(clock, problems)
    let { found: before } = await this.#look()
    for (const step of steps) {
      const begin = this.#disk.length
      const isKilled = step.killAfter !== undefined
      if (isKilled) process.killAfter(step.killAfter!)
      const acknowledged = new Map<string, number>()
      const acknowledge = (id: string): void => void acknowledged.set(id, this.#disk.length)
      await Promise.race([step.run({ store, process, acknowledge }), process.killed])
      const end = this.#disk.length
      if (!isKilled && step.isLast === true) await store.close()
      const { found: after } = await this.#look()
      this.#marks.push({ step, begin, end })
      for (const [id, tick] of after) {
        const values = step.touches.get(id)
        if (values === undefined && tick === before.get(id)) continue
        this.#check(step, id, tick)
        const begun = { begin, end: isKilled ? Number.POSITIVE_INFINITY : end, isFlushed: values !== undefined }
        const changes = this.#changes.get(id)!
        const acknowledgedAt = acknowledged.get(id)
        if (acknowledgedAt === undefined || values === undefined) {
          changes.push({ ...begun, values: values ?? [], after: tick })
          continue
        }
        changes.push({ ...begun, end: acknowledgedAt, values, after: values[0] })
        // What was acknowledged early may have had to go before the step was over.
        if (tick !== values[0]) changes.push({ ...begun, isFlushed: false, values: [], after: tick })
      }
      this.#noteHalfDone(step)
      before = after
      if (!isKilled && step.isLast !== true) continue
      process = this.#disk.process()
      store = await process.open(clock, problems)
      before = (await this.#look()).found
    }
    await store.close()
    if (problems.length > 0) throw new Error(`${this.#life.title} meets damage although nothing crashed`)
  }

  #check(step: BlobStep, id: string, tick: Tick | string | undefined): void {
    const { maxBytes, maxCount } = this.#life.config
    const isGivenUp = tick === undefined && (maxBytes !== undefined || maxCount !== undefined)
    if (step.killAfter !== undefined || isGivenUp) return
    const allowed: readonly (Tick | undefined)[] | undefined = step.touches.get(id) ?? this.#halfDone.get(id)
    if (allowed?.includes(tick as Tick)) return
    throw new Error(`${this.#life.title}: ${step.title} made ${id} ${tick}`)
  }

  // A put in two steps alone is ever completed by somebody else.
  #noteHalfDone({ killAfter, touches }: BlobStep): void {
    if (this.#life.config.layout === 'native') return
    for (const [id, values] of touches) {
      if (killAfter === undefined) {
        this.#halfDone.delete(id)
        continue
      }
      const puts = values.filter(value => value !== undefined)
      this.#halfDone.set(id, [...(this.#halfDone.get(id) ?? []), ...puts])
    }
  }

  // By a process of its own, which changes nothing.
  async #look(): Promise<ReadBlobs> {
    const store = await this.#disk.process().open(() => nowMs, [], true)
    return await readBlobs(store)
  }

  async #judge(crash: Crash, done: number): Promise<void> {
    const number = this.#tally.count(crash.model)
    const { only, seed } = this.#options
    if (only !== undefined && only !== number) return
    const recovery = await this.#recovery(crash)
    if (only !== undefined) this.#explain(crash, recovery, done)
    const faults = this.#faultsOf(crash, recovery)
    if (faults.length === 0) return
    const { step } = this.#marks.find(({ end }) => crash.to < end) ?? this.#marks.at(-1)!
    const at = `${step.title}, after ${this.#disk.describe(done - 1)}`
    this.#tally.fail({ life: this.#life.title, seed, number, model: crash.model, at, faults })
  }

  #recovery(crash: Crash): Promise<BlobRecovery> {
    const hasRestarted = crash.model !== 'killed' && this.#protocol.believesLog !== true
    const key = `${hasRestarted} ${crash.image.id}`
    let known = this.#known.get(key)
    if (known === undefined) {
      this.#tally.countImage()
      known = this.#recover(crash, hasRestarted, hashText(crash.image.id) >>> 8)
      this.#known.set(key, known)
    }
    return known
  }

  async #recover(crash: Crash, hasRestarted: boolean, choice: number): Promise<BlobRecovery> {
    const disk = crash.image.boot()(hasRestarted)
    await this.#protocol.afterCrash?.(disk)
    return await recoverBlobs(disk, choice, hasRestarted ? 0 : this.#slackAt(crash.to))
  }

  // How many blobs the log may know of that are not there: of each process that was killed, what it was about to put or
  // delete, and as many that it gave up for room.
  #slackAt(position: number): number {
    const killed = this.#marks.filter(({ step, begin, end }) => {
      return begin <= position && (step.killAfter !== undefined || position <= end)
    })
    return killed.reduce((sum, { step }) => sum + 2 * step.touches.size, 0)
  }

  #faultsOf(crash: Crash, { seen, problems, failure }: BlobRecovery): string[] {
    const faults: string[] = []
    for (const [id, tick] of seen) {
      const allowed = this.#allowed(id, crash)
      if (!allowed.includes(tick)) faults.push(`${id} is ${tick ?? 'gone'}, wanted ${allowed.join(' or ')}`)
    }
    if (problems.length > 0 && this.#isClean(crash)) faults.push(`a mere crash looks like damage: ${problems.join()}`)
    if (failure !== undefined) faults.push(failure)
    return faults
  }

  /** The last acknowledged blob, or one that is under way; where nothing was promised, an older one or none. */
  #allowed(id: string, { model, from, to, mayBeEmpty }: Crash): (Tick | string | undefined)[] {
    const changes = this.#changes.get(id)!
    const last = changes.findLastIndex(({ end, isFlushed }) => end <= from && (isFlushed || model === 'killed'))
    const later = changes.slice(last + 1).filter(({ begin }) => begin < to)
    const allowed = [changes[last]?.after, ...later.flatMap(({ values, after }) => [...values, after])]
    return mayBeEmpty ? [...allowed, undefined] : allowed
  }

  // A blob has its name only when it is whole, so where flushes are in order nothing looks damaged. The two files of the
  // other layout can come and go apart.
  #isClean({ model }: Crash): boolean {
    const { layout, durability } = this.#life.config
    return model !== 'weak' || (layout === 'native' && durability === 'power')
  }

  #explain(crash: Crash, { seen, problems, failure }: BlobRecovery, done: number): void {
    const say = this.#options.explain ?? ((): void => undefined)
    say(`life "${this.#life.title}", seed ${this.#options.seed}: ${crash.model} after ${done} operations`)
    for (const { step, begin, end } of this.#marks) say(`  ${begin} to ${end}: ${step.title}`)
    for (let at = Math.max(0, done - 40); at < done + 3; at++) {
      say(`  ${at < done ? 'done' : 'not done'} ${at}: ${this.#disk.describe(at)}`)
    }
    say(`  left: ${crash.image.id}`)
    for (const [id, tick] of seen) say(`  ${id}: ${tick}, allowed: ${this.#allowed(id, crash).join(' or ')}`)
    say(`  problems: ${problems.join(', ') || 'none'}; next write: ${failure ?? 'fine'}`)
  }
}
