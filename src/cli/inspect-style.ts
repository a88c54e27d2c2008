/** The style of the page of `coldsnap inspect`, light and dark as the browser wants it. */
export const inspectStyle = `
:root {
  color-scheme: light dark;
  --page: light-dark(#f4f6f8, #12161b); --card: light-dark(#fff, #1b2128); --line: light-dark(#dce2e8, #303945);
  --text: light-dark(#17202a, #e6ebf0); --quiet: light-dark(#5b6875, #9aa7b5); --accent: light-dark(#0b62a8, #6cb6f5);
  --good: light-dark(#1b7a3d, #5ccf86); --bad: light-dark(#b3261e, #ff8a80);
  --plain: #5a6b7d; --array: #1668a8; --object: #1f7a5c; --map: #8a4fa3;
  font: 15px/1.45 system-ui, -apple-system, "Segoe UI", sans-serif; background: var(--page); color: var(--text)
}
* { box-sizing: border-box }
[hidden] { display: none !important }
body { margin: 0 auto; max-width: 76rem; padding: 1.25rem 1rem 3rem }
h1, h2, p, ul { margin: 0; padding: 0 }
ul { list-style: none }
h1 { font-size: 1.35rem; letter-spacing: -.01em } h1 span { color: var(--quiet); font-weight: 400 }
h2 { font-size: .95rem; display: flex; gap: .6rem; align-items: baseline; flex-wrap: wrap }
h2 small, .quiet { color: var(--quiet); font-weight: 400; font-size: .85rem }
code, pre, #directory { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; font-size: .85rem }
header { display: flex; flex-wrap: wrap; gap: .75rem 1rem; align-items: center; justify-content: space-between; margin-bottom: 1rem }
header p { color: var(--quiet); overflow-wrap: anywhere } #kind { border: 1px solid var(--line); border-radius: 1rem; padding: 0 .55rem; margin-left: .3rem; font-size: .8rem }
section { background: var(--card); border: 1px solid var(--line); border-radius: .7rem; padding: .9rem 1rem; margin-bottom: 1rem }
button, input { font: inherit; color: inherit; background: var(--card); border: 1px solid var(--line); border-radius: .45rem; padding: .35rem .8rem }
button { cursor: pointer } button:disabled { cursor: default; opacity: .5 }
button:hover:enabled { border-color: var(--accent) }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px }
.primary { background: light-dark(#0b62a8, #2a7fc4); border-color: transparent; color: #fff }
#failure { border: 1px solid var(--bad); color: var(--bad); border-radius: .5rem; padding: .5rem .8rem; margin-bottom: 1rem; overflow-wrap: anywhere }
#caches { display: flex; flex-wrap: wrap; gap: .5rem; margin-top: .6rem }
.chip { display: flex; flex-direction: column; align-items: flex-start; padding: .35rem .9rem; max-width: 100% } .chip b { overflow-wrap: anywhere; text-align: left } .chip small { color: var(--quiet) }
.chip[aria-pressed=true] { border-color: var(--accent); box-shadow: inset 0 0 0 1px var(--accent) }
#line { position: relative; height: 2.6rem; margin: .7rem 1.6rem 0 }
#line::before { content: ""; position: absolute; left: -1.6rem; right: -1.6rem; top: 50%; border-top: 2px solid var(--line) }
#line button { position: absolute; top: 50%; transform: translate(-50%, -50%); min-width: 2.1rem; height: 2.1rem; padding: 0 .3rem; border-radius: 1.1rem; border-width: 2px; font-variant-numeric: tabular-nums; font-size: .85rem }
#line button[aria-pressed=true] { background: light-dark(#0b62a8, #2a7fc4); border-color: transparent; color: #fff }
#line button:disabled { border-color: var(--bad); color: var(--bad); border-style: dashed; opacity: 1 }
.ends { display: flex; justify-content: space-between; gap: 1rem; color: var(--quiet); font-size: .8rem } .ends span:last-child { text-align: right }
#about { margin-top: .5rem }
.split { display: grid; grid-template-columns: minmax(0, 3fr) minmax(0, 2fr); gap: 1rem; margin-top: .7rem }
#map { position: relative; height: 20rem; border-radius: .4rem; overflow: hidden }
#map button { position: absolute; overflow: hidden; border: 1px solid var(--card); border-radius: .3rem; color: #fff; text-align: left; padding: .25rem .45rem; display: flex; flex-direction: column; line-height: 1.25 }
#map button { min-width: 3px; min-height: 3px } #map b, #map small { white-space: nowrap; overflow: hidden; text-overflow: ellipsis; max-width: 100% } #map small { opacity: .9 }
#map button:hover { filter: brightness(1.12) } #map button[aria-pressed=true] { box-shadow: inset 0 0 0 3px #ffc24d } #map :focus-visible { outline-offset: -4px; outline-color: #fff }
.plain { background: var(--plain) } .array { background: var(--array) } .object { background: var(--object) } .map { background: var(--map) }
#list { max-height: 20rem; overflow-y: auto } #list button { position: relative; width: 100%; display: grid; grid-template-columns: .7rem minmax(0, 1fr) auto 4.6rem; gap: .5rem; align-items: baseline; text-align: left; border-color: transparent; padding: .3rem .5rem .4rem; background: none }
#list b { overflow-wrap: anywhere } #list span { color: var(--quiet); font-size: .85rem } #list .size { text-align: right; color: var(--text); font-variant-numeric: tabular-nums }
#list button[aria-pressed=true] { background: light-dark(#e8f1f9, #233242) } #list :focus-visible { outline-offset: -3px }
.dot { width: .7rem; height: .7rem; border-radius: .2rem } .bar { position: absolute; left: 0; bottom: 0; height: 2px; background: var(--accent); min-width: 2px }
.bar-top { display: flex; flex-wrap: wrap; gap: .6rem; align-items: center; justify-content: space-between }
#name { overflow-wrap: anywhere } #needle { width: 14rem; max-width: 100% } #turn { display: flex; gap: .6rem; align-items: center; color: var(--quiet); font-size: .85rem; font-variant-numeric: tabular-nums } #turn button { color: var(--text) }
#values { overflow-x: auto; margin-top: .6rem } table { border-collapse: collapse; width: 100% }
th, td { border-top: 1px solid var(--line); padding: .35rem .6rem .35rem 0; vertical-align: top; text-align: left; overflow-wrap: anywhere } th { font-weight: 600; width: 20%; min-width: 6rem }
pre { margin: .4rem 0 0; white-space: pre-wrap; overflow-wrap: anywhere; max-height: 24rem; overflow-y: auto; background: var(--page); border-radius: .4rem; padding: .5rem .7rem } summary { cursor: pointer }
#result { font-weight: 600 } .good { color: var(--good) } .bad { color: var(--bad) }
#problems li { border-top: 1px solid var(--line); margin-top: .4rem; padding-top: .4rem; overflow-wrap: anywhere } #problems code { color: var(--bad); margin-right: .6rem }
#others li { display: flex; gap: .8rem; border-top: 1px solid var(--line); margin-top: .4rem; padding-top: .4rem } #others b { overflow-wrap: anywhere } #others span { color: var(--quiet) }
@media (max-width: 700px) { .split { grid-template-columns: minmax(0, 1fr) } #map { height: 14rem } #list { max-height: none } body { padding: .8rem .6rem 2rem } #needle { width: 100% } #find { flex: 1 1 100% } th { width: 30% } }
`
