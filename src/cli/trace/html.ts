import type { Recording, TracedCall } from '../../libcontainer/recorder.ts';
import { resultWords } from './chrome.ts';

/** A page that needs nothing but a browser: a timeline to zoom and move, and the calls that took longest. */
export function htmlTrace({ command, steps, calls, end }: Recording): string {
  const data = {
    end,
    rows: [
      {
        name: 'steps',
        slices: steps.map(({ name, pointer, start, end: until }) => [start, until - start, name, pointer ?? '']),
      },
      ...rowsOf(calls),
    ],
  };
  // Nothing in a script element may look like its end.
  const json = JSON.stringify(data).replaceAll('<', '\\u003c');
  const title = `tsrunc ${command.join(' ')}`.replace(/[&<>]/g, (char) => `&#${char.charCodeAt(0)};`);
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>${title}</title>
<style>${STYLE}</style>
<h1>${title}</h1>
<p id="sum"></p>
<canvas id="time" tabindex="0" aria-label="timeline"></canvas>
<p>Wheel: zoom. Drag: move. Double click: all.</p>
<pre id="about"></pre>
<h2>The longest</h2>
<table id="longest"><thead><tr><th>ms</th><th>process</th><th>call</th></tr></thead><tbody></tbody></table>
<script>const data = ${json};
${SCRIPT}</script>
</html>
`;
}

/** One a process. */
function rowsOf(calls: readonly TracedCall[]): { name: string; slices: unknown[] }[] {
  const rows = new Map<string, unknown[]>();
  for (const call of calls) {
    const { process, start, duration, syscall, args, step = '' } = call;
    const row = rows.get(process) ?? [];
    if (row.length === 0) rows.set(process, row);
    row.push([start, duration, syscall, `(${args.join(', ')}) = ${resultWords(call)}\n${step}`]);
  }
  return [...rows].map(([name, slices]) => ({ name, slices }));
}

const STYLE = `
body { font: 14px/1.4 system-ui, sans-serif; margin: 1.5em; color: #223; background: #fff }
h1 { font-size: 1.2em } h2 { font-size: 1em }
canvas { width: 100%; display: block; border: 1px solid #ccd }
pre { min-height: 3.5em; white-space: pre-wrap; word-break: break-all }
td, th { text-align: left; padding: 0 1em 0 0; vertical-align: top; font-variant-numeric: tabular-nums }
td:last-child { word-break: break-all }
`;

const SCRIPT = `
const canvas = document.getElementById('time'), about = document.getElementById('about');
const ROW = 26, LEFT = 70, AXIS = 20;
let from = 0, to = Math.max(data.end, 1), hit = [];
const ms = (ns) => (ns / 1e6).toFixed(3);
function draw() {
  const scale = devicePixelRatio || 1, width = canvas.clientWidth, height = AXIS + ROW * data.rows.length + 4;
  canvas.width = width * scale; canvas.height = height * scale; canvas.style.height = height + 'px';
  const g = canvas.getContext('2d');
  g.scale(scale, scale); g.font = '11px system-ui, sans-serif'; g.textBaseline = 'middle';
  const x = (t) => LEFT + (t - from) / (to - from) * (width - LEFT);
  hit = [];
  for (let i = 0; i <= 8; i++) {
    const t = from + (to - from) * i / 8;
    g.fillStyle = '#dde'; g.fillRect(x(t), 0, 1, height);
    g.fillStyle = '#667'; g.fillText(ms(t), Math.min(x(t) + 3, width - 40), AXIS / 2);
  }
  data.rows.forEach((row, r) => {
    const y = AXIS + r * ROW;
    row.slices.forEach(([start, duration, name, more], i) => {
      const a = Math.max(LEFT, x(start)), b = Math.min(width, Math.max(x(start + duration), a + 1));
      if (b < LEFT || a > width) return;
      g.fillStyle = 'hsl(' + (r === 0 ? 210 : 30 + r * 70) + ' 55% ' + (i % 2 ? 72 : 80) + '%)';
      g.fillRect(a, y + 2, b - a, ROW - 4);
      hit.push([a, b, y, row.name, start, duration, name, more]);
      if (b - a > 40) { g.save(); g.beginPath(); g.rect(a, y, b - a - 3, ROW); g.clip(); g.fillStyle = '#112'; g.fillText(name, a + 4, y + ROW / 2); g.restore(); }
    });
    g.fillStyle = '#fff'; g.fillRect(0, y, LEFT, ROW); g.fillStyle = '#223'; g.fillText(row.name, 4, y + ROW / 2);
  });
}
function at(event) {
  const box = canvas.getBoundingClientRect(), x = event.clientX - box.left, y = event.clientY - box.top;
  return [x, hit.findLast(([a, b, top]) => x >= a - 1 && x <= b + 1 && y >= top && y < top + ROW)];
}
canvas.addEventListener('wheel', (event) => {
  event.preventDefault();
  const part = (at(event)[0] - LEFT) / (canvas.clientWidth - LEFT), middle = from + (to - from) * part;
  const factor = event.deltaY > 0 ? 1.25 : 0.8;
  from = middle - (middle - from) * factor; to = middle + (to - middle) * factor; draw();
}, { passive: false });
let drag;
canvas.addEventListener('pointerdown', (event) => { drag = event.clientX; canvas.setPointerCapture(event.pointerId); });
canvas.addEventListener('pointerup', () => { drag = undefined; });
canvas.addEventListener('dblclick', () => { from = 0; to = Math.max(data.end, 1); draw(); });
canvas.addEventListener('pointermove', (event) => {
  if (drag !== undefined) {
    const by = (drag - event.clientX) / (canvas.clientWidth - LEFT) * (to - from);
    from += by; to += by; drag = event.clientX; draw(); return;
  }
  const found = at(event)[1];
  about.textContent = found ? found[3] + ' at ' + ms(found[4]) + ' ms for ' + ms(found[5]) + ' ms\\n' + found[6] + ' ' + found[7] : '';
});
addEventListener('resize', draw);
const calls = data.rows.slice(1).flatMap((row) => row.slices.map((slice) => [row.name, ...slice]));
document.getElementById('sum').textContent = ms(data.end) + ' ms, ' + data.rows[0].slices.length + ' steps, ' + calls.length + ' calls';
const batches = new Map();
for (const call of calls) {
  const key = call.slice(0, 3).join();
  batches.set(key, [...(batches.get(key) ?? []), call]);
}
for (const [first, ...others] of [...batches.values()].sort((a, b) => b[0][2] - a[0][2]).slice(0, 25)) {
  const [process, , duration, name, more] = first, row = document.querySelector('#longest tbody').insertRow();
  const rest = others.length ? ' and ' + others.length + ' more, in one batch' : '';
  for (const text of [ms(duration), process, name + more.split('\\n')[0] + rest]) row.insertCell().textContent = text;
}
draw();
`;
