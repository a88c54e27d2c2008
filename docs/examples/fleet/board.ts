import { styleText } from 'node:util'
import { items, type WorkerReport } from './items.ts'

/** Where the example writes. */
export interface Terminal {
  /** Whether what was drawn can be drawn over. */
  readonly isLive: boolean
  readonly hasColors: boolean
  write(text: string): void
}

/** The terminal. Without one, and with `NO_COLOR`, there are no colours; without one nothing is drawn over. */
export function terminal(): Terminal {
  const { stdout } = process
  return {
    isLive: stdout.isTTY,
    hasColors: stdout.isTTY && !process.env['NO_COLOR'],
    write: text => void stdout.write(text),
  }
}

/** What all hold, side by side: drawn over itself on a terminal, else a line for each look. */
export class Board {
  readonly #terminal: Terminal
  #height = 0

  constructor(target: Terminal) {
    this.#terminal = target
  }

  /** A line that stays. */
  say(text: string): void {
    this.#erase()
    this.#terminal.write(`${text}\n`)
  }

  bold(text: string): string {
    return this.#styled('bold', text)
  }

  draw(seconds: number, isRedisUp: boolean, reports: readonly (WorkerReport | undefined)[]): void {
    const redis = isRedisUp ? this.#styled('green', 'up  ') : this.#styled('red', 'down')
    const rows = reports.map((report, i) => {
      const held = items.map((_, item) => this.#cell(reports, item, report?.held[item]))
      return [`  process ${i + 1}`, (report?.status ?? '-').padEnd(10), ...held].join('  ')
    })
    if (!this.#terminal.isLive) {
      const cells = reports.map(
        report => `${report?.status} ${(report?.held ?? []).map(price => price ?? '-').join(' ')}`,
      )
      this.#terminal.write(`${seconds.toFixed(1).padStart(5)} s  Redis ${redis}  ${cells.join('  |  ')}\n`)
      return
    }
    this.#erase()
    const head = ['           ', 'status    ', ...items.map(item => item.padStart(6))].join('  ')
    const lines = [`  ${seconds.toFixed(1)} s, Redis ${redis}`, this.#styled('dim', head), ...rows]
    this.#terminal.write(`${lines.join('\n')}\n`)
    this.#height = lines.length
  }

  // Green where all that have it have the same.
  #cell(reports: readonly (WorkerReport | undefined)[], item: number, price: number | null | undefined): string {
    if (price === undefined || price === null) return this.#styled('dim', '-'.padStart(6))
    const all = new Set(reports.map(report => report?.held[item]).filter(each => each !== undefined && each !== null))
    return this.#styled(all.size === 1 ? 'green' : 'yellow', String(price).padStart(6))
  }

  #erase(): void {
    if (this.#height > 0) this.#terminal.write(`\x1b[${this.#height}A\x1b[J`)
    this.#height = 0
  }

  #styled(style: 'bold' | 'dim' | 'green' | 'yellow' | 'red', text: string): string {
    return this.#terminal.hasColors ? styleText(style, text, { validateStream: false }) : text
  }
}
