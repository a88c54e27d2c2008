import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type ChainLink, EventChain, isSamePoint } from '../../../src/synced/native/event-chain.ts'
import { type Id64, noId } from '../../../src/synced/native/id64.ts'

/** What a server does, and what then happens to what it sends. `to` is how many states it goes back. */
type Step =
  | { readonly type: 'change'; readonly key: number; readonly count: number }
  | { readonly type: 'clear' | 'tick' | 'vanish' }
  | { readonly type: 'rewind'; readonly to: number }
  | { readonly type: 'again' }

/** What becomes of a message: how often it comes, and how many later ones overtake it. */
interface Fate {
  readonly times: number
  readonly late: number
}

interface State {
  readonly epoch: Id64
  readonly sequence: number
  readonly nonce: Id64
  readonly data: ReadonlyMap<number, string>
}

interface Message extends ChainLink {
  readonly key: number
  readonly value: string
  /** The state that it leads to. */
  readonly state: State
}

/**
 * One partition as it is: the history of its states after each script, of which a replica may have an old one. What a
 * script does, a replica has whole or not at all.
 */
class ModelServer {
  #ids = 0
  state: State = this.#newState()
  #states: State[] = [this.state]
  /** The last script, for a client that sends it again. */
  #last: { readonly key: number; readonly nonce: Id64; readonly count: number } | undefined

  do(step: Step): Message[] {
    const messages = this.#do(step)
    if (this.state !== this.#states.at(-1)) this.#states.push(this.state)
    return messages
  }

  #do(step: Step): Message[] {
    switch (step.type) {
      case 'change':
        return this.#change(step.key, this.#newId(), step.count)
      case 'again':
        return this.#last === undefined ? [] : this.#change(this.#last.key, this.#last.nonce, this.#last.count)
      case 'clear':
        return [this.#move(6, { epoch: this.#newId(), nonce: this.#newId(), data: new Map() }, 0, '')]
      case 'tick':
        return [this.tick()]
      case 'vanish':
        this.state = this.#newState()
        this.#states = []
        return []
      case 'rewind':
        this.#states.splice(Math.max(1, this.#states.length - step.to))
        this.state = this.#states.at(-1)!
        return []
    }
  }

  /** A tick as it is sent now. */
  tick(): Message {
    const { epoch, sequence, nonce } = this.state
    return { kind: 7, epoch, sequence, nonce, previous: noId, key: 0, value: '', state: this.state }
  }

  #change(key: number, nonce: Id64, count: number): Message[] {
    this.#last = { key, nonce, count }
    return Array.from({ length: count }, (_, i) => {
      const value = `${nonce.lo}.${i}`
      const data = new Map(this.state.data).set(key + i, value)
      return this.#move(1, { epoch: this.state.epoch, nonce, data }, key + i, value)
    })
  }

  #move(kind: 1 | 6, next: Omit<State, 'sequence'>, key: number, value: string): Message {
    const { sequence, nonce: previous } = this.state
    const state = { ...next, sequence: sequence + 1 }
    this.state = state
    return { kind, epoch: state.epoch, sequence: state.sequence, nonce: state.nonce, previous, key, value, state }
  }

  #newState(): State {
    return { epoch: this.#newId(), sequence: 0, nonce: noId, data: new Map() }
  }

  #newId(): Id64 {
    this.#ids += 1
    return { hi: 1, lo: this.#ids }
  }
}

/** A process that keeps copies by what it hears: of all that moved since it was in step. */
class ModelProcess {
  readonly chain = new EventChain()
  readonly copies = new Map<number, string>()
  /** The state that its chain says it is in. */
  state: State | undefined
  gaps = 0

  /** Its own tick came back, or with `isAhead`, it looked. */
  begin(tick: Message, isAhead = false): void {
    this.chain.begin(tick, isAhead)
    this.copies.clear()
    this.state = tick.state
  }

  hear(message: Message): void {
    const verdict = this.chain.next(message)
    if (verdict === 'gap') {
      this.gaps += 1
      this.copies.clear()
      this.state = undefined
    }
    if (verdict !== 'apply') return
    this.state = message.state
    if (message.kind === 6) this.copies.clear()
    else this.copies.set(message.key, message.value)
  }

  /** That every copy is what the state says. */
  check(): void {
    for (const [key, value] of this.copies) expect(this.state?.data.get(key)).toBe(value)
  }
}

const step = fc.oneof<fc.WeightedArbitrary<Step>[]>(
  {
    weight: 12,
    arbitrary: fc.record({ type: fc.constant('change'), key: fc.nat(5), count: fc.integer({ min: 1, max: 3 }) }),
  },
  { weight: 2, arbitrary: fc.constant({ type: 'tick' }) },
  { weight: 1, arbitrary: fc.constant({ type: 'clear' }) },
  { weight: 1, arbitrary: fc.constant({ type: 'vanish' }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('rewind'), to: fc.integer({ min: 1, max: 6 }) }) },
  { weight: 1, arbitrary: fc.constant({ type: 'again' }) },
)
const fate: fc.Arbitrary<Fate> = fc.oneof(
  { weight: 8, arbitrary: fc.constant({ times: 1, late: 0 }) },
  { weight: 1, arbitrary: fc.record({ times: fc.nat(3), late: fc.nat(4) }) },
)

