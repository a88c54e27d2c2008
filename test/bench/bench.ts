import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type JobName, jobNames } from './contender.ts'
import { contenders, findContender } from './contenders.ts'
import { type Medians, runHarness } from './harness.ts'
import { renderReport } from './report.ts'
import { openRunners } from './runners.ts'
import { writeReport } from './write-report.ts'

const usage = `npm run bench -- [options]
  --peers 1000,10000     sizes of the state (default: 1000,10000,100000)
  --rounds 5             processes per figure
  --jobs ${jobNames.join(',')}
  --contenders a,b       ${contenders.map(({ id }) => id).join(', ')}
  --dir /some/disk       where to write (default: the system's temporary directory)
  --page file            the page that gets the table (default: docs/performance.md; 'none' only prints)
  --check                compare what is read with the state; the figures mean little then`

const { values } = parseArgs({
  options: {
    peers: { type: 'string', default: '1000,10000,100000' },
    rounds: { type: 'string', default: '5' },
    jobs: { type: 'string', default: jobNames.join(',') },
    contenders: { type: 'string', default: contenders.map(({ id }) => id).join(',') },
    dir: { type: 'string', default: tmpdir() },
    page: { type: 'string', default: 'docs/performance.md' },
    check: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

if (values.help) console.log(usage)
else await main()

async function main(): Promise<void> {
  const jobs = values.jobs.split(',').map(toJob)
  const chosen = values.contenders.split(',').map(findContender)
  const rounds = toCount(values.rounds)
  const directory = fs.mkdtempSync(join(values.dir, 'coldsnap-bench-'))
  const onProgress = (line: string): void => console.error(line)
  try {
    const { runners, leftOut } = await openRunners(chosen, { root: process.cwd(), directory })
    for (const { contender, reason } of leftOut) onProgress(`left out: ${contender.title}: ${reason}`)
    const results = new Map<number, Medians>()
    for (const peers of values.peers.split(',').map(toCount)) {
      results.set(peers, await runHarness({ peers, rounds, jobs, runners, directory, check: values.check, onProgress }))
    }
    const report = renderReport(results, rounds, leftOut)
    console.log(report)
    if (values.page !== 'none') writeReport(values.page, report)
  } finally {
    fs.rmSync(directory, { recursive: true, force: true })
  }
}

function toJob(name: string): JobName {
  const job = jobNames.find(known => known === name)
  if (job === undefined) throw new RangeError(`No job ${name}, known: ${jobNames.join(', ')}`)
  return job
}

function toCount(text: string): number {
  const count = Number(text)
  if (!Number.isSafeInteger(count) || count < 1) throw new RangeError(`A whole number from 1 on, received ${text}`)
  return count
}
