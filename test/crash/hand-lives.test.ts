import { handLives } from './lives.ts'
import { survivesEveryCrash } from './survives.ts'

survivesEveryCrash('lives written by hand', handLives, { seeds: [1, 2], atLeast: 34_000 })
