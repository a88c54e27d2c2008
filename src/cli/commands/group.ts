/// <reference types="node" />
import { readFile } from 'node:fs/promises'
import type { Load } from '../../group/group-options.ts'
import { GroupNode } from '../../group/node/group-node.ts'
import { watchPeersFile } from '../../group/node/watch-peers-file.ts'
import { readCapped } from '../../group/read-capped.ts'
import { fileError } from '../../store/file-error.ts'
import { FileStore } from '../../store/file-store.ts'
import { type CliCall, type CliCommand, cliCommand } from '../cli-command.ts'
import { wrongUsage } from '../cli-failure.ts'
import type { CliIo } from '../cli-io.ts'
import { groupConfig, type OriginGroup } from '../group-config.ts'
import { safeText } from '../safe-text.ts'
import { untilInterrupted } from '../until-interrupted.ts'

const maxValueBytes = 64 << 20
const minSecretBytes = 16

export const groupCommand: CliCommand = cliCommand<undefined>({
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
  run: async call => {
    await serve(call)
    return { report: undefined }
  },
  show: () => [],
})

async function serve(call: CliCall): Promise<void> {
  const { io } = call
  const { listen, groups, ...config } = await groupConfig(call)
  const secret = config.secretFile === undefined ? undefined : await readSecret(config.secretFile)
  const isLocal = /^(?:127\.|localhost:|\[::1\])/.test(listen)
  if (secret === undefined && !isLocal) {
    await io.stderr.write('coldsnap: without --secret-file everybody who reaches the port can change every value\n')
  }
  await using store = config.store === undefined ? undefined : await FileStore.open(config.store, { signal: io.signal })
  const node = await GroupNode.listen(listen, {
    ...(store === undefined ? {} : { store }),
    ...(secret === undefined ? {} : { secret }),
    onError: error => void io.stderr.write(`coldsnap: ${safeText(String(error))}\n`).catch(() => undefined),
  })
  await using _closing = { [Symbol.asyncDispose]: () => node.close() }
  const self = config.self ?? node.address
  for (const group of groups) {
    const { maxBytes, ttlMs } = group
    node.group(group.name, {
      maxBytes,
      maxValueBytes,
      ...(ttlMs === undefined ? {} : { ttlMs }),
      load: loadFrom(group),
    })
  }
  node.setPeers(config.peers ?? [self], { self })
  const following = config.peersFile === undefined ? undefined : follow(node, config.peersFile, io)
  await tellStarted(call, node.address, self, groups)
  await untilInterrupted(io.signal)
  await following
}

async function tellStarted(
  { io, options }: CliCall,
  address: string,
  self: string,
  groups: readonly OriginGroup[],
): Promise<void> {
  const names = groups.map(({ name }) => name)
  const text = options['json'] === true ? JSON.stringify({ address, self, groups: names }) : `listening on ${address}`
  await io.stdout.write(`${text}\n`)
}

// A list that is refused leaves the one before; it is told of.
async function follow(node: GroupNode, file: string, { signal, stderr }: CliIo): Promise<void> {
  const onError = (error: Error): void => {
    stderr.write(`coldsnap: ${safeText(error.message)}\n`).catch(() => undefined)
  }
  await node.followPeers(watchPeersFile(file, { signal, onError }), { signal }).catch((error: unknown) => {
    if (!signal.aborted) throw error
  })
}

function loadFrom({ origin }: OriginGroup): Load<Uint8Array> {
  return async (key, { signal }) => {
    const response = await fetch(`${origin}${encodeURIComponent(key)}`, { signal })
    if (response.status === 404 || response.status === 410) return undefined
    if (!response.ok) throw new Error(`The origin answered ${response.status}`)
    const body = await readCapped(response.body as ReadableStream<Uint8Array> | null, maxValueBytes)
    if (body === undefined) throw new Error(`The origin answered more than ${maxValueBytes} bytes`)
    return body
  }
}

async function readSecret(path: string): Promise<string> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw fileError(error, `Cannot read ${path}`)
  })
  const secret = text.trim()
  return Buffer.byteLength(secret) < minSecretBytes
    ? wrongUsage(`A secret has at least ${minSecretBytes} bytes`)
    : secret
}
