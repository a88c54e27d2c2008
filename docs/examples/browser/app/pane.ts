import { agoText, bytesText, countText, dayText, msText } from './format.ts'
import type { Netmap, Peer } from './netmap.ts'
import { VirtualTable } from './virtual-table.ts'

/** When something could be seen, in milliseconds since the page was asked for. */
export interface PaneTimes {
  readonly firstRowMs?: number
  readonly freshMs?: number
  /** When it was certain that there is no answer. */
  readonly failedMs?: number
}

/** One of the two sides: what its start shows, and when it did. */
export class Pane {
  readonly #root: HTMLElement
  readonly #table: VirtualTable<Peer>
  #netmap: Netmap | undefined
  #changed: ReadonlySet<string> = new Set()
  #query = ''
  // What is searched in, made when the first search comes.
  #texts: readonly string[] | undefined
  #savedAt: Date | undefined
  #times: PaneTimes = {}

  constructor(root: HTMLElement) {
    this.#root = root
    this.#table = new VirtualTable(this.#part('scroller'), peer => this.#rowOf(peer))
  }

  get times(): PaneTimes {
    return this.#times
  }

  wait(reason: string): void {
    this.#say('waiting', 'Waiting')
    this.#part('empty').textContent = reason
  }

  /** Resolves once the state is on the screen. */
  async showStale(netmap: Netmap, savedAt: Date): Promise<void> {
    this.#savedAt = savedAt
    this.#show(netmap)
    this.#say('stale', `Stale, stored ${agoText(Date.now() - savedAt.getTime())}`)
    await this.#drawn()
  }

  /** Resolves once the state is on the screen. */
  async showFresh(netmap: Netmap): Promise<void> {
    this.#show(netmap)
    this.#say('fresh', 'Fresh')
    const freshMs = await this.#drawn()
    this.#times = { ...this.#times, freshMs }
    this.#part('fresh').textContent = msText(freshMs)
  }

  /** Marks the peers of these ids. */
  markChanged(ids: readonly string[]): void {
    this.#changed = new Set(ids)
    this.#showFound()
  }

  showOffline(reason: string): void {
    this.#times = { ...this.#times, failedMs: performance.now() }
    this.#part('fresh').textContent = 'no answer'
    if (this.#savedAt === undefined) {
      this.#say('failed', 'No answer')
      this.#part('empty').textContent = reason
      this.#part('first-row').textContent = 'none'
    } else {
      this.#say('stale', `No answer, stored ${agoText(Date.now() - this.#savedAt.getTime())}`)
    }
  }

  async change(peer: Peer): Promise<void> {
    if (this.#netmap === undefined) return
    this.#show({ ...this.#netmap, peers: this.#netmap.peers.map(each => (each.id === peer.id ? peer : each)) })
    this.markChanged([peer.id])
    const index = this.#found().indexOf(peer)
    if (index >= 0) this.#table.reveal(index)
    await this.#drawn()
  }

  showWritten(bytes: number, rows: number | 'all', wholeBytes: number): void {
    this.#part('bytes').textContent = bytesText(bytes)
    const what =
      rows === 'all' ? 'all rows' : rows === 1 ? '1 row' : rows === 0 ? 'nothing changed' : `${countText(rows)} rows`
    this.#part('bytes-note').textContent = rows === 'all' ? what : `${what}; the whole is ${bytesText(wholeBytes)}`
  }

  showWhole(bytes: number): void {
    this.#part('bytes').textContent = bytesText(bytes)
  }

  search(query: string): void {
    this.#query = query.trim().toLowerCase()
    this.#table.scrollToTop()
    this.#showFound()
  }

  #show(netmap: Netmap): void {
    this.#netmap = netmap
    this.#texts = undefined
    this.#part('empty').textContent = ''
    this.#showFound()
  }

  #showFound(): void {
    if (this.#netmap === undefined) return
    const found = this.#found()
    this.#table.show(found)
    const total = countText(this.#netmap.peers.length)
    this.#part('count').textContent =
      this.#query === '' ? `${total} machines` : `${countText(found.length)} of ${total}`
    this.#part('empty').textContent = found.length === 0 ? 'No machine is called that' : ''
  }

  #found(): readonly Peer[] {
    const peers = this.#netmap?.peers ?? []
    if (this.#query === '') return peers
    this.#texts ??= peers.map(peer => this.#textOf(peer))
    return peers.filter((_, i) => this.#texts![i]!.includes(this.#query))
  }

  #rowOf({ id, name, owner, addresses, os, online, lastSeen }: Peer): {
    id: string
    cells: string[]
    marks: string
  } {
    const seen = online ? 'online' : dayText(lastSeen)
    return {
      id,
      cells: [name, this.#netmap?.users[owner]?.name ?? '', addresses[0] ?? '', os, seen],
      marks: `${online ? 'online' : 'offline'}${this.#changed.has(id) ? ' changed' : ''}`,
    }
  }

  #textOf({ name, owner, addresses, os }: Peer): string {
    return [name, this.#netmap?.users[owner]?.name, addresses[0], os].join('\n').toLowerCase()
  }

  async #drawn(): Promise<number> {
    // A page that is not looked at draws nothing.
    if (!document.hidden) await new Promise(resolve => requestAnimationFrame(() => setTimeout(resolve)))
    const nowMs = performance.now()
    if (this.#times.firstRowMs === undefined) {
      this.#times = { ...this.#times, firstRowMs: nowMs }
      this.#part('first-row').textContent = msText(nowMs)
    }
    return nowMs
  }

  #say(status: 'waiting' | 'stale' | 'fresh' | 'failed', text: string): void {
    this.#root.dataset['status'] = status
    this.#part('status').textContent = text
  }

  #part(name: string): HTMLElement {
    return this.#root.querySelector<HTMLElement>(`[data-part="${name}"]`)!
  }
}
