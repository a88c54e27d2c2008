/** What every {@link EntryCache} promises: rule id to sentence. Ids are stable within a major version. */
export const entryCacheRules = {
  E1: 'get() of a key that is not there is undefined.',
  E2: 'get() brings what was added: the same bytes, expiresAtMs and expireNs.',
  E3: 'add() replaces value and expiry of a key as a whole.',
  E4: 'stats().bytes is the UTF-8 bytes of the keys and the bytes of the values held now, stats().items their number.',
  E5: 'The budget is never exceeded, and while everything fits everything stays.',
  E6: 'An entry larger than the budget is refused and counted as rejected: it evicts nothing, but an older one of its key goes.',
  E7: 'Budgets are literal: 0 or less keeps nothing, 7 keeps up to 7 bytes.',
  E8: 'An entry is there until keepExpiredMs after its expiry, that instant included, and not after it; Infinity is never.',
  E9: 'Time is what the calls say; there is no clock of its own.',
  E10: 'remove() takes one key and tells whether it was there; clear() takes all.',
  E11: 'Every get() counts as a get, and as a hit if it brings an entry.',
  E12: 'What leaves to make room counts as evicted, what was fresh of it as evictedFresh; what is replaced, removed or refused does not.',
  E13: 'No key is special, and keys are compared unit by unit.',
  E14: 'Caches of one factory have nothing in common.',
  E15: 'The bytes of an entry are shared with others: they are never changed.',
} as const

/** The id of a rule of {@link entryCacheRules}. */
export type EntryCacheRule = keyof typeof entryCacheRules