/** In which order messages arrive, each with its fate. */
function delivered(messages: readonly Message[], fates: readonly Fate[]): Message[] {
  const arrivals = messages.flatMap((message, i) => {
    const { times, late } = fates[i % fates.length] ?? { times: 1, late: 0 }
    return Array.from({ length: times }, (_, n) => ({ message, at: i + (late === 0 ? 0 : late + 0.5) + n * 0.1 }))
  })
  return arrivals.sort((a, b) => a.at - b.at).map(({ message }) => message)
}

describe('a chain', () => {
  it('follows a server that loses nothing, without a gap', () => {
    const steps = fc.array(step.filter(({ type }) => type !== 'vanish' && type !== 'rewind'))
    fc.assert(
      fc.property(steps, all => {
        const server = new ModelServer()
        const process = new ModelProcess()
        process.begin(server.tick())
        for (const message of all.flatMap(each => server.do(each))) {
          process.hear(message)
          process.check()
        }
        expect(process.gaps).toBe(0)
        expect(process.state).toBe(server.state)
      }),
    )
  })

  it('never takes another history for its own, whatever is lost, doubled, late, stepped back or begun anew', () => {
    let gaps = 0
    let inStep = 0
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 40 }),
        fc.array(fate, { minLength: 1 }),
        fc.nat(10),
        (all, fates, joinAt) => {
          const server = new ModelServer()
          const process = new ModelProcess()
          for (const each of all.slice(0, joinAt)) server.do(each)
          process.begin(server.tick())
          const sent = all.slice(joinAt).flatMap(each => server.do(each))
          for (const message of delivered(sent, fates)) {
            process.hear(message)
            process.check()
          }
          // Whatever was lost or not: a tick that comes tells the truth.
          const wasInStep = process.state === server.state && process.state !== undefined
          process.hear(server.tick())
          process.check()
          // Equal, if not the same: a script that was sent again may have done the same again.
          if (process.state !== undefined) expect(process.state).toEqual(server.state)
          else if (wasInStep) expect.fail('It was in step, and is not after a tick')
          if (process.state === undefined) gaps++
          else inStep++
        },
      ),
      { numRuns: 5000 },
    )
    expect(gaps).toBeGreaterThan(500)
    expect(inStep).toBeGreaterThan(500)
  })

  it('that begins ahead of the channel waits for what is under way, and follows from there', () => {
    const steps = fc.array(step.filter(({ type }) => type !== 'vanish' && type !== 'rewind' && type !== 'clear'))
    fc.assert(
      fc.property(steps, fc.nat(10), fc.nat(20), (all, lookAt, heard) => {
        const server = new ModelServer()
        const process = new ModelProcess()
        const before = all.slice(0, lookAt).flatMap(each => server.do(each))
        process.begin(server.tick(), true)
        // What it heard before it looked is gone; the rest comes only now.
        const late = before.slice(heard)
        for (const message of [...late, ...all.slice(lookAt).flatMap(each => server.do(each))]) {
          process.hear(message)
          process.check()
        }
        expect(process.gaps).toBe(0)
        expect(process.state).toEqual(server.state)
      }),
    )
  })

  it('that begins ahead of the channel takes no other history for its own either', () => {
    let ends = 0
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 40 }),
        fc.array(fate, { minLength: 1 }),
        fc.nat(20),
        (all, fates, lookAt) => {
          const server = new ModelServer()
          const process = new ModelProcess()
          const before = all.slice(0, lookAt).flatMap(each => server.do(each))
          process.begin(server.tick(), true)
          for (const message of delivered([...before, ...all.slice(lookAt).flatMap(each => server.do(each))], fates)) {
            process.hear(message)
            process.check()
          }
          // What the next look finds is the end of its chain, or it is told apart.
          if (process.chain.point === undefined || !isSamePoint(process.chain.point, server.state)) return
          expect(process.state).toEqual(server.state)
          ends++
        },
      ),
      { numRuns: 5000 },
    )
    expect(ends).toBeGreaterThan(500)
  })

  it('ahead of the channel holds back nothing once it was reached', () => {
    const server = new ModelServer()
    const chain = new EventChain()
    const [first, second] = server.do({ type: 'change', key: 0, count: 2 })
    chain.begin(server.tick(), true)
    expect(chain.next(first!)).toBe('late')
    expect(chain.next(second!)).toBe('ignore')
    expect(chain.next(first!)).toBe('gap')
  })

  it('ignores everything until it begins, and after a gap', () => {
    const server = new ModelServer()
    const [first] = server.do({ type: 'change', key: 0, count: 1 })
    const chain = new EventChain()
    expect(chain.next(first!)).toBe('ignore')
    chain.begin(server.tick())
    expect(chain.next(first!)).toBe('ignore')
    server.do({ type: 'change', key: 0, count: 1 })
    const [third] = server.do({ type: 'change', key: 0, count: 1 })
    expect(chain.next(third!)).toBe('gap')
    expect(chain.point).toBeUndefined()
    expect(chain.next(third!)).toBe('ignore')
  })

  it('sees a lost event in the middle of a script that told several', () => {
    const server = new ModelServer()
    const chain = new EventChain()
    chain.begin(server.tick())
    const [first, , third] = server.do({ type: 'change', key: 0, count: 3 })
    expect(chain.next(first!)).toBe('apply')
    expect(chain.next(third!)).toBe('gap')
  })
})
