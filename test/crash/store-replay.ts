import { afterFate } from './disk-replay.ts'
import type { CrashModel, CrashState, Image, Replay } from './medium.ts'
import type { StoreEvent, StoreKind } from './model-store.ts'
import type { Random } from './random.ts'

/** What becomes of a call that was not sure to be done; only one that stores in place can be torn. */
type Fate = 'kept' | 'lost' | 'halved' | 'zero tail' | 'zeroed'

interface Slot {
  readonly tag: string
  readonly value: Uint8Array
}

type Contents = Map<string, Slot>

const tornFates: readonly Fate[] = ['halved', 'zero tail', 'zeroed']

/** The crash states of what was done to a store. */
export class StoreReplay implements Replay {
  readonly #log: readonly StoreEvent[]
  readonly #kind: StoreKind
  readonly #boot: (contents: ReadonlyMap<string, Uint8Array>) => Image['boot']
  readonly #base: Contents = new Map()
  /** All that has ended, applied. */
  #ended: Contents
  readonly #endedCalls: StoreEvent[] = []
  readonly #open = new Map<number, StoreEvent>()
  /** What stood when this many events were done, with every call that had ended and no other. */
  readonly #prefixes: { readonly done: number; readonly contents: Contents }[] = []
  #done = 0

  constructor(
    base: ReadonlyMap<string, Uint8Array>,
    log: readonly StoreEvent[],
    kind: StoreKind,
    boot: (contents: ReadonlyMap<string, Uint8Array>) => Image['boot'],
  ) {
    this.#log = log
    this.#kind = kind
    this.#boot = boot
    for (const [key, value] of base) this.#base.set(key, { tag: `b${this.#base.size}`, value })
    this.#ended = this.#base
    this.#prefixes.push({ done: 0, contents: this.#base })
  }

  at(done: number, random: Random, picks: number): CrashState[] {
    while (this.#done < done) this.#apply(this.#log[this.#done++]!)
    const states: CrashState[] = []
    const seen = new Set<string>()
    const add = (model: CrashModel, contents: Contents, from: number, to: number, mayBeEmpty: boolean): void => {
      const image = this.#image(contents)
      const id = `${model} ${image.id}`
      if (!seen.has(id)) states.push({ model, image, from, to, mayBeEmpty })
      seen.add(id)
    }
    add('killed', this.#ended, done, done, false)
    const inFlight = [...this.#open.values()]
    for (let i = Math.min(picks, inFlight.length * 2); i > 0; i--) {
      add('killed', this.#after(this.#ended, inFlight, 0.5, random), done, done, false)
    }
    for (let i = 1; i <= inFlight.length; i++) {
      const prefix = this.#after(this.#ended, inFlight.slice(0, i - 1), 0, random)
      add('ordered', this.#after(prefix, inFlight.slice(i - 1, i), 0.5, random), done, done, false)
    }
    if (this.#kind.isDurable) {
      for (let i = 0; i < picks; i++) add('weak', this.#after(this.#ended, inFlight, 0.5, random), done, done, false)
      return states
    }
    for (let i = 0; i < picks; i++) {
      const prefix = random.pick(this.#prefixes)
      add('ordered', prefix.contents, prefix.done, prefix.done, false)
      const settled = random.chance(0.5) ? 0 : random.below(this.#endedCalls.length + 1)
      const sure = this.#after(this.#base, this.#endedCalls.slice(0, settled), 0, random)
      const rest = [...this.#endedCalls.slice(settled), ...inFlight]
      const loss = random.pick([0.1, 0.5, 0.9, 1])
      const victim = rest.length > 0 && random.chance(0.35) ? random.pick(rest.slice(-10)) : undefined
      const hit =
        victim === undefined ? this.#after(sure, rest, loss, random) : this.#without(sure, rest, victim, random)
      add('weak', hit, 0, done, true)
    }
    return states
  }

  #apply(event: StoreEvent): void {
    if (event.kind === 'begin') {
      this.#open.set(event.call, event)
      return
    }
    this.#open.delete(event.call)
    this.#endedCalls.push(event)
    this.#ended = apply(this.#ended, event, 'kept')
    this.#prefixes.push({ done: this.#done, contents: this.#ended })
  }

  /** `contents` after `calls`, of which one came to nothing, or worse. */
  #without(contents: Contents, calls: readonly StoreEvent[], victim: StoreEvent, random: Random): Contents {
    const at = calls.indexOf(victim)
    const before = this.#after(contents, calls.slice(0, at), 0, random)
    return this.#after(this.#after(before, [victim], 1, random), calls.slice(at + 1), 0, random)
  }

  /** `contents` after `calls`, each of which is hit with the probability `loss`. */
  #after(contents: Contents, calls: readonly StoreEvent[], loss: number, random: Random): Contents {
    let after = contents
    for (const call of calls) {
      const isTorn = !this.#kind.isAtomic && call.changes.length === 1 && call.changes[0]?.type === 'store'
      const isHit = random.chance(loss)
      after = apply(after, call, isHit ? (isTorn ? random.pick([...tornFates, 'lost' as const]) : 'lost') : 'kept')
    }
    return after
  }

  #image(contents: Contents): Image {
    const id = Array.from(contents.values(), ({ tag }) => tag).join(' ')
    const boot: Image['boot'] = random =>
      this.#boot(new Map(Array.from(contents, ([key, { value }]) => [key, value])))(random)
    return { id: id === '' ? 'nothing' : id, boot }
  }
}

function apply(contents: Contents, { call, changes }: StoreEvent, fate: Fate): Contents {
  if (fate === 'lost') return contents
  const after = new Map(contents)
  for (const [i, change] of changes.entries()) {
    if (change.type === 'remove') after.delete(change.key)
    else after.set(change.key, { tag: `${call}.${i}${fate}`, value: afterFate(change.value, fate)! })
  }
  return after
}
