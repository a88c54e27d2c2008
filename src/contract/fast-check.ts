// biome-ignore lint/suspicious/noTsIgnore: nothing is wrong here, only where the declarations are read without fast-check.
/** @ts-ignore: who takes the cases alone need not have fast-check; its types are then any. */
import type * as fastCheck from 'fast-check'

/**
 * The parts of fast-check (version 4) that the properties use; both its default export and its namespace fit.
 * It is passed in, so that nothing is imported from it but types.
 */
export type FastCheck = Pick<
  typeof fastCheck,
  | 'array'
  | 'assert'
  | 'asyncModelRun'
  | 'asyncProperty'
  | 'commands'
  | 'constant'
  | 'constantFrom'
  | 'integer'
  | 'oneof'
  | 'record'
  | 'string'
  | 'tuple'
  | 'uint8Array'
>

/** Keys of at most 64 bytes: mostly few and related ones, so that calls meet, else any text. */
export function arbitraryKey(fc: FastCheck): fastCheck.Arbitrary<string> {
  return fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom('a', 'a/', 'a/b', 'a/b/c', 'ab', 'A', 'b', '\u{1f600}', '\uff5e') },
    { weight: 1, arbitrary: fc.constantFrom('__proto__', '..', '10', '9', '\0', 'a\0', 'e\u0301', '\u00e9', '%2F') },
    // The unit 'binary' is any code point without surrogates, so these keys are always valid.
    { weight: 1, arbitrary: fc.string({ unit: 'binary', minLength: 1, maxLength: 16 }) },
  )
}

/** Prefixes that are often those of keys, the empty one among them. */
export function arbitraryPrefix(fc: FastCheck): fastCheck.Arbitrary<string> {
  return fc.oneof(fc.constantFrom('', '', 'a', 'a/', 'A', '\u{1f600}', '\uff5e'), arbitraryKey(fc))
}

/** Values, mostly short; now and then one across the sizes at which stores change their way of writing. */
export function arbitraryValue(fc: FastCheck): fastCheck.Arbitrary<Uint8Array> {
  const short = fc.uint8Array({ maxLength: 40 })
  const long = fc.tuple(fc.constantFrom(4096, 65_536, 70_000), fc.integer({ min: 0, max: 255 }))
  return fc.oneof(
    { weight: 15, arbitrary: short },
    { weight: 1, arbitrary: long.map(([size, byte]) => new Uint8Array(size).fill(byte)) },
  )
}
