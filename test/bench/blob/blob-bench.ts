import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { writeReport } from '../write-report.ts'
import { blobContenders } from './blob-contenders.ts'
import { renderBlobReport } from './blob-report.ts'
import { runBlobBench } from './run-blob-bench.ts'

const usage = `npm run bench:blob -- [options]
  --rounds 9             medians are of so many rounds
  --calls 100            puts and gets of a size in a round, at most
  --sizes 1024,102400,10485760
  --large                also a stream of 1 GiB
  --entries 100000       how many to open and list; 0: none
  --full 1000,20000      limits at which each put gives up another blob; 0: none
  --contenders a,b       ${blobContenders.map(({ id }) => id).join(', ')}
  --dir /some/disk       where to write (default: the system's temporary directory)
  --page file            the page that gets the table (default: docs/blob.md; 'none' only prints)`

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '9' },
    calls: { type: 'string', default: '100' },
    sizes: { type: 'string', default: '1024,102400,10485760' },
    large: { type: 'boolean', default: false },
    entries: { type: 'string', default: '100000' },
    full: { type: 'string', default: '1000,20000' },
    contenders: { type: 'string', default: blobContenders.map(({ id }) => id).join(',') },
    dir: { type: 'string', default: tmpdir() },
    page: { type: 'string', default: 'docs/blob.md' },
    help: { type: 'boolean', default: false },
  },
})

if (values.help) console.log(usage)
else await main()

async function main(): Promise<void> {
  const directory = fs.mkdtempSync(join(values.dir, 'coldsnap-bench-'))
  try {
    const rounds = toCount(values.rounds)
    const { results, leftOut } = await runBlobBench({
      ids: values.contenders.split(','),
      sizes: values.sizes.split(',').map(toCount),
      rounds,
      calls: toCount(values.calls),
      streamBytes: values.large ? 2 ** 30 : undefined,
      entries: toCount(values.entries),
      full: values.full.split(',').map(toCount).filter(Boolean),
      directory,
      onProgress: line => console.error(line),
    })
    const report = renderBlobReport(results, rounds, leftOut)
    console.log(report)
    if (values.page !== 'none') writeReport(values.page, report)
  } finally {
    fs.rmSync(directory, { recursive: true, force: true })
  }
}

function toCount(text: string): number {
  const count = Number(text)
  if (!Number.isSafeInteger(count) || count < 0) throw new RangeError(`A whole number, received ${text}`)
  return count
}
