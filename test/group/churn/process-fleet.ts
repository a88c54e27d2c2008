import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ChurnFleet } from './churn-fleet.ts'
import type { breaks, Call } from './churn-node.ts'
import type { Found, Ledger } from './ledger.ts'
import type { FromChild, ToChild } from './process-messages.ts'

/** Options of {@link ProcessFleet.start}. */
export interface ProcessFleetOptions {
  readonly size: number
  /** The JavaScript of `process-child.ts`. */
  readonly child: string
  readonly ledger: Ledger
  readonly broken?: keyof typeof breaks | undefined
}

// How long a node that was told to end may take: its server waits for answers, its store for writes.
const endMs = 15_000

/** Nodes that are processes of their own, on ports of this machine, with stores on disk. */
export class ProcessFleet implements ChurnFleet {
  readonly size: number
  readonly troubles = ['stop', 'kill', 'rings'] as const
  readonly #options: ProcessFleetOptions
  readonly #dir = mkdtempSync(join(tmpdir(), 'coldsnap-churn-'))
  readonly #children: Child[] = []
  readonly #addresses: string[] = []
  readonly #problems: string[] = []

  private constructor(options: ProcessFleetOptions) {
    this.size = options.size
    this.#options = options
  }

  static async start(options: ProcessFleetOptions): Promise<ProcessFleet> {
    const fleet = new ProcessFleet(options)
    const all = Array.from({ length: options.size }, (_, i) => i)
    for (const i of all) fleet.#addresses[i] = await fleet.#fork(i, '127.0.0.1:0')
    for (const i of all) await fleet.setPeers(i, all)
    return fleet
  }

  call(index: number, call: Call): Promise<Found[]> {
    return this.#children[index]!.ask(id => ({ kind: 'call', id, call }))
  }

  async stop(index: number): Promise<void> {
    const left = await this.#children[index]!.end()
    if (left !== undefined) this.#problems.push(`Node ${index} ${left}`)
  }

  kill(index: number): Promise<void> {
    return this.#children[index]!.kill()
  }

  async restart(index: number): Promise<void> {
    await this.#fork(index, this.#addresses[index]!)
    await this.setPeers(
      index,
      this.#addresses.map((_, i) => i),
    )
  }

  cut(): void {
    throw new Error('Processes cannot be parted')
  }

  heal(): void {}

  async setPeers(index: number, members: readonly number[]): Promise<void> {
    const [self, peers] = [this.#addresses[index]!, members.map(member => this.#addresses[member]!)]
    await this.#children[index]!.ask(id => ({ kind: 'peers', id, peers, self }))
  }

  problems(): readonly string[] {
    return this.#problems
  }

  async close(): Promise<readonly string[]> {
    const ends = await Promise.all(this.#children.map(child => child.end()))
    rmSync(this.#dir, { recursive: true, force: true })
    return ends.flatMap((left, i) => (left === undefined ? [] : `Node ${i} ${left}`))
  }

  async #fork(index: number, address: string): Promise<string> {
    const { child: file, ledger, broken = '' } = this.#options
    const child = new Child(fork(file, [join(this.#dir, String(index)), address, broken]), {
      versionOf: name => {
        ledger.counts.loads++
        return ledger.version(name)
      },
      onProblem: text => void this.#problems.push(`Node ${index}: ${text}`),
    })
    this.#children[index] = child
    return await child.ready
  }
}

interface ChildParts {
  readonly versionOf: (name: string) => number
  readonly onProblem: (text: string) => void
}

/** A process and what it was asked. */
class Child {
  readonly ready: Promise<string>
  readonly #process: ChildProcess
  readonly #asked = new Map<number, (found: Found[]) => void>()
  readonly #exit: Promise<unknown>
  #lastId = 0
  #isToEnd = false
  #isGone = false

  constructor(process: ChildProcess, { versionOf, onProblem }: ChildParts) {
    this.#process = process
    this.#exit = once(process, 'exit')
    this.ready = new Promise((resolve, reject) => {
      process.on('message', (message: FromChild) => {
        if (message.kind === 'ready') resolve(message.address)
        else if (message.kind === 'done') this.#answer(message.id, message.found)
        else if (message.kind === 'problem') onProblem(message.text)
        else this.#send({ kind: 'version', id: message.id, version: versionOf(message.name) })
      })
      process.on('exit', (code, signal) => {
        this.#isGone = true
        if (!this.#isToEnd) onProblem(`ended by itself with ${code ?? signal}`)
        reject(new Error('A node ended before it listened'))
        for (const id of [...this.#asked.keys()]) this.#answer(id, [{ code: 'GONE', message: 'The node is gone' }])
      })
    })
  }

  ask(question: (id: number) => ToChild): Promise<Found[]> {
    if (this.#isGone || this.#isToEnd) return Promise.resolve([{ code: 'GONE', message: 'The node is gone' }])
    const id = ++this.#lastId
    return new Promise(resolve => {
      this.#asked.set(id, resolve)
      this.#send(question(id))
    })
  }

  async kill(): Promise<void> {
    this.#isToEnd = true
    this.#process.kill('SIGKILL')
    await this.#exit
  }

  /** Lets it end by itself; tells what kept it, if it did not. */
  async end(): Promise<string | undefined> {
    if (this.#isGone) return undefined
    this.#isToEnd = true
    this.#send({ kind: 'end' })
    const timer = setTimeout(() => this.#process.kill('SIGKILL'), endMs)
    await this.#exit
    clearTimeout(timer)
    const { exitCode, signalCode } = this.#process
    return exitCode === 0 ? undefined : `ended with ${exitCode ?? signalCode}: something kept it alive`
  }

  #answer(id: number, found: Found[]): void {
    this.#asked.get(id)?.(found)
    this.#asked.delete(id)
  }

  // One that is being killed takes nothing any more.
  #send(message: ToChild): void {
    if (this.#process.connected) this.#process.send(message, () => undefined)
  }
}
