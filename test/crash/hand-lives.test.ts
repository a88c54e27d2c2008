import { handLives } from './lives.ts'
import { runLife } from './run-life.ts'
import { survivesEveryCrash } from './survives.ts'

survivesEveryCrash('lives written by hand', handLives, runLife, { seeds: [1, 2], atLeast: 34_000 })
