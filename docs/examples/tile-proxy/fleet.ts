// The processes of the example: started, killed, started again.

import { type ChildProcess, fork } from 'node:child_process'
import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { NodeStats, ProxyConfig, ProxyMessage } from './proxy.ts'

const program = fileURLToPath(new URL('./proxy.js', import.meta.url))

interface Proxy {
  readonly process: ChildProcess
  readonly url: string
  readonly address: string
}

export class Fleet {
  /** What each node counted last. */
  readonly stats: Map<number, NodeStats> = new Map()
  readonly #proxies: Proxy[] = []
  readonly #directory: string
  readonly #origin: string

  constructor({ directory, origin }: { readonly directory: string; readonly origin: string }) {
    this.#directory = directory
    this.#origin = origin
  }

  /** Where users reach the nodes, dead ones too: a load balancer learns of a death only by asking. */
  get urls(): readonly string[] {
    return this.#proxies.map(({ url }) => url)
  }

  isAlive(i: number): boolean {
    return this.#proxies[i]?.process.connected ?? false
  }

  async start(count: number): Promise<void> {
    for (let i = 0; i < count; i++) this.#proxies.push(await this.#spawn(i, '127.0.0.1:0'))
    await writeFile(`${this.#peersFile}.new`, this.#proxies.map(({ address }) => `${address}\n`).join(''))
    await rename(`${this.#peersFile}.new`, this.#peersFile)
  }

  kill(i: number): void {
    this.#proxies[i]!.process.kill('SIGKILL')
    this.stats.delete(i)
  }

  /** Starts a node again, at its old address: the others still know it by that. */
  async restart(i: number): Promise<void> {
    this.#proxies[i] = await this.#spawn(i, this.#proxies[i]!.address)
  }

  async close(): Promise<void> {
    const running = this.#proxies.map(({ process }) => process).filter(isRunning)
    const over = running.map(child => new Promise(resolve => child.once('exit', resolve)))
    for (const child of running) child.disconnect()
    const timer = setTimeout(() => {
      for (const child of running) child.kill('SIGKILL')
    }, 5000)
    await Promise.all(over)
    clearTimeout(timer)
  }

  get #peersFile(): string {
    return join(this.#directory, 'peers')
  }

  #spawn(i: number, listen: string): Promise<Proxy> {
    const directory = join(this.#directory, `node-${i}`)
    const config: ProxyConfig = { listen, directory, peersFile: this.#peersFile, origin: this.#origin }
    const child = fork(program, [JSON.stringify(config)], { stdio: 'inherit' })
    return new Promise((resolve, reject) => {
      child.once('exit', code => reject(new Error(`Node ${i + 1} ended with ${code} before it was ready`)))
      child.on('message', (message: ProxyMessage) => {
        if (message.type === 'ready') resolve({ process: child, url: message.url, address: message.address })
        else this.stats.set(i, message.stats)
      })
    })
  }
}

function isRunning(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null
}
