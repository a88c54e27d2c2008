// The tests in a real browser need Chromium.
import { installPackage } from './install-package.mjs'

installPackage('chromium', {
  program: process.env.COLDSNAP_CHROMIUM ?? 'chromium',
  leftOut: 'the suites that need a browser are left out',
})
