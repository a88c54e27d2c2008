import { spawn } from 'node:child_process'
import { createClient } from 'redis'
import { onTestFinished } from 'vitest'
import { utf8Decode, utf8Encode } from '../../../src/bytes/utf8.ts'
import { redisPort } from '../../../src/redis/port-of-client.ts'
import type { RedisPort } from '../../../src/redis/redis-port.ts'
import { NativeLevel } from '../../../src/synced/native/native-level.ts'
import type { NativeSettings } from '../../../src/synced/native/native-settings.ts'
import type { RemoteValue } from '../../../src/synced/remote-level.ts'
import { type RedisServer, redisProgram, startRedis } from '../../helpers/redis-server.ts'
import { RecordingSink } from './recording-sink.ts'

/** A native level and what it told. */
export interface Member {
  readonly level: NativeLevel
  readonly sink: RecordingSink
  readonly port: RedisPort
}

/** A client for the tests' own questions, without any care. */
export type PlainClient = Awaited<ReturnType<typeof plainClient>>

let ids = 0

/** Settings with what tests do not care about. Every call has another id. */
export function nativeSettings(settings: Partial<NativeSettings> = {}): NativeSettings {
  ids += 1
  return {
    prefix: 'test:',
    partitions: 1,
    db: 0,
    id: `${ids}`.padStart(16, '0'),
    heartbeatMs: 100,
    timeoutMs: 2000,
    inlineBytes: 4096,
    tombstoneMs: 30_000,
    reader: false,
    clock: Date.now,
    random: Math.random,
    ...settings,
  }
}

/** A port to a server; closed when the test ends. */
export function portTo(url: string): RedisPort {
  const client = createClient({ url })
  client.on('error', () => undefined)
  const port = redisPort(client)
  onTestFinished(async () => await port.close())
  return port
}

/** A level on a server, not yet open; closed when the test ends. */
export function memberOf(url: string, settings: Partial<NativeSettings> = {}): Member {
  const port = portTo(url)
  const sink = new RecordingSink()
  const level = new NativeLevel(port, nativeSettings(settings), sink)
  onTestFinished(async () => await level.close())
  return { level, sink, port }
}

/** The same, open. */
export async function openMember(url: string, settings: Partial<NativeSettings> = {}): Promise<Member> {
  const member = memberOf(url, settings)
  await member.level.open()
  return member
}

/** A server of the test's own. */
export async function serverOfTest(): Promise<RedisServer> {
  const server = await startRedis()
  onTestFinished(async () => await server.stop())
  return server
}

/** A new, empty server on a port that had one. */
export function restart(port: number): void {
  const process = spawn(redisProgram, ['--port', `${port}`, '--bind', '127.0.0.1', '--save', ''], { stdio: 'ignore' })
  onTestFinished(() => void process.kill('SIGKILL'))
}

/** A client of the test's own. */
export async function plainClient(url: string) {
  const client = createClient({ url })
  client.on('error', () => undefined)
  await client.connect()
  onTestFinished(() => client.destroy())
  return client
}

/** A value to write. */
export function valueFor(text: string, value: Partial<RemoteValue> = {}): RemoteValue {
  return { codec: 1, body: utf8Encode(text), ttlMs: undefined, staleMs: 0, tags: [], broadcast: 'value', ...value }
}

/** Sets one key, and gives its version. */
export async function put({ level }: Member, key: string, text: string, value?: Partial<RemoteValue>): Promise<number> {
  const [entry] = await level.write([[key, valueFor(text, value)]])
  return entry!.version
}

/** The text that Redis has under a key; undefined: nothing valid. */
export async function textIn({ level }: Member, key: string): Promise<string | undefined> {
  const [read] = await level.read([key])
  return read!.entry && utf8Decode(read!.entry.body)
}
