/**
 * What every {@link RedisPort} promises: rule id to sentence, for {@link redisPortContract} and docs/stores.md. Ids are
 * stable within a major version; new rules get new numbers.
 */
export const redisPortRules = {
  P1: 'Arguments go to Redis byte for byte, of a view only the bytes it shows, text as UTF-8; values come back so.',
  P2: 'Strings of any kind come as bytes, integers as numbers, nil as null, arrays as arrays, in arrays too.',
  P3: 'Bytes that come are plain Uint8Arrays that the caller may change; their memory is less than twice as long, and not to be transferred. Bytes that went may be changed as soon as the call is made.',
  P4: 'What Redis refuses rejects with an Error that has its message, and ends nothing else.',
  P5: 'pipeline() does its commands in their order and answers in it, an Error where Redis refused one; none is fine.',
  P6: 'Commands on one key are done in the order of the calls, whether or not somebody waits in between.',
  P7: 'A call whose signal is aborted is ABORTED with the reason as cause, at once; aborted before it began, it is not sent.',
  P8: 'While there is no connection, calls are UNAVAILABLE at once, and they are not done later.',
  P9: 'When Redis can be reached again, calls succeed again.',
  P10: 'Calls that are under way when the connection is lost are UNAVAILABLE, and they are not sent again.',
  P11: 'After up(), each message of the channel is heard once, byte for byte, in the order of publishing; on a cluster in that of one node.',
  P12: 'A subscription hears its own channel and no other; several of one channel all hear it.',
  P13: 'A loss of the connection is told by down(), and its return, without help, by up().',
  P14: 'renew() makes another connection: down(), up(), and messages are heard again.',
  P15: 'After close() of a subscription no callback comes; closing twice succeeds.',
  P16: 'nodes() together hold all keys, each of them the keys of one node; without a cluster it is one.',
  P17: '`database` is the number of the database in which commands work.',
  P18: 'After close(), calls are CLOSED and no subscription is heard; closing twice succeeds.',
  P19: 'ping() of a subscription is answered behind all that its server said on the channel before, tells nobody, and is UNAVAILABLE where the subscription is not active.',
} as const

/** The id of a rule of {@link redisPortRules}. */
export type RedisPortRule = keyof typeof redisPortRules
