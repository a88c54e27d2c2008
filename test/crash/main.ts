import { parseArgs } from 'node:util'
import { useSmallSegments } from '../helpers/small-segments.ts'
import { brokenProtocols } from './broken-protocols.ts'
import { breakProtocol, type Campaign, runCampaign } from './campaign.ts'
import { handLives } from './lives.ts'
import { runLife } from './run-life.ts'
import { seededLives } from './seeded-lives.ts'
import { describeFailure, renderTallies, Tally } from './tally.ts'

const usage = `npm run crash -- [options]
  --states 50000     how many crashes to judge, at least
  --seed 1           of the first round; each round has the next one
  --picks 4          crashes per operation and model, where there is a choice
  --life 'title'     this life only
  --state 123        judge the crash of this number only, and tell all about it; with --life and --seed`

const { values } = parseArgs({
  options: {
    states: { type: 'string', default: '50000' },
    seed: { type: 'string', default: '1' },
    picks: { type: 'string', default: '4' },
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
  const all = [...handLives, ...seededLives]
  const lives = values.life === undefined ? all : all.filter(({ title }) => title === values.life)
  if (lives.length === 0)
    throw new RangeError(`No life "${values.life}", known:\n${all.map(life => life.title).join('\n')}`)
  if (values.state !== undefined) {
    const [life] = lives
    if (values.life === undefined || life === undefined) throw new RangeError('Option state needs option life')
    const tally = new Tally()
    await runLife(life, tally, { seed, picks, only: toCount(values.state), explain: line => console.log(line) })
    return report(tally)
  }
  const campaign = await runCampaign(lives, {
    seed,
    picks,
    states: toCount(values.states),
    onRound: line => console.error(line),
  })
  console.log(renderTallies(campaign.tallies))
  console.log(summaryOf(campaign))
  if (values.life === undefined) {
    console.log('\nBroken on purpose:')
    for (const protocol of brokenProtocols) {
      const { total, totalFailed } = await breakProtocol(protocol, { seed, picks })
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
