import { seededLives } from './seeded-lives.ts'
import { survivesEveryCrash } from './survives.ts'

survivesEveryCrash('lives made from seeds', seededLives, { seeds: [1, 2, 3, 4, 5, 6, 7, 8], atLeast: 20_000 })
