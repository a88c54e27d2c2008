// The tests on a real Redis need redis-server.
import { installPackage } from './install-package.mjs'

installPackage('redis-server', { leftOut: 'the suites of test/redis that need it are left out' })
