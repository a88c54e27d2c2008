import { CallController } from '../core/call-controller.ts'
import type { CallSignal } from '../core/call-signal.ts'
import type { OwnerAnswers, OwnerCalls } from './owner-calls.ts'
import type { PeerLink } from './peer-link.ts'
import type { PeerAnswer } from './peer-service.ts'

/** The place of one key in a {@link FetchBatch}: it either asks, or says that it does not have to. */
export interface FetchTicket {
  /** As {@link OwnerCalls.ask}, in one request with the others of the batch. */
  ask(link: PeerLink, key: string, signal: CallSignal): Promise<PeerAnswer | undefined>
  /** The batch does not wait for this key; nothing after {@link ask}. */
  skip(): void
}

interface Question {
  readonly key: string
  readonly signal: CallSignal
  readonly answer: (answer: Promise<PeerAnswer | undefined>) => void
}

/**
 * Collects what many gets want from the same owners, and asks each owner once, as soon as each of the gets has either
 * asked or found its value elsewhere.
 */
export class FetchBatch {
  readonly #owners: OwnerCalls
  readonly #questions = new Map<PeerLink, Question[]>()
  #pending: number

  /** @param size how many tickets are drawn. */
  constructor(owners: OwnerCalls, size: number) {
    this.#owners = owners
    this.#pending = size
  }

  ticket(): FetchTicket {
    let isUsed = false
    const use = (): void => {
      if (isUsed) return
      isUsed = true
      this.#pending--
      if (this.#pending === 0) this.#send()
    }
    return {
      ask: (link, key, signal) => {
        if (isUsed) return this.#owners.ask(link, key, signal)
        return new Promise(answer => {
          const questions = this.#questions.get(link) ?? []
          this.#questions.set(link, questions)
          questions.push({ key, signal, answer })
          use()
        })
      },
      skip: use,
    }
  }

  #send(): void {
    for (const [link, questions] of this.#questions) {
      const answers = this.#ask(link, questions)
      for (const [i, { answer }] of questions.entries()) answer(answers.then(all => all[i]))
    }
    this.#questions.clear()
  }

  async #ask(link: PeerLink, questions: readonly Question[]): Promise<OwnerAnswers> {
    const { signal, stop } = whenAllAbort(questions.map(question => question.signal))
    const keys = questions.map(({ key }) => key)
    try {
      return await this.#owners.askMany(link, keys, signal)
    } finally {
      stop()
    }
  }
}

/** A signal that aborts when all of `signals` have: the request is of use as long as anybody waits for a part of it. */
function whenAllAbort(signals: readonly CallSignal[]): { readonly signal: CallSignal; readonly stop: () => void } {
  const controller = new CallController()
  const waiting = new Set(signals)
  const listeners = signals.map(signal => {
    const onAbort = (): void => {
      waiting.delete(signal)
      if (waiting.size === 0) controller.abort(signal.reason)
    }
    signal.addEventListener('abort', onAbort, { once: true })
    if (signal.aborted) onAbort()
    return () => signal.removeEventListener('abort', onAbort)
  })
  const stop = (): void => {
    for (const remove of listeners) remove()
  }
  return { signal: controller, stop }
}
