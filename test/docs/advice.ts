import type { ErrorCode, ProblemCode } from '../../src/index.ts'

/** What the caller can do about each code; docs/errors.md shows it. A new code does not compile without it. */
export const errorAdvice: Readonly<Record<ErrorCode, string>> = {
  ABORTED: 'Nothing, it was asked for. A write that was under way may have happened, whole.',
  ALREADY_EXISTS:
    'For a copy: pass `replace: true`, or take another store or name. For a group: take another name, or remove the old one first.',
  CLOSED: 'Do not call after `close()`; open a new store, make a new cache.',
  CORRUPT:
    'Load again or open a new view; `verify()` says what is damaged. The next `store()` writes it anew. In a group: the `codec` cannot read what your `load` or another node gave.',
  DECRYPT_FAILED: 'Give the key that the bytes were written with, as a second key of `aesGcm()`.',
  DUPLICATE_KEY: 'Make the keys of the elements unique; the message names the second one.',
  FORMAT_NEWER: 'Update coldsnap, or use another `name` or directory, or `clear()`.',
  INVALID_KEY:
    'Use 1 to 1,024 bytes of well-formed text; 200 for the name of a cache, `maxKeyBytes` for keys of a group, whose `get` and `remove` also take the empty key.',
  INVALID_PEERS:
    'Mend the list; the message names what is wrong with it. `self` must be one of the addresses, in the same spelling.',
  IO: 'Look at `cause`. Trying again later is safe; nothing that was stored is lost.',
  LISTEN_FAILED: 'Take another port or address; `cause` says why this one was refused.',
  LOAD_FAILED: 'Look at `cause`, or at the logs of the owner: it is the error of your own loader.',
  LOCKED: 'Let the other writer close first, or open with `readOnly: true` to read beside it.',
  NO_ACCESS: 'Give the user of the process access to the path.',
  NOTHING_CACHED: 'Call `store()` with the whole state first.',
  NOT_A_DIRECTORY: 'Give another path, or move away what is there.',
  NOT_CONFIGURED: 'Pass a store to the blob cache.',
  NOT_FOUND: 'Nothing, if it may be absent. Without a backfill: set the item first, or give the cache a backfill.',
  PEER_FAILED:
    'A get never ends so: it loads locally. A `set` or `remove` did what it could reach; do it again for the rest.',
  PRECONDITION_FAILED: 'Read the blob again, and decide anew.',
  READ_ONLY: 'Open without `readOnly`, or on a medium that can be written.',
  STORE_FULL: 'Free space and store again. The last snapshot still loads.',
  TIMEOUT: 'Try again, or raise the deadline. Whether a write happened is unknown.',
  UNAVAILABLE:
    'The message names what is missing: wait for the server and look at its connection, install the module, or use https, a newer browser or a newer Node.',
  UNKNOWN_GROUP: 'Make the group first, on every node.',
  UNSUPPORTED_VALUE:
    'Change or leave out the value at the path in the message; [codecs.md](codecs.md) lists what is kept.',
  VALUE_TOO_LARGE:
    'Split the value over several columns, elements or keys; raise `maxValueBytes` of a group, on all nodes.',
  VIEW_EXPIRED: 'Open a new view.',
}

export const problemAdvice: Readonly<Record<ProblemCode, string>> = {
  CLOCK_SKEW: 'Nothing; look at the clock of the device. The snapshot is given.',
  COLUMN_MISSING: 'Treat the column as not cached. The snapshot is given without it.',
  DECODE_FAILED: 'Nothing; the next `store()` writes it anew. If it comes again, report a bug.',
  DECRYPT_FAILED: 'Give the key the snapshot was written with, or `acceptPlain` for one that was not encrypted.',
  FORMAT_NEWER: 'Update coldsnap. Until then nothing is written: `store()` is `FORMAT_NEWER`.',
  GUARD_FAILED: 'Look at `cause`: the store cannot be written. The snapshot is given.',
  HEAD_CORRUPT: 'Nothing; an older snapshot is given if there is one.',
  MIGRATE_FAILED: 'Mend `migrate`; `cause` is what it threw.',
  POISONED: 'Nothing: fetch. `confirm()` a snapshot once the application works with it.',
  SCHEMA_INVALID: 'Raise `schemaVersion` and give `migrate` when the shape of the state changes.',
  SCHEMA_VERSION: 'Give `migrate`, or accept that the first start of a new version begins empty.',
  SEGMENT_CORRUPT: 'Nothing; an older snapshot is given if there is one. If it comes again, suspect the medium.',
  SEGMENT_MISSING: 'Nothing; an older snapshot is given if there is one. Somebody may have deleted files.',
  TOO_STALE: 'Nothing: fetch. Raise `maxStaleMs` if an older state is better than none.',
}
