// Says why a bundle cannot be run, and where to look: node errors.mjs BUNDLE
import { Container, ContainerError } from 'tsrunc';

const [bundle = '.'] = process.argv.slice(2);
try {
  const container = await Container.create({ id: `errors-${process.pid}`, bundle });
  await container.delete({ force: true });
  console.log('nothing is wrong');
} catch (error) {
  if (!(error instanceof ContainerError)) throw error;
  const { code, pointer = 'nothing in particular', hint = 'none' } = error.record;
  console.log(`${code}, because of ${pointer}; hint: ${hint}`);
}
