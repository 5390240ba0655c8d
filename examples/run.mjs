// Runs a bundle and says how it ended: node run.mjs BUNDLE
import { text } from 'node:stream/consumers';
import { Container } from 'tsrunc';

const [bundle = '.'] = process.argv.slice(2);
const container = await Container.create({ id: `run-${process.pid}`, bundle, stdout: 'pipe' });
try {
  await container.start();
  const output = await text(container.stdout);
  console.log(`exit status ${await container.wait()}, ${output.length} characters: ${output.trim()}`);
} finally {
  await container.delete({ force: true });
}
