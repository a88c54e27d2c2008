// The users of the map: a few places that everyone looks at, and many that hardly anyone does.

import { tileOf } from './origin.ts'

const users = 12
const tiles = 600

export class Traffic {
  answered = 0
  /** Requests that no node answered. */
  failed = 0
  /** Answers that were another tile, or half of one. */
  wrong = 0
  readonly #urls: () => readonly string[]
  readonly #running: Promise<void>
  #slowestMs = 0
  #isOver = false

  constructor(urls: () => readonly string[]) {
    this.#urls = urls
    this.#running = Promise.all(Array.from({ length: users }, () => this.#user())).then(() => {})
  }

  /** The slowest answer since this was asked last. */
  takeSlowestMs(): number {
    const slowest = this.#slowestMs
    this.#slowestMs = 0
    return slowest
  }

  async stop(): Promise<void> {
    this.#isOver = true
    await this.#running
  }

  async #user(): Promise<void> {
    while (!this.#isOver) {
      const name = tileName(popularTile())
      const began = performance.now()
      const tile = await this.#ask(name)
      this.#slowestMs = Math.max(this.#slowestMs, performance.now() - began)
      if (tile === undefined) this.failed++
      else if (tile !== tileOf(name)) this.wrong++
      else this.answered++
      await new Promise(resolve => setTimeout(resolve, 4 * Math.random()))
    }
  }

  /** Asks one node after the other, from a random one on, as a load balancer does. */
  async #ask(name: string): Promise<string | undefined> {
    const urls = this.#urls()
    const first = Math.floor(Math.random() * urls.length)
    for (let i = 0; i < urls.length; i++) {
      const url = `${urls[(first + i) % urls.length]}/${encodeURIComponent(name)}`
      try {
        const response = await fetch(url, { signal: AbortSignal.timeout(5000) })
        const tile = await response.text()
        if (response.ok) return tile
      } catch {
        // The node is down, or went down while it answered.
      }
    }
    return undefined
  }
}

/** Zipf's law by and large: the tile of rank n is wanted about 1/n as often as the first. */
function popularTile(): number {
  return Math.floor(tiles ** Math.random()) - 1
}

function tileName(rank: number): string {
  // Ranks are scattered over the map, so that neighbours are not equally popular.
  const place = (rank * 7919) % 4096
  return `12/${place % 64}/${Math.floor(place / 64)}`
}
