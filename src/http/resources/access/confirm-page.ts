import { createHash } from 'node:crypto';
import type { Context } from 'hono';

/** Where the page is; the code follows. It needs no key itself: it shows nothing before its requests have one. */
export const CONFIRM_PAGE = '/confirm/';

const SCRIPT = `
const $ = (id) => document.getElementById(id);
const address = '/v1/confirmations/' + encodeURIComponent(location.pathname.split('/').pop());
async function call(method) {
  const key = $('key').value.trim();
  const headers = { 'content-type': 'application/json', ...(key && { authorization: 'Bearer ' + key }) };
  const body = method === 'POST' ? { body: '{"agree":true}' } : {};
  const response = await fetch(address, { method, headers, ...body });
  const answer = await response.json();
  $('access').hidden = response.status !== 401;
  $('question').hidden = !response.ok || answer.is_agreed;
  $('outcome').textContent = response.ok ? (answer.is_agreed ? 'Agreed, for one start. Tell the model to go on.' : '') : answer.detail;
  if (response.ok) {
    $('title').textContent = answer.title;
    $('cost').textContent = answer.expected_usd === null ? 'unknown' : '$' + answer.expected_usd.toFixed(4);
  }
}
const run = (method) => call(method).catch((fault) => { $('outcome').textContent = String(fault); });
$('show').addEventListener('click', () => run('GET'));
$('agree').addEventListener('click', () => run('POST'));
run('GET');
`;

const PAGE = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Agree to spending - Rowmill</title>
<main>
<h1>Agree to spending</h1>
<p id="access" hidden><label>Key of this server: <input id="key" type="password" autocomplete="off"></label> <button id="show">Show</button></p>
<section id="question" hidden>
<p id="title"></p>
<p>Cost, at the high end of the estimate: <strong id="cost"></strong></p>
<p>A model asked for this. Agree only if you want it.</p>
<button id="agree">Agree</button>
</section>
<p id="outcome" role="status"></p>
</main>
<script>${SCRIPT}</script>
</html>
`;

const POLICY = [
  "default-src 'none'",
  `script-src 'sha256-${createHash('sha256').update(SCRIPT).digest('base64')}'`,
  "connect-src 'self'",
  // No other site may show the page in a frame and have its button clicked.
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

/** The page on which a person agrees to what a model asked for. It is the same for every code. */
export function confirmPage(c: Context): Response {
  c.header('Content-Security-Policy', POLICY);
  c.header('X-Frame-Options', 'DENY');
  c.header('Referrer-Policy', 'no-referrer');
  c.header('Cache-Control', 'no-store');
  return c.html(PAGE) as Response;
}
