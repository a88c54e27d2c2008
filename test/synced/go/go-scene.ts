import { createClient } from 'redis'
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest'
import type { RedisPort } from '../../../src/redis/redis-port.ts'
import { until as untilIn } from '../../group/until.ts'
import { type RedisServer, startRedis } from '../../helpers/redis-server.ts'
import { GoPod, type settings } from './go-pod.ts'

export let server: RedisServer
export let raw: ReturnType<typeof createClient>
export let listener: ReturnType<typeof createClient>
export let listenerId = 0
export let messages: string[] = []
export let marks = 0
export const pods: GoPod[] = []

beforeAll(async () => {
  server = await startRedis()
  raw = createClient({ url: server.url })
  listener = createClient({ url: server.url })
  await Promise.all([raw.connect(), listener.connect()])
  listenerId = await listener.clientId()
  await listener.subscribe('cache:invalidate', message => {
    if (!message.includes('"ping"')) messages.push(message)
  })
})

afterAll(async () => {
  raw.destroy()
  listener.destroy()
  await server.stop()
})

beforeEach(async () => {
  await raw.flushDb()
  messages = []
})

afterEach(async () => {
  await Promise.all(pods.splice(0).map(async pod => await pod.close()))
})

export async function open(
  ...[more, portOf]: [more?: Partial<typeof settings>, portOf?: (port: RedisPort) => RedisPort]
) {
  const pod = await GoPod.open(server.url, more, portOf)
  pods.push(pod)
  return pod
}

export function until(test: () => boolean): Promise<void> {
  return untilIn(test, { timeoutMs: 10_000, pollMs: 2 })
}

/** Until the pods, and the listener, have heard all that was said before. */
export async function rest(): Promise<void> {
  const mark = `mark ${marks++}`
  const heard = `drop ${mark}`
  await say({ key: mark, action: 'invalidate' })
  for (const pod of pods) await say({ key: pod.prefix + mark, action: 'invalidate' })
  await until(() => pods.every(pod => pod.log.includes(heard)) && messages.some(message => message.includes(mark)))
  messages = messages.filter(message => !message.includes('mark '))
}

/** As a pod of Go does, but for the write before it. */
export async function say(event: {
  key: string
  action: string
  sender?: string
  value?: string
  [more: string]: unknown
}) {
  const { value, sender = 'go', ...rest } = event
  const base64 = value === undefined ? {} : { value: Buffer.from(value).toString('base64') }
  await raw.publish('cache:invalidate', JSON.stringify({ sender, ...rest, ...base64 }))
}

export function changed(port: RedisPort, changes: Partial<RedisPort>): RedisPort {
  return {
    pipeline: async (...args) => await port.pipeline(...args),
    command: async (...args) => await port.command(...args),
    subscribe: (...args) => port.subscribe(...args),
    nodes: async (...args) => await port.nodes(...args),
    isCluster: port.isCluster,
    database: port.database,
    close: async () => await port.close(),
    ...changes,
  }
}
