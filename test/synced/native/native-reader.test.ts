import { describe, expect, it } from 'vitest'
import type { RedisCommand, RedisPort, RedisReply } from '../../../src/redis/redis-port.ts'
import { bytesOfId, type Id64, newId } from '../../../src/synced/native/id64.ts'
import { NativeContext } from '../../../src/synced/native/native-context.ts'
import { NativeReader, NativeSeen } from '../../../src/synced/native/native-reader.ts'
import type { NativeSettings } from '../../../src/synced/native/native-settings.ts'
import { RecordingSink } from './recording-sink.ts'

const oldEpoch = newId(Math.random)
const newEpoch = newId(Math.random)
const settings: NativeSettings = {
  prefix: 'p:',
  partitions: 1,
  db: 0,
  id: 'reader',
  reader: false,
  inlineBytes: 4096,
  heartbeatMs: 500,
  timeoutMs: 1000,
  tombstoneMs: 32_000,
  clock: () => 1_000_000,
  random: Math.random,
}

function recordOf(epoch: Id64, sequence: number, text: string): Uint8Array {
  const bytes = new Uint8Array(37 + text.length)
  bytes.set([0x63, 0x73, 1, 1])
  bytes.set(bytesOfId(epoch), 4)
  bytes[19] = sequence
  bytes.set(new TextEncoder().encode(text), 37)
  return bytes
}

/** A reader in step; `between` is called while its GET is under way, and finds `record`. */
function scene(record: RedisReply | Error, between: (context: NativeContext) => void = () => undefined) {
  const sent: string[] = []
  const answer = async ({ args }: RedisCommand): Promise<RedisReply> => {
    sent.push(String(args[0]))
    between(context)
    if (args[0] === 'EVALSHA') return [bytesOfId(newEpoch), 9, 1_000_000, recordOf(newEpoch, 8, '"new"')]
    if (record instanceof Error) throw record
    return args[0] === 'GET' ? record : args.slice(1).map(() => record)
  }
  const port: RedisPort = {
    command: answer,
    pipeline: () => Promise.reject(new Error('Not expected')),
    subscribe: () => {
      throw new Error('Not expected')
    },
    nodes: () => Promise.reject(new Error('Not expected')),
    isCluster: false,
    database: 0,
    close: async () => undefined,
  }
  const sink = new RecordingSink()
  const context = new NativeContext(port, settings, sink)
  context.partitions[0]!.begin({ epoch: oldEpoch, sequence: 5, nonce: oldEpoch })
  return { reader: new NativeReader(context), context, sent, sink }
}

describe('a read of one key', () => {
  it('is one plain GET while in step', async () => {
    const { reader, sent } = scene(recordOf(oldEpoch, 4, '"old"'))
    const [read] = await reader.read(['k'])
    expect(read?.entry?.version).toBe(4)
    expect(sent).toEqual(['GET'])
  })

  it('asks by the script when the chain began anew while it was under way', async () => {
    const begin = ({ partitions }: NativeContext): void =>
      partitions[0]!.begin({ epoch: newEpoch, sequence: 9, nonce: newEpoch })
    const { reader, sent } = scene(recordOf(oldEpoch, 4, '"old"'), begin)
    const [read] = await reader.read(['k'])
    expect(sent).toEqual(['GET', 'EVALSHA'])
    expect(read?.entry?.version).toBe(8)
    expect(read?.seen).toBeInstanceOf(NativeSeen)
    expect((read?.seen as NativeSeen | undefined)?.look).toMatchObject({ epoch: newEpoch, sequence: 9 })
  })

  it('asks by the script when the chain ended, also where nothing was found', async () => {
    const { reader, sent } = scene(null, ({ partitions }) => partitions[0]!.chain.break())
    expect((await reader.read(['k']))[0]?.entry?.version).toBe(8)
    expect(sent).toEqual(['GET', 'EVALSHA'])
  })

  it('holds a later write against the epoch and the change that were known when it was sent', async () => {
    const { reader } = scene(null, ({ partitions }) => {
      partitions[0]!.chain.next({ kind: 1, epoch: oldEpoch, sequence: 6, nonce: newEpoch, previous: oldEpoch })
    })
    const [read] = await reader.read(['k'])
    expect(read?.entry).toBeUndefined()
    expect((read?.seen as NativeSeen | undefined)?.look).toMatchObject({ epoch: oldEpoch, sequence: 5 })
  })

  it('takes what is no string for damaged, and fails where Redis fails', async () => {
    const foreign = scene(new Error('WRONGTYPE Operation against a key'))
    expect((await foreign.reader.read(['k']))[0]?.entry).toBeUndefined()
    await expect(scene(new Error('LOADING')).reader.read(['k'])).rejects.toThrow('LOADING')
  })
})

it('several keys of a partition are one MGET, none is no command', async () => {
  const { reader, sent } = scene(recordOf(oldEpoch, 4, '"old"'))
  expect(await reader.read([])).toEqual([])
  expect((await reader.read(['a', 'b'])).map(({ entry }) => entry?.version)).toEqual([4, 4])
  expect(sent).toEqual(['MGET'])
})
