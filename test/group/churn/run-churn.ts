import { setTimeout as sleep } from 'node:timers/promises'
import { Random } from '../../helpers/random.ts'
import type { ChurnFleet, Trouble } from './churn-fleet.ts'
import { type Call, deadlines } from './churn-node.ts'
import { groupNames, groupOf, isAbsent, keyNames } from './churn-values.ts'
import type { Found, Ledger } from './ledger.ts'

/** Options of {@link runChurn}. */
export interface ChurnOptions {
  readonly seconds: number
  readonly seed: number
  readonly clients?: number
  /** What is wrong on purpose is to be found: no trouble, in which few writes count, a few keys, and an end at the first. */
  readonly isBroken?: boolean
}

/** What was seen. All but the counts must be empty. */
export interface ChurnReport {
  readonly counts: Readonly<Record<string, number>>
  readonly wrong: readonly string[]
  readonly problems: readonly string[]
  readonly leftovers: readonly string[]
}

// What a call may take: a look into the store, the owner, and a load; and for a busy machine, which decides nothing here.
const callMs = 1_000 + deadlines.peerTimeoutMs + deadlines.loadTimeoutMs + 4_000
// How long a request that was given up may lie in a buffer of a node that lives.
const landsLateMs = 500

/** Puts a fleet under load and trouble for a while, lets it recover, and looks whether all nodes have the newest then. */
export async function runChurn(fleet: ChurnFleet, ledger: Ledger, options: ChurnOptions): Promise<ChurnReport> {
  const churn = new Churn(fleet, ledger, options)
  await churn.run()
  const problems = [...fleet.problems(), ...churn.problems]
  const leftovers = await fleet.close()
  return { counts: { ...ledger.counts, ...churn.counts }, wrong: ledger.wrong, problems, leftovers }
}

class Churn {
  readonly problems: string[] = []
  readonly counts = { calls: 0, aborted: 0, loadFailed: 0, gone: 0, stop: 0, kill: 0, cut: 0, rings: 0, slowestMs: 0 }
  readonly #fleet: ChurnFleet
  readonly #ledger: Ledger
  readonly #options: ChurnOptions
  readonly #random: Random
  readonly #down = new Set<number>()
  #isOver = false

  constructor(fleet: ChurnFleet, ledger: Ledger, options: ChurnOptions) {
    this.#fleet = fleet
    this.#ledger = ledger
    this.#options = options
    this.#random = new Random(options.seed)
  }

