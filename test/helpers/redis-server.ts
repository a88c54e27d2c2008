import { type ChildProcess, spawn } from 'node:child_process'
import { randomInt, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A real Redis server of its own on a port of this machine. */
export interface RedisServer {
  readonly url: string
  readonly port: number
  readonly process: ChildProcess
  /** Lets it hang: connections stay, and nothing is answered. */
  pause(): void
  resume(): void
  /** Kills it, as `kill -9` does. */
  stop(): Promise<void>
}

/** The program that tests start: `redis-server`, or what `COLDSNAP_REDIS_SERVER` says. */
export const redisProgram: string = process.env['COLDSNAP_REDIS_SERVER'] ?? 'redis-server'

/** How a server is started. */
export interface RedisServerOptions {
  /** A port that is free. Absent: any that is. */
  readonly port?: number
  /** The directory of its append-only file, which is flushed before each answer. Absent: it keeps nothing on disk. */
  readonly dir?: string
  /** A file to read and rewrite, which makes it a Sentinel. */
  readonly sentinel?: string
  /** More arguments of `redis-server`. */
  readonly args?: readonly string[]
  /** @default {@link redisProgram} */
  readonly program?: string
}

// With the file to which a master of replicas, or one of them, writes what it has: the next server at that port would load it.
const started = new Map<ChildProcess, string>()
process.once('exit', () => {
  for (const child of started.keys()) child.kill('SIGKILL')
  for (const dump of started.values()) rmSync(dump, { force: true })
})

/** Starts `redis-server` and waits until it answers. Rejects where the program is not there. */
export async function startRedis(options: RedisServerOptions = {}): Promise<RedisServer> {
  const port = options.port ?? (await freePort())
  const { dir } = options
  const dump = `coldsnap-${randomUUID()}.rdb`
  const kept =
    dir === undefined
      ? ['--dir', tmpdir(), '--dbfilename', dump, '--appendonly', 'no']
      : ['--dir', dir, '--appendonly', 'yes', '--appendfsync', 'always']
  const address = ['--port', `${port}`, '--bind', '127.0.0.1', '--daemonize', 'no']
  const args =
    options.sentinel === undefined
      ? [...address, '--save', '', ...kept, ...(options.args ?? [])]
      : [options.sentinel, '--sentinel', ...address]
  const child = spawn(options.program ?? redisProgram, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  started.set(child, join(tmpdir(), dump))
  child.once('exit', () => {
    rmSync(join(tmpdir(), dump), { force: true })
    started.delete(child)
  })
  await new Promise<void>((resolve, reject) => {
    let said = ''
    child.once('error', reject)
    child.once('exit', code => reject(new Error(`redis-server ended with ${code} before it was ready: ${said}`)))
    child.stdout.on('data', (text: Buffer) => {
      said += text.toString()
      if (said.includes('Ready to accept connections') || said.includes('Sentinel ID is')) resolve()
    })
  })
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    process: child,
    pause: () => void child.kill('SIGSTOP'),
    resume: () => void child.kill('SIGCONT'),
    stop,
  }
}

/**
 * A port of the loopback address that nobody listens on now, below those that systems give out by themselves: it stays free
 * until it is wanted, however many connections are made meanwhile.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(10_000, 32_000)
    const server = createServer().listen(port, '127.0.0.1')
    const isFree = await once(server, 'listening').then(
      () => true,
      () => false,
    )
    if (!isFree) continue
    server.close()
    await once(server, 'close')
    return port
  }
}
