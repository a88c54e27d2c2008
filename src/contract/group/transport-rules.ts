/** What every {@link Transport} promises: rule id to sentence. Ids are stable within a major version. */
export const transportRules = {
  T1: 'Values of every size and content come back byte for byte, of a view only what it shows.',
  T2: 'Expiry arrives to the nanosecond, negative ones too; 0 is never, and then only.',
  T3: 'notFound and loadFailed are answers with their message, not errors.',
  T4: 'Every key arrives as the bytes it is, under its group: no byte is special, nor need it be UTF-8.',
  T5: 'set() brings key, value and expiry, and resolves only when the service has taken them.',
  T6: 'remove() and removeMany() bring every key, and resolve only when the service has dropped them; no keys is success.',
  T7: 'getMany() answers in the order of the keys, duplicates included; no keys is no answers.',
  T8: 'Whatever the service throws is PEER_FAILED for that call, be it UNKNOWN_GROUP or ABORTED; others go on.',
  T9: 'An abort ends the call at once with ABORTED and the reason as cause, also where the service hangs; aborted before, it is not made.',
  T10: 'close() of a peer ends its calls under way with PEER_FAILED, and so does each later one; closing again succeeds.',
  T11: 'Calls at the same time each get their own answer.',
  T12: 'No bytes are shared between caller and service.',
  T13: 'connect() connects to nothing yet: where nobody answers, the call is PEER_FAILED; an empty address is INVALID_PEERS.',
  T14: 'Each peer is the one of its address.',
} as const

/** The id of a rule of {@link transportRules}. */
export type TransportRule = keyof typeof transportRules
