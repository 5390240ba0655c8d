// Runs another program in a container, and prints what the container uses meanwhile: node watch.mjs BUNDLE PROGRAM…
import { Container } from 'tsrunc';

const [bundle = '.', ...program] = process.argv.slice(2);
const container = await Container.create({ id: `watch-${process.pid}`, bundle });
const ended = new AbortController();
try {
  await container.start();
  const running = await container.exec(program, { stdout: 'inherit' });
  running.wait().then(() => ended.abort());
  for await (const event of container.events({ interval: 100, signal: ended.signal })) {
    if (event.type === 'stats') console.log(`CPU: ${event.data.cpu.usage.total} ns`);
  }
} finally {
  await container.delete({ force: true });
}
