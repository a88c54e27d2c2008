// npm run fuzz: gives every decoder changed bytes for as long as it is told to.
import { parseArgs } from 'node:util'
import { runFuzz } from './fuzz-run.ts'

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    help: { type: 'boolean', default: false },
  },
})
const minutes = Number(values.minutes)

if (values.help || !(minutes > 0)) {
  console.log('npm run fuzz -- [--minutes 10] [--seed 1]')
} else {
  console.log(`seed ${values.seed}`)
  const onProgress = (line: string): void => console.error(line)
  const counts = await runFuzz({ root: process.cwd(), seconds: minutes * 60, seed: Number(values.seed), onProgress })
  let total = 0
  for (const [name, { inputs, taken }] of counts) {
    total += inputs
    console.log(`${name}: ${inputs} inputs, ${taken} taken`)
  }
  console.log(`${total} inputs: none crashed, changed a prototype, or cost more than its size allows`)
}
