import type { Entry } from '../../group/entry.ts'
import type { PeerAnswer } from '../../group/peer-service.ts'
import type { Checks } from '../assert.ts'
import { bytesOf, numbered, pattern } from '../samples.ts'
import { hexOf, wireEntry, wireKeys } from './group-samples.ts'
import { describeAnswer, entryIn, type TransportCaseDefinition, valueAnswer } from './transport-case.ts'

const key = bytesOf('key')

const expiries: readonly bigint[] = [
  ...[0n, 1n, 127n, 128n, 999_999n, 1_000_000n, 2n ** 53n + 1n, 1_700_000_000_123_456_789n, 2n ** 63n - 1n],
  ...[-1n, -1_000_001n, -(2n ** 63n)],
]

function checkExpiry(check: Checks, what: string, found: Entry | undefined, wanted: bigint): void {
  check.same(`${what}: expireNs`, found?.expireNs, wanted)
  const foundMs = found?.expiresAtMs ?? Number.NaN
  const wantedMs = wanted === 0n ? Number.POSITIVE_INFINITY : Number(wanted) / 1e6
  // As exact as milliseconds in a double can be.
  const isSame = foundMs === wantedMs || Math.abs(foundMs - wantedMs) < 0.01
  check.holds(`${what}: expiresAtMs`, isSame, String(foundMs), String(wantedMs))
}