  async run(): Promise<void> {
    const clients = Array.from({ length: this.#options.clients ?? 8 }, () => this.#client())
    const endAtMs = Date.now() + this.#options.seconds * 1000
    while (Date.now() < endAtMs && !this.#isHopeless()) {
      // Writes that count need a fleet that is whole for a while.
      await sleep(150 + this.#random.below(350))
      if (this.#options.isBroken !== true) await this.#trouble(this.#random.pick(this.#fleet.troubles))
    }
    this.#isOver = true
    await Promise.all(clients)
    if (!this.#isHopeless()) await this.#converge()
  }

  #isHopeless(): boolean {
    return this.#options.isBroken === true && this.#ledger.wrong.length > 0
  }

  async #trouble(kind: Trouble): Promise<void> {
    const fleet = this.#fleet
    const mend = this.#ledger.disturb()
    this.counts[kind]++
    const pauseMs = 50 + this.#random.below(400)
    const [one, two] = [this.#random.below(fleet.size), this.#random.below(fleet.size)]
    const all = Array.from({ length: fleet.size }, (_, i) => i)
    if (kind === 'cut') {
      fleet.cut(one, two === one ? (one + 1) % fleet.size : two)
      await sleep(pauseMs)
      fleet.heal()
    } else if (kind === 'rings') {
      for (const i of all) await fleet.setPeers(i, [...all.filter(other => other === i || this.#random.chance(0.6))])
      await sleep(pauseMs)
      for (const i of all) await fleet.setPeers(i, all)
    } else {
      // Two at once now and then.
      const victims = new Set(this.#random.chance(0.3) ? [one, two] : [one])
      for (const victim of victims) this.#down.add(victim)
      await Promise.all([...victims].map(i => fleet[kind](i)))
      await sleep(pauseMs)
      await Promise.all([...victims].map(i => fleet.restart(i)))
      for (const victim of victims) this.#down.delete(victim)
    }
    mend()
  }

  async #client(): Promise<void> {
    while (!this.#isOver) {
      await this.#act().catch((error: unknown) => this.problems.push(`A client failed: ${String(error)}`))
      await sleep(this.#random.below(4))
    }
  }

  async #act(): Promise<void> {
    const node = this.#random.below(this.#fleet.size)
    const name = this.#name()
    const dice = this.#random.unit()
    const abort = this.#random.chance(0.08) ? { abortAfterMs: this.#random.below(30) } : {}
    if (dice < 0.72) return await this.#get(node, { kind: 'get', names: [name], ...abort })
    if (dice < 0.84) return await this.#get(node, { kind: 'getMany', names: this.#namesWith(name, 20), ...abort })
    const names = dice < 0.97 ? [name] : [...new Set(this.#namesWith(name, 6))]
    if (this.#ledger.isBusy(names)) return await this.#get(node, { kind: 'get', names: [name] })
    await this.#write(node, names)
  }

  async #get(node: number, call: Call): Promise<void> {
    const floors = call.names.map(name => this.#ledger.floor(name))
    const found = await this.#call(node, call)
    for (const [i, name] of call.names.entries()) {
      const one = found.length === 1 ? found[0]! : found[i]!
      this.#ledger.judge(name, floors[i]!, one, `${call.kind} at node ${node}`)
      this.#judgeError(one, call, node)
    }
  }

  async #write(node: number, names: readonly string[]): Promise<void> {
    const write = this.#ledger.beginWrite(names)
    const version = write.versions[0]!
    const isSet = names.length === 1 && !isAbsent(version) && this.#random.chance(0.6)
    const single = isSet ? 'set' : 'remove'
    const call: Call = { kind: names.length > 1 ? 'removeMany' : single, names, versions: write.versions }
    const [failure] = await this.#call(node, call)
    this.#ledger.endWrite(write, failure === undefined, landsLateMs)
    if (failure !== undefined && failure.code !== 'PEER_FAILED') this.#judgeError(failure, call, node)
  }

  #judgeError({ code, message }: Found, call: Call, node: number): void {
    if (code === undefined) return
    if (code === 'ABORTED' && call.abortAfterMs !== undefined) this.counts.aborted++
    else if (code === 'LOAD_FAILED' && message?.includes('The origin failed')) this.counts.loadFailed++
    // A node that was told to stop while it was asked.
    else if (code === 'CLOSED' || code === 'GONE') this.counts.gone++
    else if (this.problems.length < 20) this.problems.push(`${call.kind} at node ${node}: ${code} ${message}`)
  }

  /** Makes a call, and finds out one that never ends. */
  async #call(node: number, call: Call): Promise<Found[]> {
    this.counts.calls++
    const startedAt = performance.now()
    const late = new AbortController()
    const hung = sleep(callMs, undefined, { signal: late.signal }).then(
      (): Found[] => [{ code: 'HUNG', message: `no answer in ${callMs} ms` }],
      (): Found[] => [],
    )
    const found = await Promise.race([this.#fleet.call(node, call), hung])
    late.abort()
    this.counts.slowestMs = Math.max(this.counts.slowestMs, Math.round(performance.now() - startedAt))
    return found
  }

  /** When all is well again: a write of every key reaches every node, and all have the newest. */
  async #converge(): Promise<void> {
    await sleep(landsLateMs)
    for (const name of keyNames) await this.#write(this.#random.below(this.#fleet.size), [name])
    const stale = keyNames.filter(name => this.#ledger.floor(name) !== this.#ledger.version(name))
    if (stale.length > 0) this.problems.push(`${stale.length} last writes failed in a fleet that is whole`)
    for (let node = 0; node < this.#fleet.size; node++) {
      for (const group of groupNames) {
        await this.#get(node, { kind: 'getMany', names: keyNames.filter(name => groupOf(name) === group) })
      }
    }
  }

  // A few are asked for most of the time.
  #name(): string {
    const isHot = this.#options.isBroken === true || this.#random.chance(0.6)
    return keyNames[this.#random.below(isHot ? 8 : keyNames.length)]!
  }

  #namesWith(name: string, limit: number): string[] {
    const others = Array.from({ length: 1 + this.#random.below(limit) }, () => this.#name())
    return [name, ...others.filter(other => groupOf(other) === groupOf(name))]
  }
}
