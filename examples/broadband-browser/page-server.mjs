// A small web page that looks up the broadband at invented addresses. Usage: node page-server.mjs [PORT]
import { createServer } from 'node:http';

const PLACES = new Map([
  ['ZZ11AA', { exchange: 'Netherby Cross', download: 910, upload: 110 }],
  ['ZZ12BB', { exchange: 'Port Ellery', download: 330, upload: 50 }],
  ['ZZ13CC', { exchange: 'Brindle Rural', download: 38.5, upload: 9 }],
]);

const escapeHtml = (text) => text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);

function page(query) {
  const address = query.get('address') ?? '';
  const postcode = query.get('postcode') ?? '';
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Broadband checker</title>
<style>
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 36rem; margin: 3rem auto; padding: 0 1rem; }
  label { display: block; margin: 0.5rem 0; }
  input { display: block; width: 100%; padding: 0.4rem; font: inherit; box-sizing: border-box; }
  button { padding: 0.5rem 1.5rem; font: inherit; }
</style>
<h1>Broadband checker</h1>
<form>
  <label>Address <input id="address" name="address" required value="${escapeHtml(address)}"></label>
  <label>Postcode <input id="postcode" name="postcode" required value="${escapeHtml(postcode)}"></label>
  <button id="check">Check</button>
</form>
${address === '' ? '' : answer(address, postcode)}
</html>`;
}

function answer(address, postcode) {
  const found = PLACES.get(postcode.replaceAll(' ', '').toUpperCase());
  if (found === undefined) return `<p>No broadband is known at ${escapeHtml(address)}.</p>`;
  return `<h2>Broadband at ${escapeHtml(address)}</h2>
<p>Exchange: ${found.exchange}</p>
<p>Download: ${found.download} Mbit/s</p>
<p>Upload: ${found.upload} Mbit/s</p>`;
}

const server = createServer((request, response) => {
  const { searchParams } = new URL(request.url ?? '/', 'http://127.0.0.1');
  response.setHeader('content-type', 'text/html; charset=utf-8').end(page(searchParams));
});
server.listen(Number(process.argv[2] ?? 8790), '127.0.0.1', () => {
  process.stdout.write(`The broadband checker is at http://127.0.0.1:${server.address().port}/\n`);
});
