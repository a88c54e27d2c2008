/** Where the example writes: lines that stay, and one that is drawn over itself. */
export interface Screen {
  readonly color: boolean
  /** Whether a line can be drawn over itself. */
  readonly live: boolean
  write(text: string): void
}

/** The terminal. Without one, and with `NO_COLOR`, there are no colours; without one nothing is drawn over. */
export function terminal(): Screen {
  const { stdout } = process
  return {
    color: stdout.isTTY && stdout.hasColors(),
    live: stdout.isTTY,
    write: text => void stdout.write(text),
  }
}

const codes = { bold: 1, dim: 2, green: 32, yellow: 33 } as const

export function paint(screen: Screen, style: keyof typeof codes, text: string): string {
  return screen.color ? `\x1b[${codes[style]}m${text}\x1b[0m` : text
}

/** Draws how far a download is; what is passed last stays. */
export class ProgressBar {
  readonly #screen: Screen
  readonly #name: string
  readonly #total: number
  #drawnAt = -1

  constructor(screen: Screen, name: string, total: number) {
    this.#screen = screen
    this.#name = name
    this.#total = total
  }

  update(bytes: number): void {
    const done = Math.floor((30 * bytes) / this.#total)
    if (!this.#screen.live || done === this.#drawnAt) return
    this.#drawnAt = done
    const bar = paint(this.#screen, 'green', '#'.repeat(done)) + paint(this.#screen, 'dim', '.'.repeat(30 - done))
    this.#screen.write(`\r  ${this.#name.padEnd(14)}${bar} ${sizeOf(bytes)}`)
  }

  /** Leaves the line to what comes next. */
  clear(): void {
    if (this.#screen.live) this.#screen.write('\r\x1b[K')
  }
}

export function sizeOf(bytes: number): string {
  return bytes < 1_000_000 ? `${(bytes / 1000).toFixed(1)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`
}
