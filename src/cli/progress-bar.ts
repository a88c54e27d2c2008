import type { CliIo } from './cli-io.ts'
import { safeText } from './safe-text.ts'

const intervalMs = 100
const barWidth = 24

/** How far long work is, on the last line of the terminal that errors go to; nothing where that is no terminal. */
export class ProgressBar {
  readonly #io: CliIo
  #shownAtMs = Number.NEGATIVE_INFINITY
  #isShown = false

  constructor(io: CliIo) {
    this.#io = io
  }

  /** Shows that `done` of `total` are done. */
  show(label: string, done: number, total: number): void {
    const { stderr, now } = this.#io
    if (!stderr.isTTY || now() - this.#shownAtMs < intervalMs) return
    this.#shownAtMs = now()
    this.#isShown = true
    const filled = total === 0 ? barWidth : Math.round((barWidth * done) / total)
    const bar = '#'.repeat(filled).padEnd(barWidth, '.')
    const line = `[${bar}] ${done}/${total} ${safeText(label)}`.slice(0, Math.max(20, stderr.columns - 1))
    // A terminal that went away is no reason for the work to end.
    stderr.write(`\r\u001b[K${line}`).catch(() => undefined)
  }

  /** Takes the bar away. */
  async clear(): Promise<void> {
    if (!this.#isShown) return
    this.#isShown = false
    await this.#io.stderr.write('\r\u001b[K').catch(() => undefined)
  }
}
