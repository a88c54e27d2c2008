import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { run } from '../../src/cli/run.ts'
import { scratch } from '../store/scratch.ts'
import { reportOf, runCli } from './cli-run.ts'

/** A node that runs until it is stopped. */
interface RunningNode {
  readonly address: string
  stop(): Promise<number>
}

async function startNode(argv: readonly string[]): Promise<RunningNode> {
  const stopping = new AbortController()
  let address = ''
  let stderr = ''
  let ended: Promise<number> | undefined
  await new Promise<void>((resolve, reject) => {
    const output = (write: (text: string) => void) => ({
      isTTY: false,
      columns: 80,
      write: async (text: string | Uint8Array) => write(String(text)),
    })
    ended = run(['group', ...argv, '--json'], {
      stdout: output(text => {
        address = (JSON.parse(text) as { address: string }).address
        resolve()
      }),
      stderr: output(text => {
        stderr += text
      }),
      stdin: (async function* () {})(),
      cwd: '/',
      env: {},
      signal: stopping.signal,
      now: Date.now,
    })
    ended.then(code => reject(new Error(`Ended with ${code}: ${stderr}`)), reject)
  })
  return {
    address,
    stop: async () => {
      stopping.abort(new Error('SIGINT'))
      return await ended!
    },
  }
}

describe('a node from the command line', () => {
  let asked = 0
  const origin = createServer((request, response) => {
    asked++
    response
      .writeHead(request.url === '/v/none' ? 404 : 200)
      .end(`value of ${decodeURIComponent(request.url!.slice(3))}`)
  })
  let url = ''

  beforeAll(async () => {
    await new Promise<void>(resolve => origin.listen(0, '127.0.0.1', resolve))
    url = `http://127.0.0.1:${(origin.address() as AddressInfo).port}/v/`
  })
  afterAll(() => origin.close())

  it('serves values of its origin, each fetched once, and keeps them over a restart', async () => {
    const store = join(scratch(), 'store')
    const argv = ['--name', 'tiles', '--origin', url, '--store', store]
    const first = await startNode(argv)
    const get = async (key: string): Promise<string> =>
      await (await fetch(`http://${first.address}/_groupcache/tiles/${encodeURIComponent(key)}`)).text()
    asked = 0
    expect(await get('a b/c')).toContain('value of a b/c')
    expect(await get('a b/c')).toContain('value of a b/c')
    expect(await get('none')).not.toContain('value of')
    expect(asked).toBe(2)
    expect(await first.stop()).toBe(0)
    expect(await reportOf(['ls', store])).toMatchObject({ groups: [{ name: 'tiles', records: 1 }], otherKeys: 0 })
  })

  it('is started from a file, with a secret and a list of peers that is followed', async () => {
    const dir = scratch()
    const [config, peersFile, secretFile] = [join(dir, 'group.json'), join(dir, 'peers'), join(dir, 'secret')]
    writeFileSync(secretFile, 'a secret of the whole fleet\n')
    // Without this node in it, the list is refused, and the node goes on.
    writeFileSync(peersFile, '127.0.0.1:9\n')
    writeFileSync(
      config,
      JSON.stringify({ peersFile, secretFile, groups: { tiles: { origin: url, maxBytes: 1000, ttlMs: 60_000 } } }),
    )
    const node = await startNode([config])
    try {
      const answer = await fetch(`http://${node.address}/_groupcache/tiles/a`)
      expect(answer.status).toBeGreaterThanOrEqual(401)
      expect(answer.status).toBeLessThanOrEqual(403)
    } finally {
      expect(await node.stop()).toBe(0)
    }
  })

  it('a port that is taken is unavailable', async () => {
    const node = await startNode(['--name', 'g', '--origin', url])
    try {
      expect((await runCli(['group', '--name', 'g', '--origin', url, '--listen', node.address])).code).toBe(7)
    } finally {
      await node.stop()
    }
  })

  it.each([
    [[], 'There is no group'],
    [['--name', 'g'], 'needs an origin'],
    [['--name', 'g', '--origin', 'file:///etc/'], 'needs an origin'],
    [['--origin', 'http://localhost/'], 'needs --name'],
    [['--name', 'g', '--origin', 'http://localhost/', '--listen', 'x'], '<host>:<port>'],
    [['--name', 'g', '--origin', 'http://localhost/', '--peers', 'x'], 'form host:port'],
    [['--name', 'g', '--origin', 'http://localhost/', '--ttl', '-1'], 'must be a whole number'],
    [['--name', 'g', '--origin', 'http://localhost/', '--self', 'x'], 'The address of this node'],
  ])('%j is wrong usage', async (argv, message) => {
    expect(await runCli(['group', ...argv])).toMatchObject({ code: 2, stderr: expect.stringContaining(message) })
  })

  it.each(['{', '[]', '{"bogus":1}', '{"groups":{"g":{"origin":7}}}', '{"listen":7}'])(
    '%j is no configuration',
    async text => {
      const config = join(scratch(), 'group.json')
      writeFileSync(config, text)
      expect((await runCli(['group', config])).code).toBe(2)
      expect((await runCli(['group', `${config}.none`])).code).toBe(3)
    },
  )
})
