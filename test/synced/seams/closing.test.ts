import { execFile } from 'node:child_process'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { bundle } from '../../helpers/bundle.ts'
import { describeRedis } from '../../helpers/describe-redis.ts'
import { type RedisServer, startRedis } from '../../helpers/redis-server.ts'

describeRedis('close in the middle of every call', () => {
  let server: RedisServer
  beforeAll(async () => {
    server = await startRedis()
  })
  afterAll(() => server.stop())

  it('each ends as done or CLOSED, and nothing keeps the process running', async () => {
    const child = await bundle('test/synced/seams/closing-child.ts')
    const said = await new Promise<string>((resolve, reject) => {
      // It is killed if it does not end by itself; what no one caught ends it with a code.
      execFile(process.execPath, [child, server.url], { timeout: 50_000 }, (error, stdout, stderr) => {
        if (error === null) resolve(stdout)
        else reject(new Error(`${error.message}: ${stdout} ${stderr}`))
      })
    })
    const { ends, warnings } = JSON.parse(said) as { ends: Record<string, string>; warnings: string[] }
    const allowed = ['done, then CLOSED', 'CLOSED, then CLOSED', 'UNAVAILABLE, then CLOSED', 'holder: CLOSED']
    expect(Object.entries(ends).filter(([end]) => !allowed.includes(end))).toEqual([])
    expect(Object.keys(ends)).toContain('CLOSED, then CLOSED')
    expect(warnings).toEqual([])
  })
})
