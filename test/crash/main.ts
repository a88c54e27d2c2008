import { parseArgs } from 'node:util'
import { useSmallSegments } from '../helpers/small-segments.ts'
import { blobLives } from './blobs/blob-lives.ts'
import { type BrokenBlobProtocol, breakBlobProtocol, brokenBlobProtocols } from './blobs/broken-blob-protocols.ts'
import { runBlobLife } from './blobs/run-blob-life.ts'
import { type BrokenProtocol, brokenProtocols } from './broken-protocols.ts'
import { breakProtocol, type Campaign, runCampaign } from './campaign.ts'
import { handLives } from './lives.ts'
import { runLife } from './run-life.ts'
import { seededLives } from './seeded-lives.ts'
import { describeFailure, renderTallies, Tally } from './tally.ts'

const usage = `npm run crash -- [options]
  --states 50000     how many crashes to judge, at least
  --seed 1           of the first round; each round has the next one
  --picks 4          crashes per operation and model, where there is a choice
  --blobs            the lives of blobs in a directory, not those of snapshots
  --life 'title'     this life only
  --state 123        judge the crash of this number only, and tell all about it; with --life and --seed`

const { values } = parseArgs({
  options: {
    states: { type: 'string', default: '50000' },
    seed: { type: 'string', default: '1' },
    picks: { type: 'string', default: '4' },
    blobs: { type: 'boolean', default: false },
    life: { type: 'string' },
    state: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
})

if (values.help) console.log(usage)
else process.exitCode = await main()

async function main(): Promise<number> {
  useSmallSegments()
  const seed = toCount(values.seed)
  const picks = toCount(values.picks)
  const options = { seed, picks, states: toCount(values.states), only: values.state }
  if (values.blobs || values.life?.startsWith('blobs ') === true) {
    const breakOne = (protocol: BrokenBlobProtocol): Promise<Tally> => breakBlobProtocol(protocol, options)
    return await crashAll(blobLives, runBlobLife, brokenBlobProtocols, breakOne, options)
  }
  const breakOne = (protocol: BrokenProtocol): Promise<Tally> => breakProtocol(protocol, options)
  return await crashAll([...handLives, ...seededLives], runLife, brokenProtocols, breakOne, options)
}

interface Titled {
  readonly title: string
}

interface RunExplained {
  readonly seed: number
  readonly picks: number
  readonly only?: number | undefined
  readonly explain?: (line: string) => void
}

async function crashAll<L extends Titled, P extends Titled>(
  all: readonly L[],
  run: (life: L, tally: Tally, options: RunExplained) => Promise<void>,
  protocols: readonly P[],
  breakOne: (protocol: P) => Promise<Tally>,
  options: {
    readonly seed: number
    readonly picks: number
    readonly states: number
    readonly only: string | undefined
  },
): Promise<number> {
  const { seed, picks, states, only } = options
  const lives = values.life === undefined ? all : all.filter(({ title }) => title === values.life)
  if (lives.length === 0)
    throw new RangeError(`No life "${values.life}", known:\n${all.map(life => life.title).join('\n')}`)
  if (only !== undefined) {
    const [life] = lives
    if (values.life === undefined || life === undefined) throw new RangeError('Option state needs option life')
    const tally = new Tally()
    await run(life, tally, { seed, picks, only: toCount(only), explain: line => console.log(line) })
    return report(tally)
  }
  const campaign = await runCampaign(lives, run, { seed, picks, states, onRound: line => console.error(line) })
  console.log(renderTallies(campaign.tallies))
  console.log(summaryOf(campaign))
  if (values.life === undefined) {
    console.log('\nBroken on purpose:')
    for (const protocol of protocols) {
      const { total, totalFailed } = await breakOne(protocol)
      console.log(`  ${protocol.title}: caught by ${totalFailed} of ${total} crashes`)
      if (totalFailed === 0) return 1
    }
  }
  return report(campaign.total)
}

function report(tally: Tally): number {
  for (const failure of tally.failures) console.log(`\n${describeFailure(failure)}`)
  return tally.totalFailed === 0 ? 0 : 1
}

function summaryOf({ total, rounds, milliseconds }: Campaign): string {
  const perSecond = Math.round((total.total / milliseconds) * 1000)
  const seconds = Math.round(milliseconds / 1000)
  return (
    `${total.total} crashes in ${rounds} rounds, ${total.images} different images, ${total.totalFailed} failures; ` +
    `${seconds} s, ${perSecond} a second`
  )
}

function toCount(text: string): number {
  const count = Number(text)
  if (!Number.isSafeInteger(count) || count < 1) throw new RangeError(`A whole number from 1 on, received ${text}`)
  return count
}
