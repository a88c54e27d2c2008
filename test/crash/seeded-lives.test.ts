import { seededLives } from './seeded-lives.ts'
import { survivesEveryCrash } from './survives.ts'

survivesEveryCrash('lives made from seeds', seededLives, { seeds: [1, 2, 3, 4, 5], atLeast: 16_000 })
