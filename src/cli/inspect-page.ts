import { inspectClient } from './inspect-client.ts'
import { inspectStyle } from './inspect-style.ts'

/**
 * The page of `coldsnap inspect`, in one piece: it loads nothing from anywhere else, and asks only the server it came from.
 * `nonce` ties its script and style to the policy it is served with.
 */
export function inspectPage(nonce: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>coldsnap</title>
<style nonce="${nonce}">${inspectStyle}</style>
</head>
<body>
<header>
<div><h1>coldsnap <span>inspect</span></h1><p><span id="directory"></span> <span id="kind"></span></p></div>
<div><button id="reload">Reload</button> <button id="verify" class="primary">Verify every byte</button></div>
</header>
<p id="failure" role="alert" hidden></p>
<main>
<section id="report" aria-live="polite" aria-label="Report" hidden><p id="result"></p><ul id="problems"></ul></section>
<section><h2>Caches</h2><div id="caches" data-group role="group" aria-label="Caches"></div><p id="empty" class="quiet" hidden>There is no cache</p></section>
<section id="generations"><h2>Generations</h2>
<div id="line" data-group role="group" aria-label="Generations by time"></div>
<p class="ends"><span id="from"></span><span id="until"></span></p><p id="about" class="quiet"></p></section>
<section id="columns"><h2>Columns by size <small id="total"></small></h2>
<div class="split"><div id="map" data-group role="group" aria-label="Columns as areas by size"></div>
<ul id="list" data-group aria-label="Columns"></ul></div></section>
<section id="content"><div class="bar-top"><h2><span id="name"></span> <small>values</small></h2>
<form id="find"><input id="needle" type="search" placeholder="Key contains" aria-label="Key contains"></form>
<div id="turn"><button id="before">Previous</button> <span id="range" role="status"></span> <button id="next">Next</button></div></div>
<div id="values"><table><tbody id="rows"></tbody></table></div></section>
<section id="also" hidden><h2>Also here</h2><ul id="others"></ul></section>
</main>
<script nonce="${nonce}">(${inspectClient.toString()})()</script>
</body>
</html>
`
}
