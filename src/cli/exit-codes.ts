/** Every code a command can end with, with the sentence the documentation shows for it. Codes never change. */
export const exitCodes = {
  ok: { code: 0, when: 'Done. For `verify`: all is whole; for `diff`: there is no difference' },
  found: { code: 1, when: '`verify` found problems, `repair` left damage alone, `diff` found differences' },
  usage: { code: 2, when: 'Wrong arguments; `repair` without `--yes` that has something to do' },
  notFound: {
    code: 3,
    when: 'No such directory, cache, generation, column, key or blob; or the directory is no store',
  },
  locked: { code: 4, when: 'Another process holds the directory' },
  noAccess: { code: 5, when: 'The operating system denied access, or the medium is read-only' },
  io: { code: 6, when: 'The medium failed, or is full' },
  unavailable: { code: 7, when: 'Something else is not there: a module, a free port, a peer' },
  damaged: { code: 8, when: 'The bytes are damaged, sealed with another key, or of a newer version of coldsnap' },
  refused: { code: 9, when: 'It would destroy something (the target has such a cache), or a value cannot be kept' },
  internal: { code: 70, when: 'A bug of coldsnap; `COLDSNAP_DEBUG=1` shows where' },
  interrupted: { code: 130, when: 'Interrupted' },
} as const

/** A way for a command to end. */
export type ExitName = keyof typeof exitCodes
