// The three processes, and the Redis that they share.

import { type ChildProcess, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import type { WorkerReport } from './items.ts'

const program = fileURLToPath(new URL('./worker.js', import.meta.url))

export class Fleet {
  /** What each process said last. */
  readonly reports: (WorkerReport | undefined)[] = []
  readonly #port: number
  readonly #children: ChildProcess[] = []
  #redis: ChildProcess | undefined

  private constructor(port: number) {
    this.#port = port
  }

  static async start(count: number, worker: string = program): Promise<Fleet> {
    const fleet = new Fleet(await freePort())
    await fleet.startRedis()
    for (let i = 0; i < count; i++) {
      const child = fork(worker, [`redis://127.0.0.1:${fleet.#port}`, String(i)])
      child.on('message', message => {
        fleet.reports[i] = message as WorkerReport
      })
      fleet.#children.push(child)
    }
    try {
      await Promise.all(fleet.#children.map(spoke))
    } catch (error) {
      await fleet.close()
      throw error
    }
    return fleet
  }

  get isRedisUp(): boolean {
    return this.#redis !== undefined
  }

  /** It keeps nothing on disk: after a kill it has nothing. */
  async startRedis(): Promise<void> {
    const options = ['--port', String(this.#port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no']
    const redis = spawn('redis-server', options, { stdio: ['ignore', 'pipe', 'inherit'] })
    await new Promise<void>((resolve, reject) => {
      redis.once('error', reject)
      redis.once('exit', code => reject(new Error(`redis-server ended with ${code}`)))
      let said = ''
      redis.stdout.on('data', (text: Buffer) => {
        said += text.toString()
        if (said.includes('Ready to accept connections')) resolve()
      })
    })
    this.#redis = redis
  }

  async killRedis(): Promise<void> {
    const redis = this.#redis
    this.#redis = undefined
    if (redis === undefined) return
    redis.kill('SIGKILL')
    await once(redis, 'exit')
  }

  /** Nobody sets anything any more. */
  rest(): void {
    for (const child of this.#children) child.send('rest')
  }

  async close(): Promise<void> {
    const running = this.#children.filter(child => child.exitCode === null && child.signalCode === null)
    const over = running.map(child => once(child, 'exit'))
    for (const child of running) child.disconnect()
    const timer = setTimeout(() => {
      for (const child of running) child.kill('SIGKILL')
    }, 5_000)
    await Promise.all(over)
    clearTimeout(timer)
    await this.killRedis()
  }
}

async function spoke(child: ChildProcess): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    child.once('message', () => resolve())
    child.once('exit', code => reject(new Error(`A process ended with ${code} before it was ready`)))
  })
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('The server has no port')
  return address.port
}
