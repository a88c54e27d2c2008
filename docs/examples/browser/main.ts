// A page that starts with and without coldsnap, side by side: `npm run example:browser`. Ctrl-C ends it.

import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { buildApp } from './build-app.ts'
import { startServer } from './server.ts'

const { values } = parseArgs({ options: { port: { type: 'string', default: '5140' } } })
const port = Number(values.port)
if (!(Number.isInteger(port) && port >= 0 && port <= 65_535)) throw new RangeError('--port must be from 0 to 65535')

// Compiled, this is dist/examples/browser/main.js.
const source = fileURLToPath(new URL('../../../docs/examples/browser', import.meta.url))
const site = fileURLToPath(new URL('./site', import.meta.url))
await buildApp(source, site)
const server = await startServer({ site, port })
process.stdout.write(`Open ${server.url} in a browser. Ctrl-C ends the server; the page goes on without it.\n`)

process.once('SIGINT', async () => {
  await server.close()
  process.stdout.write('\nThe server is off. Reload the page: it starts all the same.\n')
})
