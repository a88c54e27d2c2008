import { CacheError } from '../../errors.ts'
import { bytesOf, numbered } from '../samples.ts'
import {
  describeAnswer,
  peerCalls,
  ScriptedService,
  type TransportCaseDefinition,
  valueAnswer,
} from './transport-case.ts'

const key = bytesOf('key')
const hung = bytesOf('hung')

/** Never resolves for the key `hung`; tells when a call for it arrives. */
function hangOn(service: ScriptedService): Promise<void> {
  return new Promise(arrived => {
    service.before = call => {
      if (call.key.byteLength !== hung.byteLength) return
      arrived()
      return new Promise(() => {})
    }
  })
}

/** How calls end: errors, aborts, closing; and which of them belong together. */
export const transportCallCases: readonly TransportCaseDefinition[] = [
  {
    rule: 'T8',
    title: 'errors of the service, in every verb',
    async prove({ pair }, check) {
      const { service, peer } = await pair()
      service.answer('key', valueAnswer('value'))
      const errors = [
        new Error('boom'),
        new CacheError('UNKNOWN_GROUP', 'There is no group of that name'),
        new CacheError('ABORTED', 'The call was aborted'),
        new CacheError('CLOSED', 'The cache is closed'),
      ]
      for (const error of errors) {
        service.before = () => Promise.reject(error)
        for (const [name, call] of peerCalls(peer, key)) {
          await check.rejects(`${name}() where the service throws ${error.message}`, call, 'PEER_FAILED')
        }
        service.before = () => {}
        check.same('get() afterwards', describeAnswer(await peer.get('group', key)), 'value value')
      }
    },
  },
  {
    rule: 'T8',
    title: 'a service that throws before it gives a promise',
    async prove({ handle }, check) {
      const broken = (): never => {
        throw new Error('boom')
      }
      const service = { get: broken, set: broken, remove: broken, removeMany: broken, getMany: broken }
      const peer = handle.transport.connect(await handle.serve(service))
      for (const [name, call] of peerCalls(peer, key)) await check.rejects(`${name}()`, call, 'PEER_FAILED')
    },
  },
  {
    rule: 'T9',
    title: 'signals that were aborted before',
    async prove({ pair }, check) {
      const { service, peer } = await pair()
      const signal = AbortSignal.abort('early')
      for (const [name, call] of peerCalls(peer, key)) {
        const error = await check.rejects(`${name}()`, () => call({ signal }), 'ABORTED')
        check.same(`cause of ${name}()`, error.cause, 'early')
      }
      // A call that arrived later than this one would be seen after it.
      await peer.get('group', bytesOf('other'))
      check.sameKeys(
        'keys that arrived',
        service.seen.map(each => new TextDecoder().decode(each.key)),
        ['other'],
      )
    },
  },
  {
    rule: 'T9',
    title: 'a service that hangs, in every verb',
    async prove({ pair, within }, check) {
      const { service, peer } = await pair()
      service.answer('key', valueAnswer('value'))
      for (const [name, call] of peerCalls(peer, hung)) {
        const arrived = hangOn(service)
        const controller = new AbortController()
        const waiting = call({ signal: controller.signal })
        waiting.catch(() => {})
        await within(arrived)
        const other = await within(peer.get('group', key))
        check.same(`get() beside a ${name}() that hangs`, describeAnswer(other), 'value value')
        controller.abort('enough')
        const error = await check.rejects(`${name}()`, () => within(waiting), 'ABORTED')
        check.same(`cause of ${name}()`, error.cause, 'enough')
        const next = await within(peer.get('group', key))
        check.same(`get() after a ${name}() that was aborted`, describeAnswer(next), 'value value')
      }
    },
  },
  {
    rule: 'T9',
    title: 'an abort when the call has ended',
    async prove({ pair }, check) {
      const { service, peer } = await pair()
      service.answer('key', valueAnswer('value'))
      const controller = new AbortController()
      const options = { signal: controller.signal }
      check.same('get()', describeAnswer(await peer.get('group', key, options)), 'value value')
      controller.abort()
      check.same('get() without the signal', describeAnswer(await peer.get('group', key)), 'value value')
    },
  },
  {
    rule: 'T10',
    title: 'calls under way and later ones',
    async prove({ pair, within, handle }, check) {
      const { service, peer } = await pair()
      service.answer('key', valueAnswer('value'))
      const arrived = hangOn(service)
      const waiting = peer.get('group', hung)
      waiting.catch(() => {})
      await within(arrived)
      const other = handle.transport.connect(peer.address)
      await within(peer.close())
      await check.rejects('get() under way', () => within(waiting), 'PEER_FAILED')
      for (const [name, call] of peerCalls(peer, key)) {
        await check.rejects(`${name}() after close()`, () => within(call()), 'PEER_FAILED')
      }
      await within(Promise.all([peer.close(), peer.close()]))
      const answer = await within(other.get('group', key))
      check.same('get() of another client of the same address', describeAnswer(answer), 'value value')
      await other.close()
    },
  },
  {
    rule: 'T11',
    title: '300 calls, answered in another order',
    async prove({ pair }, check) {
      const { service, peer } = await pair()
      const names = numbered('k', 100)
      for (const name of names) service.answer(name, valueAnswer(name))
      service.before = ({ key: asked }) => {
        const place = Number(new TextDecoder().decode(asked).slice(1))
        return new Promise(resolve => setTimeout(resolve, (place * 7) % 10))
      }
      const keys = names.map(bytesOf)
      const gets = Promise.all(keys.map(each => peer.get('group', each)))
      const removals = Promise.all(keys.map(each => peer.remove('group', each)))
      const many = Promise.all(keys.map(each => peer.getMany('group', [each])))
      const wanted = names.map(name => `value ${name}`)
      check.sameKeys('answers to get()', (await gets).map(describeAnswer), wanted)
      check.sameKeys(
        'answers to getMany()',
        (await many).map(([answer]) => describeAnswer(answer)),
        wanted,
      )
      await removals
      const removed = service.seen.filter(({ method }) => method === 'remove')
      check.sameKeys('removed keys', removed.map(each => new TextDecoder().decode(each.key)).sort(), names)
    },
  },
  {
    rule: 'T13',
    title: 'addresses',
    async prove({ pair, handle }, check) {
      const address = await handle.serve(new ScriptedService())
      check.same('address of a peer', handle.transport.connect(address).address, address)
      const connect = async (): Promise<void> => void handle.transport.connect('')
      await check.rejects('connect() to the empty address', connect, 'INVALID_PEERS')
      const { service } = await pair()
      check.same('calls that arrived without any', service.seen.length, 0)
    },
  },
  {
    rule: 'T13',
    title: 'an address where nobody answers any more',
    async prove({ pair, within, handle }, check, context) {
      if (handle.stop === undefined) return void context.skip?.('handle has no stop()')
      const { service, peer } = await pair()
      await peer.get('group', key)
      const arrived = hangOn(service)
      const waiting = peer.get('group', hung)
      waiting.catch(() => {})
      await within(arrived)
      await handle.stop(peer.address)
      await check.rejects('get() under way', () => within(waiting), 'PEER_FAILED')
      const fresh = handle.transport.connect(peer.address)
      for (const [name, call] of [...peerCalls(peer, key), ...peerCalls(fresh, key)]) {
        await check.rejects(`${name}()`, () => within(call()), 'PEER_FAILED')
      }
    },
  },
  {
    rule: 'T14',
    title: 'three services',
    async prove({ pair }, check) {
      const pairs = [await pair(), await pair(), await pair()]
      for (const [index, { service }] of pairs.entries()) service.answer('key', valueAnswer(`of ${index}`))
      const answers = await Promise.all(pairs.map(({ peer }) => peer.get('group', key)))
      check.sameKeys('answers', answers.map(describeAnswer), ['value of 0', 'value of 1', 'value of 2'])
      await pairs[1]?.peer.remove('group', key)
      check.sameKeys(
        'calls that arrived',
        pairs.map(({ service }) => String(service.seen.length)),
        ['1', '2', '1'],
      )
    },
  },
]
