/**
 * What every {@link Store} promises: rule id to sentence, the one table that the contract and docs/stores.md share.
 * Ids are stable within a major version; new rules get new numbers.
 */
export const storeRules = {
  S1: 'load() of an absent key resolves to undefined; it is not an error.',
  S2: 'Once store() is resolved, every later load() and list() sees the value under exactly that key.',
  S3: 'store() replaces what was under the key as a whole, whether the new value is shorter, longer or empty.',
  S4: 'Once remove() is resolved, the key is absent from load() and list(), and no other key is touched.',
  S5: 'remove() of an absent key succeeds.',
  S6: 'list(prefix) yields exactly the keys that start with the string prefix, a key equal to it included; the empty prefix yields all keys.',
  S7: 'list() is in the order of the UTF-8 bytes of the keys, not of UTF-16 units, numbers or time.',
  S8: 'list() yields no key twice and misses none that stays, also while other keys are stored, replaced and removed.',
  S9: 'A listing may be left early, which releases what it holds; listings at the same time do not disturb each other.',
  S10: 'A value comes back byte for byte: all 256 byte values, and of a view only the bytes it shows.',
  S11: 'The empty value is a value: it is listed and loads as zero bytes, not as undefined.',
  S12: 'Values of every size up to 64 MiB come back whole.',
  S13: 'Once store() or batch() is resolved, the caller may reuse the bytes it passed.',
  S14: 'Bytes that were loaded belong to the caller: changing them changes nothing else, and nothing changes them.',
  S15: 'Keys are compared byte by byte: no case folding, no Unicode normalisation.',
  S16: 'No key is special: NUL, slashes, dots, device names, blanks, digits, __proto__, percent signs and emoji are plain keys.',
  S17: 'Keys have 1 to 1,024 bytes of UTF-8; the empty key and a longer one are INVALID_KEY on every method.',
  S18: 'A lone surrogate in a key or prefix is INVALID_KEY on every method.',
  S19: 'A key or prefix that is not a string, or a value that is not a Uint8Array, is a TypeError and changes nothing.',
  S20: 'Calls at the same time on one key leave and show one of the values, whole.',
  S21: 'At least 500 calls at the same time all succeed.',
  S22: 'A call whose signal is aborted is ABORTED with the reason as cause; aborted before it began, it changes nothing.',
  S23: 'After close(), every other call is CLOSED.',
  S24: 'close() may be called again, also at the same time.',
  S25: 'loadMany(), if offered, answers in the order of the keys, undefined where one is absent, duplicates included.',
  S26: 'batch(), if offered, has the effect of its operations one after another; an empty batch succeeds.',
  S27: 'batch(), if offered, does all operations or none: one bad key or value, or an unknown type (TypeError), refuses the whole batch.',
  S28: 'A store that was closed and opened anew on the same medium has the same keys and values.',
  S29: 'A store whose process died has every operation that was resolved before.',
} as const

/** The id of a rule of {@link storeRules}. */
export type StoreRule = keyof typeof storeRules
