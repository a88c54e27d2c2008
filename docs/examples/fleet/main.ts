// Three processes with one cache over Redis: `npm run example:fleet`. Needs redis-server; no network, ends by itself.
// Each shows what it holds in memory. Redis is killed on the way and comes back with nothing; they stay in step.

import { parseArgs } from 'node:util'
import { terminal } from './board.ts'
import { tellFleetStory } from './story.ts'

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '15' } } })
const seconds = Number(values.seconds)
if (!(seconds >= 3 && seconds <= 600)) throw new RangeError(`--seconds must be from 3 to 600, found ${values.seconds}`)

const { isInStep } = await tellFleetStory(terminal(), seconds)
if (!isInStep) process.exitCode = 1
