import type { RedisReply } from '../../redis/redis-port.ts'
import type { Checks } from '../assert.ts'
import { bytesOf, textOf } from '../samples.ts'
import type { RedisPortCaseDefinition } from './redis-port-case.ts'

const all: Uint8Array = Uint8Array.from({ length: 256 }, (_, index) => index)

function bytesIn(reply: RedisReply | Error | undefined): Uint8Array | undefined {
  return reply instanceof Uint8Array ? reply : undefined
}

/** A reply in words. */
function describe(reply: RedisReply | Error | undefined): string {
  if (reply instanceof Uint8Array) return `<${textOf(reply)}>`
  if (reply instanceof Error) return 'Error'
  if (Array.isArray(reply)) return `[${reply.map(describe).join(', ')}]`
  return String(reply)
}

async function refuses(check: Checks, what: string, call: () => Promise<unknown>, message: RegExp): Promise<void> {
  const found: unknown = await call().then(
    () => 'success',
    (error: unknown) => error,
  )
  const isRight = found instanceof Error && message.test(found.message)
  check.holds(what, isRight, String(found), `an Error whose message has ${message}`)
}

/** What commands carry there and back. */
export const redisCommandCases: readonly RedisPortCaseDefinition[] = [
  {
    rule: 'P1',
    title: 'values of any bytes',
    async prove({ key, call }, check) {
      const samples = [
        new Uint8Array(),
        all,
        all.subarray(100, 110),
        bytesOf('\r\n$-1\r\n'),
        new Uint8Array(300_000).fill(7),
      ]
      for (const [i, bytes] of samples.entries()) await call('SET', key(`v${i}`), bytes)
      for (const [i, bytes] of samples.entries()) {
        check.sameBytes(`value ${i}`, bytesIn(await call('GET', key(`v${i}`))), bytes)
      }
    },
  },
  {
    rule: 'P1',
    title: 'text and numbers of any kind as arguments',
    async prove({ key, call }, check) {
      const text = 'ü€\u{1f600}\0\n"'
      await call('SET', key(text), text)
      check.sameBytes('GET', bytesIn(await call('GET', key(text))), bytesOf(text))
    },
  },
  {
    rule: 'P2',
    title: 'each kind of reply',
    async prove({ key, call, port }, check) {
      check.same('SET', describe(await call('SET', key('text'), 'abc')), '<OK>')
      check.same('GET', describe(await call('GET', key('text'))), '<abc>')
      check.same('GET of an absent key', await call('GET', key('none')), null)
      check.same('STRLEN', await call('STRLEN', key('text')), 3)
      check.same('LPUSH', await call('LPUSH', key('list'), 'b', 'a'), 2)
      check.same('LRANGE', describe(await call('LRANGE', key('list'), '0', '-1')), '[<a>, <b>]')
      check.same('LRANGE of an absent key', describe(await call('LRANGE', key('none'), '0', '-1')), '[]')
      check.same('MGET', describe(await call('MGET', key('text'))), '[<abc>]')
      const script = 'return {1, {"two", false}, redis.status_reply("fine"), redis.error_reply("ERR no")}'
      const nested = await port.command({ args: ['EVAL', script, '1', key('text')], key: key('text') })
      check.same('EVAL', describe(nested), '[1, [<two>, null], <fine>, Error]')
    },
  },
  {
    rule: 'P3',
    title: 'memory of replies and arguments',
    async prove({ key, call, port }, check) {
      const bytes = all.slice()
      const stored = call('SET', key('a'), bytes)
      bytes.fill(0)
      await stored
      const [first, second] = await port.pipeline([
        { args: ['GET', key('a')], key: key('a') },
        { args: ['GET', key('a')], key: key('a') },
      ])
      for (const found of [bytesIn(first), bytesIn(second)]) {
        check.sameBytes('the value', found, all)
        check.same('the class of a reply', found?.constructor, Uint8Array)
        const memory = found?.buffer.byteLength ?? 0
        check.holds(
          'the memory of a reply',
          memory < 2 * all.byteLength,
          `${memory} bytes`,
          `less than ${2 * all.byteLength} bytes`,
        )
      }
      bytesIn(first)?.fill(0)
      check.sameBytes('the other reply', bytesIn(second), all)
    },
  },
  {
    rule: 'P4',
    title: 'refusals',
    async prove({ key, call, port }, check) {
      await call('SET', key('a'), 'text')
      await refuses(check, 'INCR of text', () => call('INCR', key('a')), /^ERR .*integer/)
      await refuses(check, 'LPUSH to text', () => call('LPUSH', key('a'), 'b'), /^WRONGTYPE /)
      await refuses(
        check,
        'an unknown command',
        () => port.command({ args: ['NONESUCH'], key: key('a') }),
        /^ERR unknown/i,
      )
      check.same('GET after that', describe(await call('GET', key('a'))), '<text>')
    },
  },
  {
    rule: 'P5',
    title: 'order of a pipeline',
    async prove({ key, port }, check) {
      const at = key('{n}')
      const commands = [
        ['SET', at, '1'],
        ['INCR', at],
        ['LPUSH', at, 'x'],
        ['GET', at],
        ['GET', key('none')],
        ['APPEND', at, '0'],
        ['GET', at],
      ]
      const answers = await port.pipeline(commands.map(args => ({ args, key: args[1] })))
      check.same('the answers', answers.map(describe).join(' '), '<OK> 2 Error <2> null 2 <20>')
      check.holds(
        'the refusal',
        answers[2] instanceof Error && /^WRONGTYPE /.test(answers[2].message),
        String(answers[2]),
        'WRONGTYPE',
      )
      check.same('no commands', (await port.pipeline([])).length, 0)
    },
  },
  {
    rule: 'P5',
    title: 'a pipeline over many keys',
    async prove({ key, port }, check) {
      const names = Array.from({ length: 300 }, (_, i) => key(`many-${i}`))
      await port.pipeline(names.map((name, i) => ({ args: ['SET', name, `${i}`], key: name })))
      const answers = await port.pipeline(names.map(name => ({ args: ['GET', name], key: name })))
      const wanted = names.map((_, i) => `<${i}>`)
      check.sameKeys('the answers', answers.map(describe), wanted)
    },
  },
  {
    rule: 'P6',
    title: 'order of calls',
    async prove({ key, call }, check) {
      await call('SET', key('a'), '')
      const digits = Array.from({ length: 100 }, (_, i) => String.fromCharCode(48 + (i % 64)))
      await Promise.all(digits.map(digit => call('APPEND', key('a'), digit)))
      check.same('the value', describe(await call('GET', key('a'))), `<${digits.join('')}>`)
    },
  },
  {
    rule: 'P16',
    title: 'nodes',
    async prove({ key, call, port }, check) {
      const names = Array.from({ length: 40 }, (_, i) => key(`node-${i}`))
      for (const name of names) await call('SET', name, '')
      const nodes = await port.nodes()
      if (!port.isCluster) check.same('the number of nodes', nodes.length, 1)
      const found: string[] = []
      for (const node of nodes) {
        let cursor = '0'
        do {
          const [next, some] = (await node.command({ args: ['SCAN', cursor, 'COUNT', '1000'] })) as RedisReply[]
          cursor = textOf(bytesIn(next))
          found.push(...new Set((some as RedisReply[]).map(name => textOf(bytesIn(name)))))
        } while (cursor !== '0')
      }
      check.sameKeys('the keys of all nodes', found.filter(name => names.includes(name)).sort(), names.toSorted())
    },
  },
  {
    rule: 'P17',
    title: 'the database',
    async prove({ port }, check) {
      const info = textOf(bytesIn(await port.command({ args: ['CLIENT', 'INFO'] })))
      check.same('database', port.database, Number(/ db=(\d+)/.exec(info)?.[1]))
    },
  },
]