/** What is carried: values, expiries, answers, keys. */
export const transportContentCases: readonly TransportCaseDefinition[] = [
  {
    rule: 'T1',
    title: 'values of sizes around the powers of two, both ways',
    async prove({ pair, maxValueBytes }, check) {
      const { service, peer } = await pair()
      const sizes = [0, 1, 127, 128, 16_383, 16_384, 65_535, 65_536, 65_537, 1_048_577, maxValueBytes]
      for (const size of new Set(sizes.filter(each => each <= maxValueBytes))) {
        const value = pattern(size)
        service.answer('key', valueAnswer(value))
        check.sameBytes(`get() of ${size} bytes`, entryIn(await peer.get('group', key))?.value, value)
        const [many] = await peer.getMany('group', [key])
        check.sameBytes(`getMany() of ${size} bytes`, entryIn(many)?.value, value)
        await peer.set('group', key, wireEntry(value, 0n))
        check.sameBytes(`set() of ${size} bytes`, service.seen.at(-1)?.entry?.value, value)
      }
    },
  },
  {
    rule: 'T1',
    title: 'values of all bytes, and views',
    async prove({ pair }, check) {
      const { service, peer } = await pair()
      const all = Uint8Array.from({ length: 256 }, (_, index) => index)
      for (const value of [all, all.slice().reverse(), all.subarray(100, 150), all.subarray(7, 7)]) {
        const what = `${value.byteLength} bytes from ${value[0]}`
        const wanted = value.slice()
        service.answer('key', valueAnswer(value))
        check.sameBytes(`get() of ${what}`, entryIn(await peer.get('group', key))?.value, wanted)
        await peer.set('group', key, wireEntry(value, 0n))
        check.sameBytes(`set() of ${what}`, service.seen.at(-1)?.entry?.value, wanted)
      }
    },
  },
  {
    rule: 'T2',
    title: 'expiries of get(), getMany() and set()',
    async prove({ pair }, check) {
      const { service, peer } = await pair()
      for (const expireNs of expiries) {
        service.answer('key', valueAnswer('value', expireNs))
        checkExpiry(check, `get() of ${expireNs}`, entryIn(await peer.get('group', key)), expireNs)
        const [many] = await peer.getMany('group', [key])
        checkExpiry(check, `getMany() of ${expireNs}`, entryIn(many), expireNs)
        await peer.set('group', key, wireEntry(bytesOf('value'), expireNs))
        checkExpiry(check, `set() of ${expireNs}`, service.seen.at(-1)?.entry, expireNs)
      }
    },
  },
  {
    rule: 'T3',
    title: 'what the owner says instead of a value',
    async prove({ pair }, check) {
      const { service, peer } = await pair()
      for (const message of [
        'no such user',
        'Zoë — 404 \u{1f600}',
        'a "b" <c> & 100 %',
        'two\nlines',
        'm'.repeat(5000),
      ]) {
        for (const kind of ['notFound', 'loadFailed'] as const) {
          const wanted: PeerAnswer = { kind, message }
          service.answer('key', wanted)
          check.same('get()', describeAnswer(await peer.get('group', key)), describeAnswer(wanted))
          const [many] = await peer.getMany('group', [key])
          check.same('getMany()', describeAnswer(many), describeAnswer(wanted))
        }
      }
    },
  },
  {
    rule: 'T4',
    title: 'keys of every kind, in every verb',
    async prove({ pair }, check) {
      const { service, peer } = await pair()
      const entry = wireEntry(bytesOf('value'), 0n)
      for (const wanted of wireKeys) {
        service.answers.set(hexOf(wanted), valueAnswer(hexOf(wanted)))
        service.seen.length = 0
        const answer = await peer.get('group', wanted)
        check.same('answer to get()', describeAnswer(answer), `value ${hexOf(wanted)}`)
        await peer.set('group', wanted, entry)
        await peer.remove('group', wanted)
        await peer.removeMany('group', [wanted])
        await peer.getMany('group', [wanted])
        const verbs = service.seen.map(({ method }) => method)
        check.sameKeys('calls that arrived', verbs, ['get', 'set', 'remove', 'remove', 'get'])
        for (const { method, key: found } of service.seen) check.sameBytes(`key of ${method}()`, found, wanted)
      }
    },
  },
  {
    rule: 'T4',
    title: 'the empty key, which Go’s nodes may ask for',
    async prove({ pair }, check) {
      const { service, peer } = await pair()
      service.answer('', valueAnswer('empty'))
      check.same('get()', describeAnswer(await peer.get('group', new Uint8Array(0))), 'value empty')
    },
  },
  {
    rule: 'T4',
    title: 'groups',
    async prove({ pair }, check) {
      const { service, peer } = await pair()
      for (const group of ['users', 'a b', 'ü\u{1f600}', '100%', 'a?b#c', 'a+b&c=d', '_remove-keys', '...', 'A', 'a']) {
        service.seen.length = 0
        await peer.get(group, key)
        await peer.set(group, key, wireEntry(key, 0n))
        await peer.remove(group, key)
        await peer.removeMany(group, [key])
        await peer.getMany(group, [key])
        check.sameKeys(
          'groups',
          service.seen.map(each => each.group),
          Array(5).fill(group),
        )
      }
    },
  },
  {
    rule: 'T5',
    title: 'set() waits for the service',
    async prove({ pair }, check) {
      const { service, peer } = await pair()
      let isTaken = false
      service.before = async () => {
        await pause(20)
        isTaken = true
      }
      await peer.set('group', key, wireEntry(bytesOf('value'), 5n))
      check.same('taken when set() is resolved', isTaken, true)
      const [call] = service.seen
      check.same('method', call?.method, 'set')
      check.sameBytes('key', call?.key, key)
      check.sameBytes('value', call?.entry?.value, bytesOf('value'))
      check.same('expireNs', call?.entry?.expireNs, 5n)
    },
  },
  {
    rule: 'T6',
    title: 'remove() and removeMany() wait for the service',
    async prove({ pair }, check) {
      const { service, peer } = await pair()
      service.before = () => pause(20)
      await peer.remove('group', key)
      check.same('removed when remove() is resolved', service.seen.length, 1)
      await peer.removeMany('group', [key, bytesOf('other')])
      check.same('removed when removeMany() is resolved', service.seen.length, 3)
    },
  },
  {
    rule: 'T6',
    title: 'removeMany() of keys of every kind, and of none',
    async prove({ pair }, check) {
      const { service, peer } = await pair()
      await peer.removeMany('group', [])
      check.same('calls that arrived for no keys', service.seen.length, 0)
      await peer.removeMany('group', wireKeys)
      // Some wires need a call of its own for a key that is not UTF-8.
      const found = service.seen.map(each => hexOf(each.key)).sort()
      check.sameKeys('keys', found, wireKeys.map(hexOf).sort())
    },
  },
  {
    rule: 'T7',
    title: 'getMany() of values, failures and duplicates',
    async prove({ pair }, check) {
      const { service, peer } = await pair()
      const names = numbered('k', 100)
      for (const [index, name] of names.entries()) {
        if (index % 3 === 0) service.answer(name, valueAnswer(name))
        else service.answer(name, { kind: index % 3 === 1 ? 'notFound' : 'loadFailed', message: name })
      }
      const asked = [...names.slice().reverse(), 'k000', 'k001', 'k000']
      const answers = await peer.getMany('group', asked.map(bytesOf))
      const wanted = asked.map(name => describeAnswer(service.answers.get(hexOf(bytesOf(name)))))
      check.sameKeys('answers', answers.map(describeAnswer), wanted)
      check.same('answers to no keys', (await peer.getMany('group', [])).length, 0)
    },
  },
  {
    rule: 'T12',
    title: 'bytes on their way to the service',
    async prove({ pair }, check) {
      const { service, peer } = await pair()
      const mine = [bytesOf('key'), bytesOf('value')] as const
      await peer.set('group', mine[0], wireEntry(mine[1], 0n))
      await peer.remove('group', mine[0])
      await peer.removeMany('group', [mine[0]])
      for (const { key: sent, entry } of service.seen) {
        sent.fill(0)
        entry?.value.fill(0)
      }
      check.sameBytes('key of the caller, after the service changed its own', mine[0], bytesOf('key'))
      check.sameBytes('value of the caller, after the service changed its own', mine[1], bytesOf('value'))
      await peer.set('group', mine[0], wireEntry(mine[1], 0n))
      mine[1].fill(0)
      check.sameBytes('value of the service', service.seen.at(-1)?.entry?.value, bytesOf('value'))
    },
  },
  {
    rule: 'T12',
    title: 'bytes on their way back',
    async prove({ pair }, check) {
      const { service, peer } = await pair()
      const its = bytesOf('value')
      service.answer('key', valueAnswer(its))
      const answers = [await peer.get('group', key), ...(await peer.getMany('group', [key, key]))]
      const values = answers.map(answer => entryIn(answer)?.value)
      values[0]?.fill(0)
      values[1]?.fill(0)
      check.sameBytes('value of the service, after the caller changed its own', its, bytesOf('value'))
      check.sameBytes('value of another answer', values[2], bytesOf('value'))
      its.fill(0)
      check.sameBytes('value of the caller, after the service changed its own', values[2], bytesOf('value'))
    },
  },
]

function pause(ms: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, ms))
}
