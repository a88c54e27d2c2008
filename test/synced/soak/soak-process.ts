import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import type { Found, FromChild, ToChild } from './soak-messages.ts'

type Answer = Extract<FromChild, { kind: 'done' }>

/** How long a process may take to end by itself. */
const endMs = 10_000

/** A process of the soak, and what it was asked. */
export class SoakProcess {
  readonly ready: Promise<void>
  readonly #process: ChildProcess
  readonly #asked = new Map<number, (answer: Answer | undefined) => void>()
  readonly #exit: Promise<unknown>
  readonly #onProblem: (text: string) => void
  #lastId = 0
  #isToEnd = false

  constructor(file: string, args: readonly string[], onProblem: (text: string) => void) {
    this.#process = fork(file, args)
    this.#onProblem = onProblem
    this.#exit = once(this.#process, 'exit')
    this.ready = new Promise((resolve, reject) => {
      this.#process.on('message', (message: FromChild) => {
        if (message.kind === 'ready') resolve()
        else if (message.kind === 'problem') onProblem(message.text)
        else this.#answer(message.id, message)
      })
      this.#process.on('exit', (code, signal) => {
        if (!this.#isToEnd) onProblem(`A process ended by itself with ${code ?? signal}`)
        reject(new Error('A process ended before it was ready'))
        for (const id of [...this.#asked.keys()]) this.#answer(id, undefined)
      })
    })
  }

  async load(): Promise<void> {
    await this.#ask(id => ({ kind: 'load', id }))
  }

  /** Resolves when its last call has ended. */
  async rest(): Promise<void> {
    await this.#ask(id => ({ kind: 'rest', id }))
  }

  async look(): Promise<Found | undefined> {
    return (await this.#ask(id => ({ kind: 'look', id })))?.found
  }

  /** Bytes in use after its garbage was collected. */
  async weigh(): Promise<number> {
    return (await this.#ask(id => ({ kind: 'weigh', id })))?.bytes ?? 0
  }

  async kill(): Promise<void> {
    this.#isToEnd = true
    this.#process.kill('SIGKILL')
    await this.#exit
  }

  /** Lets it end by itself. */
  async end(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return
    this.#isToEnd = true
    this.#send({ kind: 'end' })
    const timer = setTimeout(() => this.#process.kill('SIGKILL'), endMs)
    await this.#exit
    clearTimeout(timer)
    const { exitCode, signalCode } = this.#process
    if (exitCode !== 0) this.#onProblem(`A process ended with ${exitCode ?? signalCode}: something kept it alive`)
  }

  #ask(question: (id: number) => ToChild): Promise<Answer | undefined> {
    if (!this.#process.connected) return Promise.resolve(undefined)
    const id = ++this.#lastId
    return new Promise(resolve => {
      this.#asked.set(id, resolve)
      this.#send(question(id))
    })
  }

  #answer(id: number, answer: Answer | undefined): void {
    this.#asked.get(id)?.(answer)
    this.#asked.delete(id)
  }

  // One that is being killed takes nothing any more.
  #send(message: ToChild): void {
    if (this.#process.connected) this.#process.send(message, () => undefined)
  }
}
