import type { CliCommand } from './cli-command.ts'

const keyFile = {
  flags: '--key-file <file>',
  description: 'keys of sealed caches: JSON, [{ "id": "...", "key": "<base64>" }], the first one seals',
}
const generation = {
  flags: '-g, --generation <number>',
  description: 'this generation instead of the newest that can be read',
}

/** All commands, in the order of the help. */
export const cliCommands: readonly CliCommand[] = [
  {
    name: 'ls',
    summary: 'list what a directory holds: caches, generations, sizes, ages',
    args: ['<dir>'],
    options: [keyFile],
    load: async () => (await import('./commands/ls.ts')).lsAction,
  },
  {
    name: 'show',
    summary: 'show a cache, a column of it, or one element',
    args: ['<dir>', '<name>', '[column]', '[key]'],
    options: [generation, keyFile],
    load: async () => (await import('./commands/show.ts')).showAction,
  },
  {
    name: 'verify',
    summary: 'read and check every byte; exit code 1 and a line for each problem',
    args: ['<dir>', '[name]'],
    options: [keyFile],
    load: async () => (await import('./commands/verify.ts')).verifyAction,
  },
  {
    name: 'repair',
    summary: 'remove what is broken and what nothing needs, keep what is whole; only with --yes',
    args: ['<dir>', '[name]'],
    options: [
      { flags: '-y, --yes', description: 'do it; without, say what would be done' },
      { flags: '--discard', description: 'remove also caches of which no generation is whole: nothing of them stays' },
      keyFile,
    ],
    load: async () => (await import('./commands/repair.ts')).repairAction,
  },
  {
    name: 'diff',
    summary: 'compare two generations of a cache, or the newest state of two directories; exit code 1 if they differ',
    args: ['<dir>', '<a>', '[b]'],
    options: [{ flags: '-n, --name <cache>', description: 'the cache, if there are several' }, keyFile],
    load: async () => (await import('./commands/diff.ts')).diffAction,
  },
  {
    name: 'export',
    summary: 'write the newest whole state of a cache as JSON or NDJSON, which import reads back exactly',
    args: ['<dir>', '[name]'],
    options: [
      { flags: '-o, --output <file>', description: 'a new file instead of the standard output' },
      { flags: '-f, --format <format>', description: 'default: ndjson', choices: ['json', 'ndjson'] },
      generation,
      keyFile,
    ],
    load: async () => (await import('./commands/export.ts')).exportAction,
  },
  {
    name: 'import',
    summary: 'make a cache of what export wrote; - is the standard input',
    args: ['<dir>', '<name>', '<file>'],
    options: [{ flags: '--replace', description: 'make it the newest state of a cache that is there' }, keyFile],
    load: async () => (await import('./commands/import.ts')).importAction,
  },
  {
    name: 'copy',
    summary: 'copy the newest whole snapshot of each cache to another store, checked on both sides',
    args: ['<from>', '<to>'],
    options: [
      { flags: '-n, --name <cache>', description: 'only this cache' },
      { flags: '--replace', description: 'replace caches that the target has' },
      keyFile,
    ],
    load: async () => (await import('./commands/copy.ts')).copyAction,
  },
  {
    name: 'blob ls',
    summary: 'list the namespaces of a directory, or the blobs of one',
    args: ['<dir>', '[namespace]'],
    options: [{ flags: '-p, --prefix <prefix>', description: 'only keys that start with it' }],
    load: async () => (await import('./commands/blob.ts')).blobLsAction,
  },
  {
    name: 'blob get',
    summary: 'write a blob to the standard output or a new file; its body is verified',
    args: ['<dir>', '<namespace>', '<key>'],
    options: [{ flags: '-o, --output <file>', description: 'a new file instead of the standard output' }],
    load: async () => (await import('./commands/blob.ts')).blobGetAction,
  },
  {
    name: 'blob put',
    summary: 'put a file as a blob; - is the standard input',
    args: ['<dir>', '<namespace>', '<key>', '<file>'],
    options: [
      { flags: '-t, --type <type>', description: 'its content type' },
      { flags: '--expires <ms>', description: 'stale after so many milliseconds' },
      { flags: '--if-absent', description: 'only if there is no such blob' },
    ],
    load: async () => (await import('./commands/blob.ts')).blobPutAction,
  },
  {
    name: 'blob clean',
    summary: 'delete what expired, and what interrupted puts left',
    args: ['<dir>', '[namespace]'],
    options: [
      { flags: '--ttl <ms>', description: 'how long a blob without an expiry is fresh (default: for ever)' },
      { flags: '--grace <ms>', description: 'keep it for so long after its expiry (default: 0)' },
    ],
    load: async () => (await import('./commands/blob.ts')).blobCleanAction,
  },
  {
    name: 'inspect',
    summary: 'serve a page on 127.0.0.1 that shows columns, generations, values and reports, until it is interrupted',
    args: ['<dir>'],
    options: [{ flags: '-p, --port <port>', description: 'default: one that is free' }, keyFile],
    load: async () => (await import('./commands/inspect.ts')).inspectAction,
  },
  {
    name: 'bench',
    summary: 'measure the stores on this machine beside one JSON file that is written whole; leaves nothing behind',
    args: ['[dir]'],
    options: [
      { flags: '--rows <number>', description: 'rows of the state, default: 10000' },
      { flags: '--rounds <number>', description: 'how often each is measured, default: 5' },
      { flags: '--redis <address>', description: 'measure this Redis too: redis://host/0?prefix=bench:' },
    ],
    load: async () => (await import('./commands/bench.ts')).benchAction,
  },
  {
    name: 'group',
    summary: 'run a node of a group cache whose values come from a URL, until it is interrupted',
    args: ['[config]'],
    options: [
      { flags: '-l, --listen <address>', description: 'host:port, default: 127.0.0.1:0' },
      { flags: '--self <address>', description: 'what the other nodes call this one, default: where it listens' },
      { flags: '--peers <addresses>', description: 'all nodes, separated by commas' },
      { flags: '--peers-file <file>', description: 'a file that lists them, which is followed' },
      { flags: '-n, --name <group>', description: 'a group beside those of the file' },
      { flags: '--origin <url>', description: 'its values: GET <url><key>; 404 and 410 are "there is none"' },
      { flags: '--max-bytes <bytes>', description: 'its memory, default: 64 MiB' },
      { flags: '--ttl <ms>', description: 'how long its values are fresh, default: for ever' },
      { flags: '--store <dir>', description: 'a directory in which values survive a restart' },
      { flags: '--secret-file <file>', description: 'a secret that all nodes share: only who knows it is served' },
    ],
    load: async () => (await import('./commands/group.ts')).groupAction,
  },
  {
    name: 'completion',
    summary: 'print a script that completes commands and options: eval "$(coldsnap completion bash)"',
    args: ['<shell>'],
    options: [],
    load: async () => (await import('./commands/completion.ts')).completionAction(cliCommands),
  },
]
